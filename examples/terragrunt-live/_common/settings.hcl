terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//settings"
}

dependency "network" {
  config_path                             = "../network"
  mock_outputs                            = { subnet_ids = ["subnet-0"] }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

dependency "jobs" {
  config_path                             = "../jobs"
  mock_outputs                            = { url = "https://sqs.example/mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

dependency "security" {
  config_path                             = "../security"
  mock_outputs                            = { app_id = "sg-00000000" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

inputs = {
  values = {
    subnets  = join(",", dependency.network.outputs.subnet_ids)
    queue    = dependency.jobs.outputs.url
    security = dependency.security.outputs.app_id
  }
}

terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//subscriptions"
}

dependency "alerts" {
  config_path                             = "../alerts"
  mock_outputs                            = { arn = "arn:aws:sns:us-east-1:000000000000:mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

dependency "jobs" {
  config_path                             = "../jobs"
  mock_outputs                            = { arn = "arn:aws:sqs:us-east-1:000000000000:mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

# Nobody is subscribed before the workers may read.
dependencies {
  paths = ["../worker"]
}

inputs = {
  topic_arn = dependency.alerts.outputs.arn
  queue_arn = dependency.jobs.outputs.arn
}

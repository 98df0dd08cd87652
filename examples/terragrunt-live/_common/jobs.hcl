terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//jobs"
}

dependency "keys" {
  config_path = "../keys"

  mock_outputs = {
    arn = "arn:aws:kms:us-east-1:000000000000:key/mock"
  }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

inputs = {
  key_arn = dependency.keys.outputs.arn
}

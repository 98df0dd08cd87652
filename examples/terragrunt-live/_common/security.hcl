terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//security"
}

dependency "network" {
  config_path = "../network"

  mock_outputs = {
    vpc_id     = "vpc-00000000"
    cidr_block = "10.0.0.0/16"
  }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

inputs = {
  vpc_id     = dependency.network.outputs.vpc_id
  cidr_block = dependency.network.outputs.cidr_block
}

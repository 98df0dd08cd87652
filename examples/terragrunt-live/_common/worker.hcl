terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules//worker"
}

dependency "jobs" {
  config_path                             = "../jobs"
  mock_outputs                            = { arn = "arn:aws:sqs:us-east-1:000000000000:mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

dependency "orders" {
  config_path                             = "../orders"
  mock_outputs                            = { arn = "arn:aws:dynamodb:us-east-1:000000000000:table/mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

dependency "artifacts" {
  config_path                             = "../artifacts"
  mock_outputs                            = { arn = "arn:aws:s3:::mock" }
  mock_outputs_allowed_terraform_commands = ["plan", "validate"]
}

inputs = {
  queue_arn  = dependency.jobs.outputs.arn
  table_arn  = dependency.orders.outputs.arn
  bucket_arn = dependency.artifacts.outputs.arn
}

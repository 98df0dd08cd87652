data "terraform_remote_state" "network" {
  backend = "s3"

  config = {
    bucket = "shop-terraform-state"
    key    = "network/terraform.tfstate"
    region = "us-east-1"
  }
}

module "uploads" {
  source = "../../modules/bucket"

  name = "shop-uploads"
}

resource "aws_sqs_queue" "orders" {
  name                       = "shop-orders"
  message_retention_seconds  = 1209600
  visibility_timeout_seconds = 60
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/shop/worker"
  retention_in_days = 14
}

resource "aws_ssm_parameter" "subnets" {
  name  = "/shop/worker/subnets"
  type  = "StringList"
  value = join(",", values(data.terraform_remote_state.network.outputs.public_subnet_ids))
}

# The value is set by whoever rotates the token.
resource "aws_ssm_parameter" "payment_token" {
  name  = "/shop/worker/payment-token"
  type  = "SecureString"
  value = "unset"

  lifecycle {
    ignore_changes = [value]
  }
}

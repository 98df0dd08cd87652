locals {
  name = "shop-${terraform.workspace}"
}

resource "aws_kms_key" "data" {
  description             = "Everything that ${local.name} stores"
  enable_key_rotation     = true
  deletion_window_in_days = 14
}

resource "aws_kms_alias" "data" {
  name          = "alias/${local.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

resource "aws_dynamodb_table" "orders" {
  name         = "${local.name}-orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "sessions" {
  name           = "${local.name}-sessions"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "token"

  attribute {
    name = "token"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  lifecycle {
    ignore_changes = [read_capacity, write_capacity] # scaled by hand before sales
  }
}

resource "aws_sns_topic" "alerts" {
  name              = "${local.name}-alerts"
  display_name      = "Alerts of ${local.name}"
  kms_master_key_id = aws_kms_alias.data.name
}

module "exports" {
  source = "../../modules/bucket"

  name = "${local.name}-exports"
}

terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  backend "s3" {
    bucket       = "acme-state"
    key          = "data/terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Owner = "platform", Env = "prod" }
  }
}

variable "database_password" {
  type      = string
  sensitive = true
  default   = "CANARY-state-ssm-4417"
}

variable "webhook_token" {
  type      = string
  sensitive = true
  default   = "CANARY-variable-token-9083"
}

resource "aws_kms_key" "main" {
  description             = "data at rest"
  deletion_window_in_days = 7
  enable_key_rotation     = true
}

resource "aws_kms_key" "backup" {
  description             = "backups"
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "main" {
  name          = "alias/data"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_dynamodb_table" "orders" {
  name         = "orders"
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

resource "aws_dynamodb_table" "tokens" {
  name         = "tokens"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}

resource "aws_dynamodb_table" "invoices" {
  name                        = "invoices"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = true

  attribute {
    name = "id"
    type = "S"
  }
}

# Capacity is autoscaled: the code leaves it alone.
resource "aws_dynamodb_table" "sessions" {
  name           = "sessions"
  billing_mode   = "PROVISIONED"
  hash_key       = "id"
  read_capacity  = 5
  write_capacity = 5

  attribute {
    name = "id"
    type = "S"
  }

  lifecycle {
    ignore_changes = [read_capacity, write_capacity]
  }
}

resource "aws_dynamodb_table" "ledger" {
  name         = "ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sns_topic" "alerts" {
  name         = "alerts"
  display_name = "Alerts"
}

resource "aws_sns_topic" "events" {
  name = "events"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Owner"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::123456789012:root" }
      Action    = "sns:Publish"
      Resource  = "arn:aws:sns:us-east-1:123456789012:events"
    }]
  })
}

resource "aws_sns_topic" "audit" {
  name = "audit"
}

resource "aws_sns_topic" "legacy" {
  name = "legacy"
}

resource "aws_ssm_parameter" "database_password" {
  name  = "/data/password"
  type  = "SecureString"
  value = var.database_password
}

resource "aws_ssm_parameter" "webhook" {
  name           = "/data/webhook"
  type           = "String"
  insecure_value = "https://hooks.example.com/${var.webhook_token}"
}

resource "aws_ssm_parameter" "endpoint" {
  name        = "/data/endpoint"
  type        = "String"
  value       = "db.internal:5432"
  description = "where the database is"
}

resource "aws_ssm_parameter" "feature" {
  name  = "/data/feature"
  type  = "String"
  value = "off"
}

resource "aws_ssm_parameter" "legacy" {
  name  = "/data/legacy"
  type  = "String"
  value = "gone soon"
}

resource "aws_ssm_parameter" "unchanged" {
  name  = "/data/unchanged"
  type  = "String"
  value = "the same"
}

resource "aws_secretsmanager_secret" "api" {
  name                    = "data/api"
  description             = "api key"
  recovery_window_in_days = 0
}

resource "aws_cloudwatch_log_group" "queries" {
  name              = "/data/queries"
  retention_in_days = 90

  tags = { Team = "data", Tier = "gold" }
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/data/slow"
  retention_in_days = 90

  tags = { Team = "data" }
}

resource "aws_cloudwatch_log_group" "audit" {
  name              = "/data/audit"
  retention_in_days = 365

  lifecycle {
    ignore_changes = [tags]
  }
}

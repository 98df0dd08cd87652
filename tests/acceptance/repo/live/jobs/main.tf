terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  backend "s3" {
    bucket       = "acme-state"
    key          = "jobs/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_cloudwatch_log_group" "nightly" {
  name              = "/jobs/${terraform.workspace}/nightly"
  retention_in_days = terraform.workspace == "prod" ? 90 : 7
}

resource "aws_cloudwatch_log_group" "hourly" {
  name              = "/jobs/${terraform.workspace}/hourly"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_group" "weekly" {
  name              = "/jobs/${terraform.workspace}/weekly"
  retention_in_days = 30
}

resource "aws_cloudwatch_log_group" "yearly" {
  name              = "/jobs/${terraform.workspace}/yearly"
  retention_in_days = 365
}

resource "aws_cloudwatch_log_group" "retired" {
  name              = "/jobs/${terraform.workspace}/retired"
  retention_in_days = 30
}

resource "aws_sns_topic" "done" {
  name = "jobs-${terraform.workspace}-done"
}

resource "aws_sns_topic" "failed" {
  name = "jobs-${terraform.workspace}-failed"
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "publish" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.done.arn]

    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id]
    }
  }
}

output "publish_policy" {
  value = data.aws_iam_policy_document.publish.json
}

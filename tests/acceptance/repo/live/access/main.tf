terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  backend "s3" {
    bucket       = "acme-state"
    key          = "access/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Owner = "platform", Env = "prod" }
  }
}

locals {
  trust = {
    for service in ["ec2", "lambda"] : service => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "${service}.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
    })
  }
}

resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = local.trust["ec2"]
}

resource "aws_iam_role" "worker" {
  name               = "worker"
  assume_role_policy = local.trust["lambda"]
}

resource "aws_iam_role" "deploy" {
  name               = "deploy"
  assume_role_policy = local.trust["lambda"]
}

resource "aws_iam_role" "report" {
  name                 = "report"
  assume_role_policy   = local.trust["lambda"]
  max_session_duration = 3600
}

resource "aws_iam_role" "bounded" {
  name                 = "bounded"
  assume_role_policy   = local.trust["ec2"]
  permissions_boundary = aws_iam_policy.auditor.arn
}

resource "aws_iam_role_policy" "app" {
  name = "read-assets"
  role = aws_iam_role.app.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = "arn:aws:s3:::acme-assets/*"
    }]
  })
}

resource "aws_iam_policy" "reader" {
  name = "reader"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["dynamodb:GetItem", "dynamodb:Query"]
      Resource = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
    }]
  })
}

resource "aws_iam_policy" "auditor" {
  name = "auditor"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Trail"
        Effect   = "Allow"
        Action   = ["cloudtrail:LookupEvents"]
        Resource = "*"
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:GetLogEvents"]
        Resource = "*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "reader" {
  for_each = { app = aws_iam_role.app.name, worker = aws_iam_role.worker.name }

  role       = each.value
  policy_arn = aws_iam_policy.reader.arn
}

resource "aws_iam_user" "ci" {
  name = "ci"
  path = "/machines/"

  tags = { Purpose = "pipelines" }
}

resource "aws_iam_access_key" "ci" {
  user = aws_iam_user.ci.name
}

resource "aws_iam_group" "operators" {
  name = "operators"
}

resource "aws_iam_instance_profile" "app" {
  name = "app"
  role = aws_iam_role.app.name
}

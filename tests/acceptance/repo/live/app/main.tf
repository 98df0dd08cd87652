terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  # Partial: bucket and region come from backend.hcl.
  backend "s3" {
    key          = "app/terraform.tfstate"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Owner = "platform", Env = "prod" }
  }
}

module "bucket" {
  source   = "../../modules/bucket"
  for_each = toset(["assets", "backups", "exports", "media"])

  name = "acme-${each.key}"
}

resource "aws_s3_bucket" "scratch" {
  bucket        = "acme-scratch"
  force_destroy = true
}

resource "aws_s3_bucket" "site" {
  bucket        = "acme-site"
  force_destroy = true

  tags = { Name = "site", Tier = "public" }
}

resource "aws_cloudwatch_log_group" "worker" {
  count = 3

  name              = "/acme/worker-${count.index}"
  retention_in_days = 30
}

resource "aws_ecr_repository" "api" {
  name                 = "acme/api"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_repository" "web" {
  name                 = "acme/web"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true
}

resource "aws_ebs_volume" "scratch" {
  availability_zone = "us-east-1a"
  size              = 8
  type              = "gp3"

  tags = { Name = "scratch" }
}

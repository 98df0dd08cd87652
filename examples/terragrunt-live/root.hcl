# What every unit has: where its state is, its provider, and its place in the world. Evaluated once for each unit.

locals {
  account = read_terragrunt_config(find_in_parent_folders("account.hcl")).locals
  region  = read_terragrunt_config(find_in_parent_folders("region.hcl")).locals
}

remote_state {
  backend = "s3"

  config = {
    bucket       = "acme-${local.account.name}-state"
    key          = "${path_relative_to_include("root")}/terraform.tfstate"
    region       = "us-east-1"
    encrypt      = true
    use_lockfile = true
  }

  generate = {
    path      = "backend.tf"
    if_exists = "overwrite_terragrunt"
  }
}

generate "provider" {
  path      = "provider.tf"
  if_exists = "overwrite_terragrunt"
  contents  = <<-EOF
    terraform {
      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = "~> 5.0"
        }
      }
    }

    provider "aws" {
      region            = "${local.region.name}"
      s3_use_path_style = true

      default_tags {
        tags = {
          Account   = "${local.account.name}"
          ManagedBy = "terraform"
        }
      }
    }
  EOF
}

inputs = {
  name   = "${local.account.name}-${local.region.short}"
  region = local.region.name
}

terraform {
  required_version = ">= 1.6.0, < 2.0.0"

  required_providers {
    aws = {
      source                = "hashicorp/aws"
      version               = "~> 5.60"
      configuration_aliases = [aws.replica, aws.dns]
    }
    random = {
      source  = "hashicorp/random"
      version = ">= 3.5"
    }
  }

  backend "s3" {
    bucket         = "acme-terraform-state"
    key            = "live/payments/terraform.tfstate"
    region         = "eu-west-1"
    encrypt        = true
    use_lockfile   = true
    # The old table stays until every pipeline is on 1.10.
    dynamodb_table = "terraform-locks"

    assume_role = {
      role_arn     = "arn:aws:iam::111122223333:role/state-writer"
      session_name = "terraform"
    }
  }
}

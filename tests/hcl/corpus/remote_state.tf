data "terraform_remote_state" "network" {
  backend   = "s3"
  workspace = terraform.workspace

  config = {
    bucket = "acme-terraform-state"
    key    = "live/network/terraform.tfstate"
    region = "eu-west-1"
  }

  defaults = {
    vpc_id = null
  }
}

data "terraform_remote_state" "peers" {
  for_each = toset(["orders", "billing"])
  backend  = "gcs"
  config = {
    bucket = "acme-state-${each.key}"
    prefix = "terraform/state"
  }
}

locals {
  vpc_id = try(data.terraform_remote_state.network.outputs.vpc_id, null)
  peers  = [for name, p in data.terraform_remote_state.peers : p.outputs.cidr if can(p.outputs.cidr)]
}

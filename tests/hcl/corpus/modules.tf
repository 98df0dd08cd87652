module "cluster" {
  source  = "terraform-aws-modules/eks/aws"
  version = "~> 20.8"

  providers = {
    aws     = aws
    aws.dns = aws.replica
  }

  cluster_name    = local.name
  cluster_version = "1.30"
  subnet_ids      = values(aws_subnet.app)[*].id

  eks_managed_node_groups = {
    default = {
      instance_types = [local.size]
      min_size       = 1, max_size = 5
      labels         = { "acme.io/pool" : "default" }
      taints         = {}
    }
    (var.gpu_pool) = {
      instance_types = ["g5.xlarge"]
      ami_type       = "AL2_x86_64_GPU"
    }
  }

  access_entries = {
    for role in var.admin_roles : replace(role, "/", "-") => {
      principal_arn = role
      policy        = try(var.policies[role].arn, "arn:aws:eks::aws:cluster-access-policy/Viewer")
    }
  }
}

module "dns" {
  source   = "./modules/dns"
  for_each = toset(var.zones)

  zone    = each.key
  records = lookup(var.records, each.key, [])
}

module "pinned" {
  source = "git::https://git.example.com/platform/modules.git//queue?ref=v1.4.2"
  count  = var.enable_queue ? 1 : 0
}

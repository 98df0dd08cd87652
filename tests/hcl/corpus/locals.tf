locals {
  name   = "payments-${var.environment}"
  is_prod = var.environment == "prod"

  azs = slice(data.aws_availability_zones.available.names, 0, 3)

  tags = merge(
    {
      Name        = local.name
      Environment = var.environment
    },
    local.is_prod ? { Backup = "daily" } : {},
    var.extra_tags, # callers win
  )

  private_subnets = { for name, s in var.subnets : name => s if !s.public }
  by_zone         = { for name, s in var.subnets : s.az => name... }
  zone_letters    = distinct([for s in var.subnets : s.az])

  rules = flatten([
    for port in [80, 443] : [
      for cidr in var.allowed_cidrs : {
        port = port
        cidr = cidr
      }
    ]
  ])

  size = (
    local.is_prod
    ? "m6g.large"
    : var.environment == "staging" ? "t4g.medium" : "t4g.small"
  )

  retention = max(1, var.retention_days * 2 - 1) % 400
  inverse   = -(local.retention + 1)
  nothing   = null
  empty     = {}
  none      = []
}

locals {
  # A second block is fine.
  banner = "100%% sure, $${not} interpolated, and \"quoted\"\tonce"
}

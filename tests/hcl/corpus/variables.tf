variable "environment" {
  description = "One of dev, staging, prod."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment must be dev, staging or prod, not \"${var.environment}\"."
  }
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "account_id" { type = string }
variable "role_name" { default = "deploy" }

variable "subnets" {
  description = <<-EOT
    Subnets by name:
      - cidr: the block
      - az:   the zone's letter
    EOT
  type = map(object({
    cidr   = string
    az     = string
    public = optional(bool, false)
    tags   = optional(map(string), {})
  }))
  default = {
    "app-a"  = { cidr = "10.20.0.0/22", az = "a" }
    "app-b"  = { cidr = "10.20.4.0/22", az = "b" }
    "edge-a" = { cidr = "10.20.252.0/24", az = "a", public = true }
  }
  nullable = false
}

variable "db_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "retention_days" {
  type    = number
  default = 14

  validation {
    condition     = var.retention_days >= 1 && var.retention_days <= 365
    error_message = "Between 1 and 365."
  }

  validation {
    condition     = floor(var.retention_days) == var.retention_days
    error_message = "Whole days."
  }
}

variable "thresholds" {
  type    = list(number)
  default = [0.5, 0.75, 9.5e-1, 1]
}

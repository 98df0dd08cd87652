"""driftgate: keeps Terraform, OpenTofu and Terragrunt honest."""

__version__ = "0.1.0"

"""Terragrunt, natively: what a unit's configuration says, without Terragrunt and without running anything."""

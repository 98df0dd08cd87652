locals {
  name           = "prod"
  id             = "000000000003"
  retention_days = 30
  protected      = true
  network_number = 2
}

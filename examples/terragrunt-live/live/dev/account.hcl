locals {
  name           = "dev"
  id             = "000000000001"
  retention_days = 1
  protected      = false
  network_number = 0
}

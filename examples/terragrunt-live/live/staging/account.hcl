locals {
  name           = "staging"
  id             = "000000000002"
  retention_days = 7
  protected      = false
  network_number = 1
}

locals {
  name   = "us-east-1"
  short  = "use1"
  number = 0
}

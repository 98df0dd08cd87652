locals {
  name   = "eu-west-1"
  short  = "euw1"
  number = 1
}

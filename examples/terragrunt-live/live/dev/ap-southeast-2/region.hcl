locals {
  name   = "ap-southeast-2"
  short  = "apse2"
  number = 2
}

variable "name" {
  type = string
}

variable "values" {
  type = map(string)
}

resource "aws_ssm_parameter" "this" {
  for_each = var.values

  name  = "/acme/${var.name}/${each.key}"
  type  = "String"
  value = each.value
}

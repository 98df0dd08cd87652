variable "word" {
  default = "one"
}

variable "extra" {
  default = {}
}

resource "terraform_data" "x" {
  input = var.word
}

resource "terraform_data" "y" {
  input      = terraform_data.x.output
  depends_on = [terraform_data.x]
}

output "word" {
  value = terraform_data.y.output
}

output "secret" {
  value     = "correct horse battery staple"
  sensitive = true
}

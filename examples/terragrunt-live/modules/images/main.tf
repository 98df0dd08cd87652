variable "name" {
  type = string
}

resource "aws_ecr_repository" "this" {
  name                 = "${var.name}/app"
  image_tag_mutability = "IMMUTABLE"
}

output "url" {
  value = aws_ecr_repository.this.repository_url
}

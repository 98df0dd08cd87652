variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "cidr_block" {
  type = string
}

resource "aws_security_group" "app" {
  name        = "${var.name}-app"
  description = "What the app lets in"
  vpc_id      = var.vpc_id

  ingress {
    description = "https from inside"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [var.cidr_block]
  }
}

output "app_id" {
  value = aws_security_group.app.id
}

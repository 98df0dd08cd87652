resource "aws_security_group" "web" {
  name_prefix = "${local.name}-web-"
  description = "HTTP(S) from the outside"
  vpc_id      = aws_vpc.main.id

  dynamic "ingress" {
    for_each = { for r in local.rules : "${r.port}-${r.cidr}" => r }
    iterator = rule

    content {
      description = "from ${rule.value.cidr}"
      from_port   = rule.value.port
      to_port     = rule.value.port
      protocol    = "tcp"
      cidr_blocks = [rule.value.cidr]
    }
  }

  egress {
    from_port        = 0
    to_port          = 0
    protocol         = "-1"
    cidr_blocks      = ["0.0.0.0/0"]
    ipv6_cidr_blocks = ["::/0"]
  }

  lifecycle { create_before_destroy = true }
}

resource "aws_security_group_rule" "db" {
  type                     = "ingress"
  from_port                = 5432
  to_port                  = 5432
  protocol                 = "tcp"
  source_security_group_id = aws_security_group.web.id
  security_group_id        = one(aws_security_group.db[*].id)
}

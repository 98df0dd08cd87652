variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "cidr_block" {
  type = string
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr_block

  tags = {
    Name = var.name
  }
}

resource "aws_subnet" "this" {
  for_each = { for place, zone in ["a", "b"] : zone => place }

  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(var.cidr_block, 4, each.value)
  availability_zone = "${var.region}${each.key}"

  tags = {
    Name = "${var.name}-${each.key}"
  }
}

output "vpc_id" {
  value = aws_vpc.this.id
}

output "cidr_block" {
  value = aws_vpc.this.cidr_block
}

output "subnet_ids" {
  value = [for zone in sort(keys(aws_subnet.this)) : aws_subnet.this[zone].id]
}

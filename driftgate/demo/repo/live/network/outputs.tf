output "vpc_id" {
  value = aws_vpc.main.id
}

output "public_subnet_ids" {
  value = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "web_security_group_id" {
  value = aws_security_group.web.id
}

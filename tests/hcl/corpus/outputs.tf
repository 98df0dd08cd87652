output "vpc_id" { value = aws_vpc.main.id }

output "subnet_ids" {
  description = "By name."
  value       = { for name, subnet in aws_subnet.app : name => subnet.id }
}

output "nat_ips" {
  value = aws_eip.nat.*.public_ip
}

output "first_zone" {
  value = local.azs[0]
}

output "legacy_first" {
  value = aws_eip.nat.0.public_ip
}

output "connection_string" {
  sensitive = true
  value     = "postgres://${aws_db_instance.ledger.username}:${urlencode(var.db_password)}@${aws_db_instance.ledger.endpoint}/ledger?sslmode=${local.is_prod ? "verify-full" : "require"}"
}

output "summary" {
  value = <<EOT
Environment ${upper(var.environment)}
  zones: ${join(", ", local.zone_letters)}
EOT
}

output "parsed" {
  value = provider::aws::arn_parse(aws_vpc.main.arn).account_id
}

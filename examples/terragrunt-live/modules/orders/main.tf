variable "name" {
  type = string
}

variable "protected" {
  type = bool
}

resource "aws_dynamodb_table" "this" {
  name                        = "${var.name}-orders"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "id"
  deletion_protection_enabled = var.protected

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}

output "arn" {
  value = aws_dynamodb_table.this.arn
}

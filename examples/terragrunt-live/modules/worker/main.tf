variable "name" {
  type = string
}

variable "queue_arn" {
  type = string
}

variable "table_arn" {
  type = string
}

variable "bucket_arn" {
  type = string
}

resource "aws_iam_role" "this" {
  name = "${var.name}-worker"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "work"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage"], Resource = var.queue_arn },
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem"], Resource = var.table_arn },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "${var.bucket_arn}/*" },
    ]
  })
}

output "arn" {
  value = aws_iam_role.this.arn
}

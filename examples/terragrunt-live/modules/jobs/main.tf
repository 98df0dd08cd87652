variable "name" {
  type = string
}

variable "key_arn" {
  type = string
}

resource "aws_sqs_queue" "dead" {
  name = "${var.name}-jobs-dead"
}

resource "aws_sqs_queue" "this" {
  name              = "${var.name}-jobs"
  kms_master_key_id = var.key_arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

output "arn" {
  value = aws_sqs_queue.this.arn
}

output "url" {
  value = aws_sqs_queue.this.url
}

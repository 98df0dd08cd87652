variable "name" {
  type = string
}

variable "topic_arn" {
  type = string
}

variable "queue_arn" {
  type = string
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn = var.topic_arn
  protocol  = "sqs"
  endpoint  = var.queue_arn
}

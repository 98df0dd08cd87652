data "aws_iam_policy_document" "worker_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "worker" {
  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${module.uploads.arn}/*"]
  }
}

resource "aws_iam_role" "worker" {
  name               = "shop-worker"
  description        = "The worker reads and writes uploads"
  assume_role_policy = data.aws_iam_policy_document.worker_trust.json
}

resource "aws_iam_role_policy" "worker" {
  name   = "uploads"
  role   = aws_iam_role.worker.name
  policy = data.aws_iam_policy_document.worker.json
}

data "aws_iam_policy_document" "assume" {
  statement {
    sid     = "Assume"
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "task" {
  name               = "${local.name}-task"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "task" {
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = "${aws_s3_bucket.uploads.arn}/*"
        },
      ],
      local.is_prod ? [] : [{
        Effect   = "Allow"
        Action   = "ecs:ExecuteCommand"
        Resource = "*"
      }],
    )
  })
}

resource "aws_iam_policy" "inline_json" {
  name   = "read-secrets"
  policy = <<POLICY
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["secretsmanager:GetSecretValue"],
      "Resource": "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:payments/*",
      "Condition": {"StringLike": {"aws:PrincipalTag/team": ["$${aws:username}", "payments"]}}
    }
  ]
}
POLICY
}

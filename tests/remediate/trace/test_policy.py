"""Policies that an `aws_iam_policy_document` gives: the statement, and in it the argument, that has to change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from remediate.repos import after, lay, traced

from driftgate.remediate.trace.site import CannotTraceError

READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::a"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"},
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}  # fmt: skip
DOCUMENT = """locals {
  bucket = "arn:aws:s3:::a"
}

data "aws_iam_policy_document" "d" {
  # what the reader may
  statement {
    sid       = "Read"
    actions   = ["s3:ListBucket", "s3:GetObject"] # both
    resources = [local.bucket]
  }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["a"]
    }
  }
}

resource "aws_x" "a" {
  policy = data.aws_iam_policy_document.d.json
}
"""


def policy(*statements: dict[str, Any], **more: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


NEW = """
  statement {
    actions   = ["s3:PutObject"]
    effect    = "Deny"
    resources = ["*"]
  }
"""
TEAM = """    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalTag/team"
      values   = ["a"]
    }
"""


@pytest.mark.parametrize(
    ("live", "old", "new"),
    [
        pytest.param(policy({**READ, "Action": "s3:*"}, TRUST), '["s3:ListBucket", "s3:GetObject"]', '["s3:*"]', id="action"),
        pytest.param(policy({**READ, "Action": [*READ["Action"], "s3:PutObject"]}, TRUST), '["s3:ListBucket", "s3:GetObject"]', '["s3:ListBucket", "s3:GetObject", "s3:PutObject"]', id="one more action"),
        pytest.param(policy(READ | {"Resource": ["arn:aws:s3:::b"]}, TRUST), 'bucket = "arn:aws:s3:::a"', 'bucket = "arn:aws:s3:::b"', id="resource, through a local"),
        pytest.param(policy({**READ, "Effect": "Deny"}, TRUST), "    resources = [local.bucket]\n", '    resources = [local.bucket]\n    effect    = "Deny"\n', id="effect that is not written"),
        pytest.param(policy({**READ, "Sid": "ReadAll"}, TRUST), '"Read"', '"ReadAll"', id="sid"),
        pytest.param(policy(READ, {**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}}), "ec2.amazonaws.com", "lambda.amazonaws.com", id="principal"),
        pytest.param(policy(TRUST, READ | {"Effect": "Allow", "Action": "s3:*"}), '["s3:ListBucket", "s3:GetObject"]', '["s3:*"]', id="in another order"),
        pytest.param(policy(READ, {**TRUST, "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["b"]}}}), '["a"]', '["b"]', id="value of a condition"),
        pytest.param(policy(READ, {**TRUST, "Condition": {}}), "\n" + TEAM, "", id="condition gone"),
        pytest.param(policy(READ, TRUST, {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}), f"{TEAM}  }}\n", f"{TEAM}  }}\n{NEW}", id="one more statement"),
        pytest.param(policy(READ, TRUST, Id="x"), "d\" {\n  # what", 'd" {\n  policy_id = "x"\n\n  # what', id="id"),
        pytest.param(policy({**READ, "Resource": "arn:aws:s3:::${aws:username}"}, TRUST), '"arn:aws:s3:::a"', '"arn:aws:s3:::&{aws:username}"', id="policy variable"),
    ],
)  # fmt: skip
def test_a_change_of_the_policy_is_one_of_its_block(tmp_path: Path, live: str, old: str, new: str) -> None:
    lay(tmp_path, {"main.tf": DOCUMENT})

    assert DOCUMENT.count(old) == 1
    assert after(traced(tmp_path, "aws_x.a", "policy", live)) == ("main.tf", DOCUMENT.replace(old, new))


def test_the_same_policy_is_no_change(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": DOCUMENT})
    live = policy({**TRUST, "Principal": {"Service": ["ec2.amazonaws.com"]}}, {**READ, "Action": READ["Action"][::-1]})

    assert traced(tmp_path, "aws_x.a", "policy", live).edits == ()


def test_a_dynamic_statement_is_followed_to_its_collection(tmp_path: Path) -> None:
    dynamic = """locals {
  buckets = ["a", "b"]
}
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = local.buckets
    content {
      actions   = ["s3:*"]
      resources = ["arn:${statement.value}"]
    }
  }
}
resource "aws_x" "a" {
  policy = data.aws_iam_policy_document.d.json
}
"""
    lay(tmp_path, {"main.tf": dynamic})
    live = policy(*({"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:{name}"} for name in "ac"))

    assert after(traced(tmp_path, "aws_x.a", "policy", live))[1] == dynamic.replace('"b"', '"c"')


@pytest.mark.parametrize(
    ("text", "live", "reason"),
    [
        pytest.param(DOCUMENT, policy({"Effect": "Deny", "NotAction": "a", "NotResource": "b"}, TRUST), "cannot be paired", id="another statement"),
        pytest.param(DOCUMENT, "[]", "is no policy", id="no policy"),
        pytest.param(DOCUMENT, "{", "is no policy", id="no JSON"),
        pytest.param(DOCUMENT.replace("d.json", "e.json"), policy(READ), "has no data.aws_iam_policy_document.e", id="no such document"),
        pytest.param(DOCUMENT.replace("  # what", "  source_policy_documents = []\n  # what"), policy(READ), "made of other documents", id="combined"),
    ],
)  # fmt: skip
def test_what_cannot_be_paired_is_left(tmp_path: Path, text: str, live: str, reason: str) -> None:
    lay(tmp_path, {"main.tf": text})

    with pytest.raises(CannotTraceError, match=reason):
        traced(tmp_path, "aws_x.a", "policy", live)

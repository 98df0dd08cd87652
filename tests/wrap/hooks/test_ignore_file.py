from __future__ import annotations

from pathlib import Path

import pytest
from wrap.hooks.conftest import Found, write

CODE = 'module "web" {\n  source = "./web"\n}\nresource "aws_sqs_queue" "jobs" {}\ndata "aws_ami" "x" {}\n'


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("aws_sqs_queue.jobs  # why", ""),
        ("aws_sqs_queue.jobs.tags.Name  # why expires=2099-01-01", ""),
        ('aws_sqs_queue.jobs["a.b"].tags  # why', ""),
        ("module.web  # why", ""),
        ('module.web["x"].aws_nothing.here  # inside of a module nobody looks', ""),
        ("type:aws_sqs_queue.tags  # why", ""),
        ("live/code:aws_sqs_queue.jobs  # why", ""),
        ("live/*:aws_sqs_queue.*  # why", ""),
        ("*.tags  # why", ""),
        ("aws_sqs_queue.job  # why", "ignore-unknown"),
        ("aws_sns_topic.jobs  # why", "ignore-unknown"),
        ("module.api  # why", "ignore-unknown"),
        ("type:aws_nothing  # why", "ignore-unknown"),
        ("live/gone:aws_sqs_queue.jobs  # why", "ignore-unknown"),
        ("nonsense  # why", "ignore-unknown"),
        ("aws_sqs_queue.jobs  # why expires=2020-01-01", "ignore-expired"),
        ("aws_sqs_queue.jobs", "ignore-syntax"),
    ],
)
def test_lines(worktree: Path, found: Found, line: str, rule: str) -> None:
    write(worktree, {"live/code/main.tf": CODE, ".driftignore": f"# ours\n{line}\n"})
    assert found("dg-fmt-ignore") == ([(rule, ".driftignore", 2)] if rule else [])


def test_no_file_no_problem(found: Found) -> None:
    assert found("dg-fmt-ignore") == []

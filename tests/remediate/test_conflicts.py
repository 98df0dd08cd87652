from __future__ import annotations

import pytest

from driftgate.remediate.conflicts import Conflict, conflicts, identity

BUCKET = {"arn": "arn:aws:s3:::logs", "id": "logs"}
STATES = {
    ("a", "default"): [
        ("aws_s3_bucket.logs", "aws_s3_bucket", BUCKET),
        ("aws_vpc.x", "aws_vpc", {"id": "vpc-12345678"}),
    ],
    ("b", "default"): [
        ("aws_s3_bucket.old", "aws_s3_bucket", BUCKET),
        ("aws_vpc.x", "aws_vpc", {"id": "vpc-87654321"}),
    ],
}


def found(*in_code: tuple[str, str]) -> Conflict:
    (conflict,) = conflicts(STATES, lambda unit, address: (unit, address) in in_code)
    return conflict


def test_no_state_is_no_conflict() -> None:
    assert conflicts({}, lambda unit, address: True) == []


def test_one_state_with_an_object_twice_is_none_of_ours() -> None:
    twice = {
        ("a", "default"): [("aws_s3_bucket.x", "aws_s3_bucket", BUCKET), ("aws_s3_bucket.y", "aws_s3_bucket", BUCKET)]
    }
    assert conflicts(twice, lambda unit, address: True) == []


def test_code_is_looked_at_for_shared_objects_only() -> None:
    asked: list[tuple[str, str]] = []
    conflicts(STATES, lambda unit, address: asked.append((unit, address)) is None)

    assert asked == [("a", "aws_s3_bucket.logs"), ("b", "aws_s3_bucket.old")]


def test_the_state_whose_code_has_the_block_keeps_it() -> None:
    conflict = found(("b", "aws_s3_bucket.old"))

    assert [(h.unit, h.address, h.in_code) for h in conflict.holders] == [
        ("a", "aws_s3_bucket.logs", False), ("b", "aws_s3_bucket.old", True)
    ]  # fmt: skip
    assert conflict.advice.startswith("b should keep it")
    assert conflict.commands == (("dg", "state", "rm", "aws_s3_bucket.logs", "--unit", "a", "--yes"),)


def test_where_both_have_it_or_none_a_person_decides() -> None:
    both, none = found(("a", "aws_s3_bucket.logs"), ("b", "aws_s3_bucket.old")), found()

    assert (both.keep, both.commands, none.keep, none.commands) == (None, (), None, ())
    assert both.advice.startswith("the code of several")
    assert none.advice.startswith("no code has its block")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"id": "/app/logs"}, None, id="a-name-that-another-region-may-have"),
        pytest.param({"id": "vpc-0a1b2c3d"}, "vpc-0a1b2c3d", id="made-by-the-cloud"),
        pytest.param({"id": "q", "arn": "arn:aws:sqs:us-east-1:1:q"}, "arn:aws:sqs:us-east-1:1:q", id="arn"),
        pytest.param({"id": "/subscriptions/1/x"}, "/subscriptions/1/x", id="azure"),
        pytest.param({"id": "projects/p/x"}, "projects/p/x", id="google"),
        pytest.param({"id": 7, "arn": None}, None, id="no-text"),
    ],
)
def test_what_tells_an_object_from_all_others(attributes: dict[str, object], expected: str | None) -> None:
    assert identity(attributes) == expected

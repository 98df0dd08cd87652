from __future__ import annotations

import json
from typing import Any

import pytest

from driftgate.remediate.execute.document import FORMAT_VERSION, DocumentError, chosen, is_document, read_document

STEP = {
    "number": 1, "strategy": "revert", "unit": "u", "workspace": "default", "address": "aws_x.a", "severity": "low",
    "fingerprint": "f", "class": "missing",
}  # fmt: skip


def document(**more: Any) -> bytes:
    tree = {"format_version": FORMAT_VERSION, "created": "", "units": [], "steps": [STEP], "left": []}
    return json.dumps(tree | more).encode()


def test_no_steps() -> None:
    assert read_document(document(steps=[]), "p").steps == ()


def test_a_plan_is_read_back() -> None:
    found = read_document(document(), "p")

    assert (found.steps[0].strategy, found.steps[0].cls, found.steps[0].addresses) == (
        "revert",
        "missing",
        ("aws_x.a",),
    )
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"not json", "is no plan of a remediation", id="no JSON"),
        pytest.param(b"{}", "is no plan of a remediation", id="another document"),
        pytest.param(document(format_version="1.0"), "is of format 1.0", id="older"),
        pytest.param(document(format_version="2.0"), "is of format 2.0", id="newer"),
        pytest.param(document(format_version=7), "is of format 7", id="no version"),
        pytest.param(document(steps=[{}]), "is damaged", id="a step without anything"),
        pytest.param(document(steps=[STEP, STEP]), "two steps have one number", id="a number twice"),
    ],
)
def test_what_cannot_be_executed(data: bytes, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        read_document(data, "p.json")


def test_a_step_that_is_not_there() -> None:
    plan = read_document(document(), "p")

    assert [step.number for step in chosen(plan, [1])] == [1]
    with pytest.raises(DocumentError, match="no step 7"):
        chosen(plan, [7])


def test_a_terraform_plan_is_none_of_ours() -> None:
    assert not is_document(b'{"format_version": "1.2", "resource_changes": []}')

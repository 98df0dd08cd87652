"""Patterns as Terraform 1.11 itself answered for them (re2.json), and those that are not evaluated."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from driftgate.hcl.functions.pattern import FUNCTIONS
from driftgate.hcl.functions.re2 import to_python
from driftgate.hcl.values import EvaluationError, UnknownFound

RECORDED = json.loads(Path(__file__).with_name("re2.json").read_text())
NOT_EVALUATED = {r"\p{Foo}": "a script, or nothing", r"\p{greek}": "the same", "(?P<n>a)(?P<n>b)": "a name twice"}
ANSWERED = [pattern for pattern in RECORDED["matches"] if pattern not in NOT_EVALUATED]


@pytest.mark.parametrize("pattern", ANSWERED)
def test_what_terraform_finds(pattern: str) -> None:
    expected = RECORDED["matches"][pattern]
    if expected is None:
        with pytest.raises(EvaluationError):
            FUNCTIONS["regexall"].run(pattern, RECORDED["text"])
    else:
        assert FUNCTIONS["regexall"].run(pattern, RECORDED["text"]) == expected


@pytest.mark.parametrize("pattern", [*NOT_EVALUATED, r"\p{Greek}", r"[\p{Latin}]"])
def test_what_is_not_evaluated_is_unknown(pattern: str) -> None:
    with pytest.raises(UnknownFound, match="not evaluated here"):
        FUNCTIONS["regexall"].run(pattern, "text")


def test_characters_that_are_too_new_have_no_class_yet() -> None:
    with pytest.raises(UnknownFound, match="newer than the classes"):
        FUNCTIONS["regexall"].run(r"\pL", "\U000e0fff")

    assert FUNCTIONS["regexall"].run(".", "\U000e0fff") == ["\U000e0fff"]


@pytest.mark.parametrize("pattern", ["", "a", "[[:alpha:]]+(?i)k", r"\Q(\E", "(?U)a+|b*?"])
def test_what_comes_out_is_pythons(pattern: str) -> None:
    re.compile(to_python(pattern), re.ASCII)

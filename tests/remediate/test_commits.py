"""The accepted changes as commits, one for each unit; git itself is tested with `dg remediate pr`."""

from __future__ import annotations

from pathlib import Path

import pytest
from remediate.repos import lay
from remediate.test_accept import accepted, finding

from driftgate.remediate import commits
from driftgate.remediate.commits import by_unit


def test_nothing_is_no_commit() -> None:
    assert by_unit([], str) == []


def test_a_commit_holds_its_unit_on_top_of_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = 'resource "aws_x" "a" {\n  size = 1\n}\n'
    lay(tmp_path, {f"{unit}/main.tf": code for unit in "abc"})
    proposal = accepted(tmp_path, *(finding(unit, "aws_x.a", "size", 2) for unit in "cab"), units=("a", "b", "c"))
    asked: list[str] = []
    patched = commits.patched
    monkeypatch.setattr(commits, "patched", lambda some: asked.extend(c.path for c in some) or patched(some))
    made = by_unit(proposal.accepted, str)

    assert [one.unit for one in made] == ["a", "b", "c"]
    assert all(one.patch.count("diff --git") == 1 and f"b/{one.unit}/main.tf" in one.patch for one in made)
    assert asked == ["a/main.tf", "b/main.tf", "c/main.tf"], "no file is patched for another unit's commit"

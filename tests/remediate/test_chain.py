"""Patches of several steps, each on top of those before it."""

from __future__ import annotations

import pytest
from remediate.test_accept import finding

from driftgate.finding import Finding
from driftgate.hcl.edit import Edit
from driftgate.remediate import chain
from driftgate.remediate.chain import chained
from driftgate.remediate.step import Draft, RemediationPlan, Risk, Step
from driftgate.remediate.trace.wanted import Change

FOUND = [finding(unit, "aws_x.a", "size", 2) for unit in "abc"]


def change(path: str, place: int) -> Change:
    return Change(path, "x = 1\ny = 1\n", (Edit(place, place + 1, "2"),))


def step(found: Finding, patch: str = "diff") -> Step:
    return Step(found, "accept", Draft("does", "undo", patch=patch), Risk(), ())


def plan(*steps: Step) -> RemediationPlan:
    return RemediationPlan(steps, ())


def test_nothing_is_chained() -> None:
    assert chained(plan(step(FOUND[0], "")), {}) == plan(step(FOUND[0], ""))


def test_a_patch_builds_on_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    patched = chain.patched
    monkeypatch.setattr(chain, "patched", lambda some: asked.append([c.path for c in some]) or patched(some))
    changes = {
        ("accept", f.fingerprint): [c]
        for f, c in zip(FOUND, [change("a.tf", 4), change("b.tf", 4), change("a.tf", 10)], strict=True)
    }
    first, other, second = chained(plan(*map(step, FOUND)), changes).steps

    assert ("-x = 1\n+x = 2\n y = 1\n" in first.draft.patch, "b.tf" in other.draft.patch) == (True, True)
    assert " x = 2\n-y = 1\n+y = 2\n" in second.draft.patch
    assert asked == [[], ["a.tf"], [], ["b.tf"], ["a.tf"], ["a.tf", "a.tf"]], "no file is patched for another's step"


def test_a_finding_that_two_strategies_could_close_has_the_patch_of_its_own() -> None:
    changes = {(name, FOUND[0].fingerprint): [change("a.tf", place)] for name, place in (("accept", 4), ("ignore", 10))}
    (only,) = chained(plan(step(FOUND[0])), changes).steps

    assert "-x = 1\n+x = 2\n y = 1\n" in only.draft.patch

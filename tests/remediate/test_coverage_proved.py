"""The ways to write a literal, proved by terraform: applied with what is live, patched, and planned without a change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay, traced
from remediate.trace.test_coverage import CASES, LEFT, LOCALS
from terraform_cli import apply, needs_terraform, terraform

from driftgate.hcl.source import source_of
from driftgate.remediate.patch import patched

pytestmark = pytest.mark.acceptance
ELSEWHERE = ("files/", "module.", "terraform.", "var.")
NOT_HERE = LEFT | {
    "a set, live in another order",  # terraform_data knows no sets
    "JSON in a heredoc",  # nor that JSON is JSON
    "JSON with what only a run knows",
    *(name for name, (expr, _) in CASES.items() if any(other in expr for other in ELSEWHERE)),
}
NAMES = LOCALS.partition('variable "plain"')[0]


def code(values: dict[str, str]) -> dict[str, str]:
    """A module for each case, so that each has literals of its own."""
    calls = "".join(f'module "{folder}" {{\n  source = "./{folder}"\n}}\n' for folder in values)
    files = {"main.tf": calls}
    for folder, expr in values.items():
        own = f'resource "terraform_data" "a" {{\n  input = jsonencode(\n    {expr}\n  )\n}}\n'
        files[f"{folder}/main.tf"] = NAMES + own
    return files


@pytest.fixture(scope="module")
def cases() -> dict[str, tuple[str, Any]]:
    names = [name for name in CASES if name not in NOT_HERE]
    assert len(names) >= 90
    return {f"c{place}": CASES[name] for place, name in enumerate(names)}


@needs_terraform
def test_a_plan_finds_nothing_to_change(tmp_path: Path, cases: dict[str, tuple[str, Any]]) -> None:
    before = code({folder: source_of(live) for folder, (_, live) in cases.items()})
    lay(tmp_path, before)
    apply(tmp_path, before["main.tf"])
    lay(tmp_path, code({folder: expr for folder, (expr, _) in cases.items()}))

    changes = [
        traced(tmp_path, f"module.{folder}.terraform_data.a", "input", json.dumps(live))
        for folder, (_, live) in cases.items()
    ]
    lay(tmp_path, patched(changes))

    planned = terraform(tmp_path, "plan", "-no-color", "-input=false", "-detailed-exitcode")
    assert b"No changes" in planned

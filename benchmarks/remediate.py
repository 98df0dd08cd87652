"""Patches that accept 500 findings in a repo of 300 units, traced and made but not proved by plans."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.row import Row, paired
from driftgate.finding import AttributeChange, DriftClass, Finding, Severity
from driftgate.remediate.accept import accept
from driftgate.remediate.proposal import targets
from driftgate.remediate.trace.site import Site, open_site

UNITS, FINDINGS, RESOURCES = 300, 500, 10
BUDGET_SECONDS = 3.0


def rows() -> Iterator[Row]:
    """One row; the rival is python-hcl2 parsing the files that are patched."""
    with tempfile.TemporaryDirectory(prefix="dg-bench-") as folder:
        root, runs = Path(folder).resolve(), count()
        ours, rival = paired(lambda: _accept(root, next(runs)), lambda: _parse(root), times=3)
    what = f"patch {FINDINGS} findings, {UNITS} units"
    yield Row(
        what, ours, "python-hcl2 parsing its files", rival, "s", f"≤ {BUDGET_SECONDS:.0f} s", ours <= BUDGET_SECONDS
    )


def _lay(root: Path, run: int) -> None:
    """No two files are alike, nor those of two runs: what was parsed once is known."""
    blocks = (
        f'resource "aws_x" "r{k}" {{\n  size = local.s{k}\n}}\nlocals {{\n  s{k} = {k}\n}}\n' for k in range(RESOURCES)
    )
    text = "".join(blocks)
    for i, file in enumerate(_files(root)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# unit {i} of run {run}\n{text}")


def _files(root: Path) -> list[Path]:
    return [root / f"live/u{i}/main.tf" for i in range(UNITS)]


def _accept(root: Path, run: int) -> float:
    _lay(root, run)
    attribute = AttributeChange("size", DriftClass.REVERTED_BY_APPLY, Severity.LOW, 1, 99, 1)
    found = [
        Finding(
            f"live/u{n % UNITS}", "default", f"aws_x.r{n // UNITS}", "aws_x", attribute.cls, Severity.LOW, (attribute,)
        )
        for n in range(FINDINGS)
    ]
    begun = time.perf_counter()
    proposal = accept(root, targets(found), _open, others=[(f"live/u{i}", "default") for i in range(UNITS)])
    seconds = time.perf_counter() - begun
    assert len(proposal.accepted) == FINDINGS, proposal.refused[:1]
    return seconds


def _open(root: Path, unit: str, workspace: str) -> Site:
    return open_site(root, unit, env={}, workspace=workspace, tool="terraform")


def _parse(root: Path) -> float:
    import hcl2

    begun = time.perf_counter()
    for file in _files(root):
        hcl2.loads(file.read_text())
    return time.perf_counter() - begun

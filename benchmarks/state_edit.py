"""Comparing, editing and rolling back states of 10 MB, beside what terraform takes to read one: whole processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.row import Row, paired
from benchmarks.state_read import write_state
from driftgate.demo.aws import embedded_aws

SIZE = 10_000_000
TIMES = 5
BUDGET_DIFF, BUDGET_RM, BUDGET_ROLLBACK, BUDGET_MEMORY = 0.3, 2.0, 4.0, 200
DG = (sys.executable, "-m", "driftgate")

# In a process of its own: what is measured is reading both and comparing them, not the start of Python.
_DIFF = """
import sys, time
from pathlib import Path
from driftgate.state.diff import diff
from driftgate.state.parse import parse_state
begun = time.perf_counter()
found = diff(*(parse_state(Path(name).read_bytes()) for name in sys.argv[1:]))
print(time.perf_counter() - begun)
assert len(found.instances) > 100
"""
_PEAK = """
import resource, sys
from driftgate.cli.main import main
code = main(sys.argv[1:])
unit = 1024 * 1024 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, file=sys.stderr)
sys.exit(code)
"""


def rows() -> list[Row]:
    """A row for each, against terraform; none without terraform."""
    if shutil.which("terraform") is None:
        return []
    with tempfile.TemporaryDirectory() as name, _units(Path(name)) as (local, s3, env):
        return list(_rows(local, s3, env))


def _rows(local: Path, s3: Path, env: dict[str, str]) -> Iterator[Row]:
    old, new = local / "old.tfstate", local / "terraform.tfstate"
    shutil.copy(new, old)
    _run(local, env, *DG, "state", "rm", "module.m1", "--yes")
    pull = ("terraform", "state", "pull")
    ours, rival = paired(lambda: _diff(old, new), lambda: _wall(local, env, *pull), TIMES)
    yield _row("diff of two states of 10 MB", ours, "terraform state pull of one", rival, BUDGET_DIFF)
    ours, rival = paired(
        lambda: _wall(local, env, *DG, "state", "rm", "module.m2"),
        lambda: _wall(local, env, "terraform", "state", "list"),
        TIMES,
    )
    yield _row("dg state rm, dry run, 10 MB", ours, "terraform state list", rival, BUDGET_RM)
    _run(s3, env, *DG, "state", "rm", "module.m1", "--yes")
    # Each run goes back to where the one before it came from, so that there is always something to write.
    serials = iter(range(412, 512))
    ours, rival = paired(
        lambda: _wall(s3, env, *DG, "state", "rollback", "--to", str(next(serials)), "--yes"),
        lambda: _wall(s3, env, *pull),
        TIMES,
    )
    yield _row("dg state rollback --yes, 10 MB on s3", ours, "terraform state pull", rival, BUDGET_ROLLBACK)
    peak = _peak(s3, env, "state", "rollback", "--to", "412")
    kept = peak <= BUDGET_MEMORY
    yield Row("peak memory of that rollback", peak, "the state itself", SIZE / 1e6, "MB", f"≤ {BUDGET_MEMORY} MB", kept)


@contextmanager
def _units(folder: Path) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """Two initialised units of a repo whose states have 10 MB: one local, one in S3; and the environment for them."""
    (folder / ".git").mkdir()
    (folder / "home").mkdir()
    env = {**os.environ, "HOME": str(folder / "home"), "CHECKPOINT_DISABLE": "1", "PYTHONPATH": str(Path.cwd())}
    with embedded_aws(folder, env) as aws:
        env |= aws.settings
        state = folder / "10.tfstate"
        write_state(state, SIZE)
        bucket = aws.client("s3")
        bucket.create_bucket(Bucket="states")
        bucket.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
        units = []
        for name, block in (("local", ""), ("s3", 'bucket = "states"\nkey = "app"\nuse_lockfile = true')):
            unit = folder / name
            unit.mkdir()
            (unit / "main.tf").write_text(f'terraform {{\n  backend "{name}" {{\n{block}\n}}\n}}\n')
            _run(unit, env, "terraform", "init", "-input=false")
            units.append(unit)
        # Only now: init would look for the providers of what is in the states.
        shutil.copy(state, units[0] / "terraform.tfstate")
        bucket.put_object(Bucket="states", Key="app", Body=state.read_bytes())
        yield units[0], units[1], env


def _row(what: str, ours: float, rival_name: str, rival: float, budget: float) -> Row:
    return Row(what, ours * 1000, rival_name, rival * 1000, "ms", f"≤ {budget * 1000:.0f} ms", ours <= budget)


def _run(folder: Path, env: dict[str, str], *argv: str) -> str:
    done = subprocess.run(argv, cwd=folder, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _wall(folder: Path, env: dict[str, str], *argv: str) -> float:
    begun = time.perf_counter()
    _run(folder, env, *argv)
    return time.perf_counter() - begun


def _diff(old: Path, new: Path) -> float:
    return float(_run(old.parent, dict(os.environ), sys.executable, "-c", _DIFF, str(old), str(new)))


def _peak(folder: Path, env: dict[str, str], *argv: str) -> float:
    done = subprocess.run(
        (sys.executable, "-c", _PEAK, *argv), cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return float(done.stderr.split()[-1])

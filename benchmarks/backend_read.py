"""States read from S3: one of 10 and of 100 MB, and two hundred listed and read, beside terraform's own commands."""

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

TIMES, STATES, SAMPLE = 3, 200, 5
BUDGETS = {10: 1.0, 100: 2.0}
"""Size of the state in MB: seconds from the start of Python to the parsed state."""
BUDGET_MANY = 5.0

_ONE = """
import os, sys
from pathlib import Path
from driftgate import process
from driftgate.backends.registry import open_backend
from driftgate.state.parse import parse_state
from driftgate.unit import BackendConfig
config = {"bucket": "states", "key": sys.argv[1], "use_path_style": True}
backend = open_backend(BackendConfig("s3", config), unit_dir=Path(), env=os.environ, runner=process.run)
assert parse_state(backend.get().data).serial == 412
"""
_MANY = """
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from driftgate import process
from driftgate.backends.registry import open_backend
from driftgate.state.parse import parse_state
from driftgate.unit import BackendConfig
config = {"bucket": "states", "key": "many", "use_path_style": True}
def open_(name):
    backend = BackendConfig("s3", config, name)
    return open_backend(backend, unit_dir=Path(), env=os.environ, runner=process.run)
names = [name for name in open_("default").workspaces() if name != "default"]
with ThreadPoolExecutor(8) as pool:
    found = list(pool.map(lambda name: parse_state(open_(name).get().data).serial, names))
assert len(found) == 200
"""


def rows() -> list[Row]:
    """A row for each size, and one for the many; none without terraform."""
    if shutil.which("terraform") is None:
        return []
    with tempfile.TemporaryDirectory() as name, _units(Path(name)) as (units, env):
        return list(_rows(units, env))


def _rows(units: dict[str, Path], env: dict[str, str]) -> Iterator[Row]:
    for size, budget in BUDGETS.items():
        unit = units[f"{size}"]
        ours, rival = paired(
            lambda: _wall(unit, env, sys.executable, "-c", _ONE, unit.name),  # noqa: B023
            lambda: _wall(unit, env, "terraform", "state", "pull"),  # noqa: B023
            TIMES,
        )
        yield _row(f"read {size} MB from s3, whole process", ours, "terraform state pull", rival, budget)
    ours, rival = paired(
        lambda: _wall(units["many"], env, sys.executable, "-c", _MANY),
        lambda: _through_terraform(units["many"], env),
        1,
    )
    name = f"terraform, {SAMPLE} of them × {STATES // SAMPLE}"
    yield _row(f"{STATES} states listed and read", ours, name, rival, BUDGET_MANY)


def _through_terraform(unit: Path, env: dict[str, str]) -> float:
    """Seconds for listing the workspaces and pulling each, told from a few of them."""
    listed = _wall(unit, env, "terraform", "workspace", "list")
    pulled = sum(_wall(unit, {**env, "TF_WORKSPACE": f"w{i}"}, "terraform", "state", "pull") for i in range(SAMPLE))
    return listed + pulled * STATES / SAMPLE


@contextmanager
def _units(folder: Path) -> Iterator[tuple[dict[str, Path], dict[str, str]]]:
    """Initialised units by name, whose states are in one bucket, and the environment for them."""
    env = {**os.environ, "CHECKPOINT_DISABLE": "1", "PYTHONPATH": str(Path.cwd())}
    with embedded_aws(folder, env) as aws:
        env |= aws.settings
        bucket = aws.client("s3")
        bucket.create_bucket(Bucket="states")
        units = {name: folder / name for name in (*map(str, BUDGETS), "many")}
        for name, unit in units.items():
            unit.mkdir()
            block = f'bucket = "states"\nkey = "{name}"\nuse_path_style = true'
            (unit / "main.tf").write_text(f'terraform {{\n  backend "s3" {{\n{block}\n}}\n}}\n')
            _wall(unit, env, "terraform", "init", "-input=false")
        for size in BUDGETS:
            write_state(folder / "state", size * 1_000_000)
            bucket.put_object(Bucket="states", Key=f"{size}", Body=(folder / "state").read_bytes())
        write_state(folder / "state", 100_000)
        for i in range(STATES):
            bucket.put_object(Bucket="states", Key=f"env:/w{i}/many", Body=(folder / "state").read_bytes())
        yield units, env


def _row(what: str, ours: float, rival_name: str, rival: float, budget: float) -> Row:
    return Row(what, ours * 1000, rival_name, rival * 1000, "ms", f"≤ {budget * 1000:.0f} ms", ours <= budget)


def _wall(folder: Path, env: dict[str, str], *argv: str) -> float:
    begun = time.perf_counter()
    done = subprocess.run(argv, cwd=folder, env=env, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    return time.perf_counter() - begun

"""A private place to init and plan a unit in: its own `.terraform`, and a shadow tree where a lock file is missing.

Nothing is ever written into the user's tree: not `.terraform`, not `.terraform.lock.hcl`, not a plan.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = ".terraform.lock.hcl"
_RECORD = "terraform.tfstate"
_NEVER_LINKED = (".terraform", LOCK_FILE)


@dataclass(frozen=True, slots=True)
class Workdir:
    """Where terraform runs. `cwd` is the unit's own directory, or its shadow when it has no lock file."""

    cwd: Path
    data_dir: Path
    plan_file: Path
    shadowed: bool


@contextmanager
def private_workdir(root: Path, unit_dir: Path) -> Iterator[Workdir]:
    """A 0700 folder with room for `.terraform` and the plan, removed afterwards whatever happens.

    `init -lockfile=readonly` fails on a unit without a dependency lock file, so such a unit is planned in a
    shadow: directories on the way to the unit are real, everything beside them is a symbolic link, so `../modules/x`
    and `file("…")` resolve as they do in place.
    """
    with tempfile.TemporaryDirectory(prefix="driftgate-", ignore_cleanup_errors=True) as folder:
        private = Path(folder)
        shadowed = not (unit_dir / LOCK_FILE).is_file()
        cwd = _shadow(root, unit_dir, private / "tree") if shadowed else unit_dir
        yield Workdir(cwd, private / "data", private / "plan", shadowed)


def is_initialised(unit_dir: Path, env: Mapping[str, str]) -> bool:
    """Whether `terraform init` has run here (or in `TF_DATA_DIR`)."""
    data_dir = data_dir_of(unit_dir, env)
    return any((data_dir / name).exists() for name in (_RECORD, "providers", "modules/modules.json"))


def data_dir_of(unit_dir: Path, env: Mapping[str, str]) -> Path:
    """Where `terraform init` keeps what is the unit's own."""
    return unit_dir / (env.get("TF_DATA_DIR") or ".terraform")


def take_record(unit_dir: Path, env: Mapping[str, str], workdir: Workdir) -> None:
    """Let an init in `workdir` know, as one in place would, what `-backend-config` the unit was initialised with."""
    record = data_dir_of(unit_dir, env) / _RECORD
    if record.is_file():
        workdir.data_dir.mkdir(mode=0o700, exist_ok=True)
        copy = workdir.data_dir / _RECORD
        copy.touch(mode=0o600)  # it may hold secrets
        copy.write_bytes(record.read_bytes())


def _shadow(root: Path, unit_dir: Path, target: Path) -> Path:
    target.mkdir(mode=0o700)
    real, shadow = root, target
    for step in unit_dir.relative_to(root).parts:
        _link_all(real, shadow, except_for=step)
        real, shadow = real / step, shadow / step
        shadow.mkdir()
    _link_all(real, shadow)
    return shadow


def _link_all(source: Path, target: Path, *, except_for: str = "") -> None:
    try:
        entries = list(source.iterdir())
    except PermissionError:
        return  # a folder on the way may be open to pass through, and closed to look into
    for entry in entries:
        if entry.name != except_for and entry.name not in _NEVER_LINKED:
            (target / entry.name).symlink_to(entry)

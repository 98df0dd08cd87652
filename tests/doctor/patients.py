"""Patients for the doctor's tests: a healthy one, and how to make it ill."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

from driftgate import process
from driftgate.doctor.check import Check, Patient
from driftgate.unit import BackendConfig, StateLocation, Unit

HEALTHY = Unit(
    PurePosixPath("live/app"),
    BackendConfig("s3", {"bucket": "b", "key": "k", "use_lockfile": True}),
    location=StateLocation("s3://b/k", "k", "lockfile", ""),
)
IGNORED = "*.tfstate\n*.tfstate.*\n*.tfplan\n.terraform/\n"


def patient(root: Path, *units: Unit, **env: str) -> Patient:
    """A patient in the git work tree that is made at `root`, with nothing but PATH and `env` in its environment."""
    for unit in units:
        (root / unit.path).mkdir(parents=True, exist_ok=True)
    if not (root / ".git").exists():
        subprocess.run(("git", "init", "-q", str(root)), check=True)
        (root / ".gitignore").write_text(IGNORED)
    return Patient(root, root, {"PATH": os.environ["PATH"], **env}, process.run, units)


def ask(check: Check, who: Patient) -> list[tuple[str, str, str, str]]:
    return [(f.name, f.status.value, f.detail, f.mend) for f in check(who)]


def ill(**changes: object) -> Unit:
    return replace(HEALTHY, **changes)  # type: ignore[arg-type]

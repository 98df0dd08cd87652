"""The repo: units that are sound, states nobody should commit or read, locks that are configured."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from driftgate.discover.units import shared_states
from driftgate.doctor.check import Finding, Patient, fail, ok, warn

UNTRACKED = ("terraform.tfstate", "terraform.tfstate.backup", "errored.tfstate", "plan.tfplan", ".terraform/x")
"""Names that a repo's .gitignore should cover, one for each kind."""


def units(patient: Patient) -> Iterator[Finding]:
    """Every unit's source parses, its state is known, and no two units share one."""
    for unit in patient.units:
        if unit.error is not None:
            yield fail(f"unit {unit.path}", unit.error, "correct the source")
        elif unit.location is None:
            why = "; ".join(unit.undecided) or "its backend could not be decided"
            yield warn(f"unit {unit.path}", f"where its state is cannot be told: {why}", "see `dg discover`")
    for identity, paths in shared_states(patient.units):
        both = ", ".join(map(str, paths))
        yield fail("shared state", f"{both} keep their state at one place: {identity}", "give each a key of its own")
    sound = sum(1 for unit in patient.units if unit.error is None and unit.location is not None)
    if sound:
        yield ok("units", f"{sound} of {len(patient.units)} with a known state")
    elif not patient.units:
        yield warn("units", f"no root modules in {patient.root}", "stand in a repo of Terraform code")


def locks(patient: Patient) -> Iterator[Finding]:
    """Every backend that can lock is told to."""
    for unit in patient.units:
        if unit.backend.type == "s3" and unit.location is not None and unit.location.lock is None:
            yield warn(
                f"lock of {unit.path}",
                "its s3 backend takes no lock: two runs at a time can lose a state",
                "set use_lockfile = true in the backend block (Terraform 1.10 or later), or dynamodb_table",
            )


def ignored(patient: Patient) -> Iterator[Finding]:
    """git would not take states and plans along."""
    if not (patient.root / ".git").exists():
        return
    try:
        result = patient.run(("git", "check-ignore", "--no-index", *UNTRACKED), cwd=patient.root, env=patient.env)
    except OSError:
        return  # no git: the machine's checks say so
    open_to_git = sorted(set(UNTRACKED) - set(result.stdout.decode().split()))
    if open_to_git:
        missing = ", ".join(open_to_git)
        yield warn(
            ".gitignore", f"git would take along {missing}", "ignore *.tfstate, *.tfstate.*, *.tfplan and .terraform/"
        )
    else:
        yield ok(".gitignore", "states, plans and .terraform/ are ignored")


def readable_states(patient: Patient) -> Iterator[Finding]:
    """Files with secrets in them that other users of this machine can read; terraform leaves them so."""
    for unit in patient.units:
        folder = patient.root / unit.path
        for file in (folder / "terraform.tfstate", folder / "errored.tfstate", folder / ".terraform/terraform.tfstate"):
            if _open_to_others(file):
                yield warn(f"{file.relative_to(patient.root)}", "other users can read it", f"chmod 600 {file}")
        if (folder / "errored.tfstate").exists():
            yield fail(
                f"{unit.path}/errored.tfstate",
                "terraform could not store the state of its last run and left it here",
                f"look at it, then `dg state push {unit.path}/errored.tfstate {unit.path}`",
            )


def _open_to_others(file: Path) -> bool:
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & 0o044)
    except OSError:
        return False

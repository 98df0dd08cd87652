"""All checks of `dg doctor`, in the order of their output."""

from __future__ import annotations

from driftgate.doctor import backends, machine, repo
from driftgate.doctor.check import Check, Finding, Patient

OFFLINE: tuple[Check, ...] = (
    machine.python,
    machine.tools,
    machine.terragrunt,
    machine.git,
    machine.settings,
    machine.private_folders,
    machine.packages,
    repo.units,
    repo.locks,
    repo.ignored,
    repo.readable_states,
    backends.circuits,
)
ONLINE: tuple[Check, ...] = (backends.reachable,)


def examine(patient: Patient, *, online: bool) -> list[Finding]:
    """The answers of all checks; those that ask a backend only with `online`."""
    return [finding for check in (*OFFLINE, *(ONLINE if online else ())) for finding in check(patient)]

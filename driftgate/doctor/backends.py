"""The backends: which are left alone now, and (asked for with --online) whether each unit's state can be read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from driftgate.doctor.check import Finding, Patient, fail, ok, warn
from driftgate.errors import DriftgateError
from driftgate.safety.trail.log import timestamp
from driftgate.state.circuit import open_circuits
from driftgate.state.reader import read_snapshot
from driftgate.threads import in_threads
from driftgate.unit import Unit


def circuits(patient: Patient) -> Iterator[Finding]:
    """No endpoint is left alone because it did not answer."""
    for endpoint, since in open_circuits(patient.env):
        yield warn(
            f"circuit of {endpoint}",
            f"has not answered since {timestamp(since)}, and is not asked for the time being",
            "wait, or ask it again after `dg doctor --reset-breakers`",
        )


def reachable(patient: Patient) -> Iterator[Finding]:
    """Serial and lineage of every state can be read."""
    located = (unit for unit in patient.units if unit.location is not None)
    yield from in_threads(partial(_reach, patient), located, parallelism=8)


def _reach(patient: Patient, unit: Unit) -> Finding:
    name = f"state of {unit.path}"
    try:
        found = read_snapshot(unit, root=patient.root, env=patient.env)
    except DriftgateError as error:
        return fail(name, error.message, error.next_step)
    return ok(name, "nothing applied yet" if found is None else f"serial {found.serial}, lineage {found.lineage}")

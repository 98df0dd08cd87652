"""Ignore: a line in .driftignore that says why, and until when."""

from __future__ import annotations

from collections.abc import Sequence

from driftgate.finding import DriftClass, Finding
from driftgate.remediate.step import Draft, Facts


def ignore(finding: Finding, facts: Facts) -> Draft | str:
    """The command that adds the line for every attribute that drifted; the `ignore_changes` worked out for it."""
    found = facts.prepared.get("ignore", {}).get(finding.fingerprint)
    if found is not None:
        return found
    if not finding.cls.is_drift:
        return "it is no drift"
    paths = [attribute.path for attribute in finding.attributes if attribute.cls is finding.cls]
    commands = tuple(
        ("dg", "drift", "ignore", pattern, "--unit", finding.unit, "--reason", "REASON")
        for pattern in patterns(finding.address, finding.cls, paths)
    )
    return Draft("accepts it as it is, with a reason and a last day", "take the line out of .driftignore", commands)


def patterns(address: str, cls: str, paths: Sequence[str]) -> list[str]:
    """What `.driftignore` names for drift of class `cls`: the attributes at `paths`, the whole of what is gone."""
    return [address] if cls == DriftClass.MISSING or not paths else [f"{address}.{path}" for path in paths]

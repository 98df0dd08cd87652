"""Small repos for the tests of remediation: files written, a unit opened, an attribute accepted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driftgate.address import Address
from driftgate.attribute_path import read_steps
from driftgate.discover.terragrunt import generate_stacks
from driftgate.remediate.choice import Choice, Choose
from driftgate.remediate.patch import patched
from driftgate.remediate.trace.resource import resource_change
from driftgate.remediate.trace.site import Site, open_site
from driftgate.remediate.trace.unit import open_unit_site
from driftgate.remediate.trace.wanted import Change
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.session import Session


def lay(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def unit(root: Path, path: str = ".", env: Mapping[str, str] | None = None) -> Site:
    return open_site(root, path, env=env or {}, workspace="default", tool="terraform")


def traced(
    root: Path, address: str, path: str, value: Any, *, at: str = ".", env: Mapping[str, str] | None = None
) -> Change:
    return resource_change(unit(root, at, env), Address.parse(address), read_steps(path), value)


def terragrunt_unit(root: Path, path: str, env: Mapping[str, str] | None = None, **features: str) -> Site:
    session = Session(Files(root.as_posix()), env or {}, features=features)
    generate_stacks(session, env={})
    return open_unit_site(session, path, env=env or {}, workspace="default", tool="terraform")


def after(change: Change) -> tuple[str, str]:
    """Path and new text of the file that a change edits."""
    ((path, text),) = patched([change]).items()
    return path, text


def only(strategy: str) -> Choose:
    """This strategy for every finding."""
    return lambda finding: Choice((strategy,), f"--strategy {strategy}")

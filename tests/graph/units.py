"""Units that only wait for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from driftgate.unit import BackendConfig, Dependency, Unit


def units(edges: Mapping[str, Sequence[str]]) -> list[Unit]:
    """A unit for each name, which waits for those it is given."""
    return [
        Unit(
            PurePosixPath(name),
            BackendConfig("local"),
            dependencies=tuple(Dependency(f"dependency.{one}", None, PurePosixPath(one)) for one in waits),
        )
        for name, waits in edges.items()
    ]

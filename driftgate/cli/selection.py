"""The options that choose units: `--include`, `--exclude`, `--reading`, `--with-dependents`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from driftgate.unit import Unit

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the user chose."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    reading: tuple[Path, ...]
    with_dependents: bool

    def of(self, root: Path, units: Sequence[Unit], env: Mapping[str, str], changed_since: str | None) -> list[Unit]:
        """The chosen units of `units`, and only those that changed since a revision (or wait for one that did)."""
        from driftgate.discover.changed import changed_units
        from driftgate.discover.terragrunt import UnitFiles
        from driftgate.graph.select import Selection, select

        if not any((self.include, self.exclude, self.reading, self.with_dependents)):
            return list(units) if changed_since is None else changed_units(root, units, changed_since, env=env)
        reading = tuple(_in_repo(root, path) for path in self.reading)
        wanted = Selection(self.include, self.exclude, reading, self.with_dependents)
        files = UnitFiles(root, env) if reading else None
        among = None if changed_since is None else changed_units(root, units, changed_since, env=env)
        return select(units, wanted, lambda unit: files.of(unit) if files is not None else (), among=among)


def _in_repo(root: Path, path: Path) -> str:
    full = path.resolve()
    if not full.is_relative_to(root):
        raise click.UsageError(f"--reading {path}: it is not in the repo {root}")
    return full.relative_to(root).as_posix()


EVERYTHING = Chosen((), (), (), False)


def selection_options(function: F) -> F:
    """`--include`, `--exclude`, `--reading` and `--with-dependents`, given to the command as one `chosen`."""

    @click.option("--include", "include", multiple=True, metavar="GLOB", help="Only these units. Repeatable.")
    @click.option("--exclude", "exclude", multiple=True, metavar="GLOB", help="Not these units. Repeatable.")
    @click.option("--reading", "reading", multiple=True, metavar="FILE",
                  type=click.Path(exists=True, dir_okay=False, path_type=Path),
                  help="Only Terragrunt units that read this file. Repeatable.")  # fmt: skip
    @click.option("--with-dependents", is_flag=True, help="And all units that wait for those.")
    @functools.wraps(function)
    def wrapped(
        *args: Any, include: tuple[str, ...], exclude: tuple[str, ...], reading: tuple[Path, ...],
        with_dependents: bool, **others: Any,
    ) -> Any:  # fmt: skip
        return function(*args, chosen=Chosen(include, exclude, reading, with_dependents), **others)

    return wrapped  # type: ignore[return-value]

"""Which state a `dg state` command means: a unit's folder or a state file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftgate.cli.options import absolute_files
from driftgate.errors import RepoError

if TYPE_CHECKING:
    from driftgate.state.encryption import Encryption
    from driftgate.state.file import StateFile
    from driftgate.unit import Unit


def load(target: Path, **choices: Any) -> StateFile | None:
    """The state of the unit in the folder `target`, or in the file `target`. Says so on stderr when there is none.

    `choices` are those of `unit_options`. Raises RepoError when `target` is no unit, and whatever reading raises.
    """
    from driftgate.cli.emit import note
    from driftgate.state.reader import read_state, read_state_file, source_of

    env = dict(os.environ)
    if target.is_file():
        return read_state_file(target, env=env, encryption=lambda: _encryption(target, choices))
    root, unit = find_unit(target, **choices)
    state = read_state(unit, root=root, env=env, on_note=note, encryption=lambda: _encryption(target, choices))
    if state is None:
        note(f"{source_of(unit)} does not exist yet: nothing has been applied")
    return state


def decoded(data: bytes, source: str, target: Path, **choices: Any) -> StateFile:
    """The state in `data`, a version of that of `target`, decrypted as `load` does. Raises StateError."""
    from driftgate.backends.base import Surroundings
    from driftgate.state.reader import READ_ONLY, readable

    folder = target.parent if target.is_file() else target
    around = Surroundings(folder.absolute(), dict(os.environ), READ_ONLY)
    return readable(data, source, lambda: _encryption(target, choices), around)


def _encryption(target: Path, choices: dict[str, Any]) -> Encryption | None:
    """The encryption configuration in the code of a unit, or beside a file."""
    from driftgate.discover.encryption import encryption_of

    env = dict(os.environ)
    if target.is_file():
        return encryption_of(target.parent, ".", env)
    root, unit = find_unit(target, **choices)
    return encryption_of(root, str(unit.path), env, unit.backend.workspace)


def find_unit(
    target: Path, *, workspace: str | None, backend_config: tuple[str, ...], tool: str | None
) -> tuple[Path, Unit]:
    """The repo's root and the unit whose folder `target` is. Raises RepoError when it is none."""
    from driftgate.discover.units import discover, repo_root

    if not target.is_dir():
        raise RepoError(f"{target} does not exist", next_step="name a unit's folder or a state file")
    folder = target.resolve()
    root = repo_root(folder)
    options: dict[str, Any] = {"workspace": workspace, "backend_config": absolute_files(backend_config), "tool": tool}
    units = discover(root, env=dict(os.environ), under=[folder], **options)
    for unit in units:
        if root.resolve() / unit.path == folder:
            return root, unit
    below = ", ".join(str(unit.path) for unit in units[:5])
    raise RepoError(
        f"{target} is not a unit", next_step=f"name one of those in it: {below}" if below else "see `dg discover`"
    )

"""The outputs of Terragrunt units, read from their states through our own backends: no Terragrunt, no init."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from driftgate.discover.repo import Repo
from driftgate.discover.workspace import current_workspace
from driftgate.errors import DriftgateError
from driftgate.hcl.values import Unknown
from driftgate.state.file import StateFile
from driftgate.state.reader import read_state
from driftgate.terragrunt.session import Outputs, Session
from driftgate.terragrunt.unit import read_unit
from driftgate.unit import Unit

ReadState = Callable[[Unit], StateFile | None]


def state_outputs(
    session: Session,
    *,
    read: ReadState | None = None,
    on_state: Callable[[StateFile], None] = lambda state: None,
    workspace: str | None = None,
) -> Outputs:
    """Reads the outputs of the unit in a folder; each state is read once a run, whoever asks, and however often.

    Where a state is, is read in `session`: with its feature flags, what may be executed, and the units of its stacks.
    `on_state` hears of each state that was read, for its secrets. `workspace` is the one asked for, of all units.

    The outputs of a state that cannot be read are unknown, with the reason; a unit that has no state yet has none.
    """
    known: dict[str, Mapping[str, object] | Unknown | None] = {}
    lock = threading.Lock()
    repo = Repo(Path(session.files.root), session.env)
    reader = read or (lambda unit: read_state(unit, root=repo.root, env=repo.env))

    def outputs(folder: str) -> Mapping[str, object] | Unknown | None:
        with lock:
            if folder not in known:
                known[folder] = _outputs(repo, session, folder, workspace, reader, on_state)
            return known[folder]

    return outputs


def _outputs(
    repo: Repo,
    session: Session,
    folder: str,
    workspace: str | None,
    read: ReadState,
    on_state: Callable[[StateFile], None],
) -> Mapping[str, object] | Unknown | None:
    path = session.files.shown(folder)
    selected = current_workspace(repo.root / path / repo.data_dir, repo.env, workspace)
    unit = read_unit(session, folder, workspace=selected, tool=repo.tool_of(path))
    if unit.error is not None or unit.location is None:
        reason = unit.error or next(iter(unit.undecided), "where it is was not decided")
        return Unknown(f"the state of {path} was not found: {reason}")
    try:
        state = read(unit)
    except DriftgateError as error:
        return Unknown(f"the state of {path} was not read: {error.message}")
    if state is None:
        return None
    on_state(state)
    return {name: json.loads(bytes(output.value)) for name, output in state.outputs.items()}

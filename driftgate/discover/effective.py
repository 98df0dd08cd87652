"""The backend a unit really has: its block, `-backend-config`, and what init recorded. Never a silent guess."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from driftgate.backends.where import locate
from driftgate.backends.where_public import NOT_WHERE
from driftgate.backends.where_settings import UnlocatedError
from driftgate.discover.backend_block import Declared
from driftgate.discover.backend_items import BackendItemError, is_file, items_from_env, read_items
from driftgate.discover.candidates import Candidate, Candidates
from driftgate.discover.repo import Repo
from driftgate.discover.settings import BlockSettings
from driftgate.discover.workspace import Initialised, current_workspace, initialised
from driftgate.unit import BackendConfig, StateLocation


@dataclass(frozen=True, slots=True)
class Effective:
    """A unit's backend with what is known of it. The fields are those of `Unit`."""

    backend: BackendConfig
    location: StateLocation | None = None
    initialised: bool = False
    backend_files: tuple[PurePosixPath, ...] = ()
    init_items: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user decided for all units: `-backend-config` items, and the workspace."""

    backend_config: Sequence[str] = ()
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves the backends of one repo's units."""

    repo: Repo
    choices: Choices
    candidates: Candidates

    def resolve(self, unit: str, declared: Declared, block: BlockSettings) -> Effective:
        """The backend of the unit at this path, whose block says `block`."""
        data_dir = self.repo.root / unit / self.repo.data_dir
        record = initialised(data_dir)
        workspace = current_workspace(data_dir, self.repo.env, self.choices.workspace)
        stated = BackendConfig(declared.type, block.values, workspace, "block" if declared.explicit else "default")
        if declared.type == "cloud" and (name := _workspace_name(block.values)):
            stated = replace(stated, workspace=name)
        found = self._recorded(unit, stated, record) or self._stated(unit, stated, declared)
        if found.backend.source == "initialised":
            return replace(found, initialised=record.done)
        notes = tuple(_doubts(declared, block, record))
        unsure = block.unknown.keys() - found.backend.config.keys() - NOT_WHERE
        location = None if unsure else found.location
        return replace(found, location=location, initialised=record.done, undecided=(*notes, *found.undecided))

    def _recorded(self, unit: str, stated: BackendConfig, record: Initialised) -> Effective | None:
        """What init recorded, if it is about the backend that the code states now."""
        if record.config is None:
            return None
        if record.type != stated.type or not _agrees(record.config, stated.config):
            return None
        backend = replace(stated, config=record.config, source="initialised")
        found = self._located(unit, backend)
        wanted = self._chosen(unit, stated)
        if wanted.init_items and wanted.location != found.location:
            note = "initialised with another configuration than --backend-config gives, which was not used"
            return _with_note(found, f"{note}: run `init -reconfigure` to change it")
        return found

    def _stated(self, unit: str, stated: BackendConfig, declared: Declared) -> Effective:
        found = self._chosen(unit, stated)
        if not declared.explicit or declared.type == "cloud" or found.init_items:
            return found
        return self._completed(unit, stated, found)

    def _chosen(self, unit: str, stated: BackendConfig) -> Effective:
        """The block with the items that the user or TF_CLI_ARGS gives."""
        if stated.source != "block" or stated.type == "cloud":
            return self._located(unit, stated)
        try:
            items = [*items_from_env(self.repo.env), *self._items_for(unit)]
            config = {**stated.config, **read_items(items, self.repo.root / unit)}
        except BackendItemError as error:
            return _with_note(self._located(unit, stated), str(error))
        backend = replace(stated, config=config, source=" ".join(map(_shown, items))) if items else stated
        found = self._located(unit, backend)
        files = tuple(PurePosixPath(self._in_repo(unit, item)) for item in items if is_file(item))
        return replace(found, init_items=tuple(items), backend_files=files)

    def _in_repo(self, unit: str, item: str) -> str:
        """A file item relative to the repo root, or its absolute path when it is outside."""
        return posixpath.normpath(os.path.relpath(self.repo.root / unit / item, self.repo.root))

    def _items_for(self, unit: str) -> list[str]:
        """The user's items; a file that only other units have is not for this one."""
        folder = self.repo.root / unit
        return [item for item in self.choices.backend_config if not is_file(item) or (folder / item).is_file()]

    def _completed(self, unit: str, stated: BackendConfig, found: Effective) -> Effective:
        """Complete a partial block with the one candidate there is; with several or none, say what is missing."""
        candidates = self.candidates.of(unit, stated.type)
        usable = [candidate for candidate in candidates if not candidate.problem]
        if len(usable) == len(candidates) == 1 and self._may_use(unit, stated, found, usable[0]):
            return self._with(unit, stated, usable[0])
        if not candidates:
            return (
                found if found.location else _with_note(found, "give them with --backend-config, no file for it found")
            )
        files = tuple(PurePosixPath(file) for candidate in candidates for file in candidate.files)
        problems = [candidate.problem for candidate in candidates if candidate.problem]
        note = f"choose with --backend-config from {', '.join(c.source for c in candidates)}"
        if len(usable) == 1 and not problems:
            note = f"{usable[0].source} would put the state elsewhere and was not used: {note}"
            files = ()
        return replace(found, backend_files=files, undecided=(*found.undecided, *problems, note))

    def _may_use(self, unit: str, stated: BackendConfig, found: Effective, candidate: Candidate) -> bool:
        """A candidate completes; it must not silently move a state whose place the block already decides."""
        if found.location is None or not stated.config:
            return True
        return self._with(unit, stated, candidate).location == found.location

    def _with(self, unit: str, stated: BackendConfig, candidate: Candidate) -> Effective:
        backend = replace(stated, config={**stated.config, **candidate.config}, source=candidate.source)
        files = tuple(PurePosixPath(file) for file in candidate.files)
        return replace(self._located(unit, backend), backend_files=files, init_items=candidate.items)

    def _located(self, unit: str, backend: BackendConfig) -> Effective:
        try:
            location = locate(
                backend, PurePosixPath(unit), env=self.repo.env, root=PurePosixPath(self.repo.root.as_posix())
            )
        except UnlocatedError as error:
            # A setting that is missing may yet be found; then its next step would mislead.
            return Effective(backend, undecided=(error.message if error.settings else str(error),))
        return Effective(backend, location)


def _doubts(declared: Declared, block: BlockSettings, record: Initialised) -> Iterator[str]:
    """What is uncertain when the code, not the record of init, had to be believed."""
    for name, why in sorted(block.unknown.items()):
        yield f"backend {declared.type}: `{name}` is not constant: {why}"
    if record.problem:
        yield f"{record.problem}: run `init` again"
    elif record.config is not None:
        yield f"initialised with another {record.type} backend than the code says: run `init -reconfigure`"
    if declared.kind == "state_store":
        yield "state_store blocks are not supported yet"


def _with_note(found: Effective, note: str) -> Effective:
    return replace(found, undecided=(*found.undecided, note))


def _agrees(record: Mapping[str, object], block: Mapping[str, object]) -> bool:
    """Whether every setting in the code still has the value that init recorded."""
    for name, value in block.items():
        recorded = record.get(name)
        if isinstance(recorded, list) and len(recorded) == 1:
            recorded = recorded[0]
        if isinstance(value, Mapping) and isinstance(recorded, Mapping):
            if not _agrees(recorded, value):
                return False
        elif _text(recorded) != _text(value):
            return False
    return True


def _text(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _workspace_name(config: Mapping[str, object]) -> str:
    workspaces = config.get("workspaces")
    name = workspaces.get("name") if isinstance(workspaces, Mapping) else None
    return str(name) if name else ""


def _shown(item: str) -> str:
    """An item for `source`: values on the command line may be secret."""
    return item if is_file(item) else f"{item.partition('=')[0]}=…"

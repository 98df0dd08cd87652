"""Finds what a partial backend may be completed with, when nobody said how `terraform init` is run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from driftgate.backends.where_public import PUBLIC_SETTINGS
from driftgate.discover.backend_items import BackendItemError, is_file, read_items
from driftgate.discover.init_commands import InitCommand, init_commands
from driftgate.discover.repo import Repo

_NAMES = ("*.tfbackend", "*.tfbackend.json", "backend*.hcl", "backend*.conf", "backend*.tfvars", "backend*.config",
          "*.backend.hcl")  # fmt: skip
_IN_BACKEND_FOLDER = (".hcl", ".conf", ".tfvars", ".config", ".tfbackend", ".json")
_BESIDE = frozenset({"backend", "backends", "config", "configs", "env", "envs", "environments", "tfvars", "vars"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to complete a backend: `-backend-config` items that were found together, and where.

    `files` are relative to the repo root; `problem` says why the items cannot be used as they are.
    """

    source: str
    items: tuple[str, ...]
    files: tuple[str, ...]
    config: dict[str, object]
    problem: str = ""


@dataclass
class Candidates:
    """Looks through the repo once, and only if a unit asks."""

    repo: Repo
    _commands: list[InitCommand] | None = field(default=None)

    def of(self, unit: str, backend_type: str) -> list[Candidate]:
        """What the unit at this path may be initialised with, sorted: commands that say so, then files not in them."""
        commands = {command.items: command for command in self._for(unit)}
        found = [self._candidate(unit, c.items, f"{c.file}:{c.line}") for c in commands.values()]
        named = {file for candidate in found for file in candidate.files}
        for file in self._files_for(unit):
            item = posixpath.relpath(file, unit)
            candidate = self._candidate(unit, (item,), file)
            if file not in named and _fits(candidate, backend_type):
                found.append(candidate)
        return sorted(found, key=lambda candidate: candidate.source)

    def _candidate(self, unit: str, items: tuple[str, ...], source: str) -> Candidate:
        files = tuple(posixpath.normpath(posixpath.join(unit, item)) for item in items if is_file(item))
        if any("$" in item for item in items):
            return Candidate(source, items, (), {}, f"{source} runs init with variables: {' '.join(items)}")
        try:
            return Candidate(source, items, files, read_items(items, self.repo.root / unit))
        except BackendItemError as error:
            return Candidate(source, items, (), {}, error.message)

    def _for(self, unit: str) -> list[InitCommand]:
        if self._commands is None:
            self._commands = init_commands(self.repo)
        return [command for command in self._commands if command.unit == unit]

    def _files_for(self, unit: str) -> list[str]:
        """The unit's own files, or else those of the nearest folder above that has some and is no module itself."""
        folder = unit
        while True:
            own = self._files.get(folder, ())
            if own:
                return sorted(own)
            if folder == ".":
                return []
            folder = posixpath.dirname(folder) or "."
            if self.repo.folder(folder).is_module:
                return []

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """Candidate files by the folder they are for: a unit owns what is in its folders that are no modules."""
        found: dict[str, list[str]] = {}
        for folder in self.repo.folders.values():
            in_backend_folder = posixpath.basename(folder.path) in ("backend", "backends") and not folder.is_module
            for name in folder.files:
                if _is_candidate(name, in_backend_folder):
                    for owner in self._owners(folder.path):
                        found.setdefault(owner, []).append(folder.join(name))
        return found

    def _owners(self, path: str) -> Iterator[str]:
        """The module that the folder is part of; outside of any, the folder itself and the one it stands beside."""
        above = path
        while not self.repo.folder(above).is_module and above != ".":
            above = posixpath.dirname(above) or "."
        if self.repo.folder(above).is_module:
            yield above
            return
        yield path
        if posixpath.basename(path) in _BESIDE:
            yield posixpath.dirname(path) or "."


def _is_candidate(name: str, in_backend_folder: bool) -> bool:
    if name == "terraform.tfvars" or name.endswith((".auto.tfvars", ".tf", ".tf.json")):
        return False
    if in_backend_folder and name.endswith(_IN_BACKEND_FOLDER):
        return True
    return any(fnmatchcase(name, pattern) for pattern in _NAMES)


def _fits(candidate: Candidate, backend_type: str) -> bool:
    """Whether a file is about this backend: `backend.tfvars` may as well hold variables of a back-end service."""
    explicit = candidate.source.endswith((".tfbackend", ".tfbackend.json"))
    if candidate.problem:
        return explicit
    return bool(PUBLIC_SETTINGS.get(backend_type, frozenset()) & candidate.config.keys())

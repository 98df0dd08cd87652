"""The files of a repo as configurations see them: each read and parsed once, each look for a file in a parent once.

Paths are absolute POSIX strings: `pathlib` would cost more than the parsing. Folders that a stack would generate are
seen as if they were there (`overlay`).
"""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass, field
from typing import Final

from driftgate.hcl.ast import Body, Span, line_column
from driftgate.hcl.decode import decode
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.parse import parse
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.json_blocks import BLOCKS

UNIT_FILES: Final = ("terragrunt.hcl.json", "terragrunt.hcl")  # the code prefers JSON, whatever the docs say
STACK_FILE: Final = "terragrunt.stack.hcl"
AUTOINCLUDE_FILE: Final = "terragrunt.autoinclude.hcl"
VALUES_FILE: Final = "terragrunt.values.hcl"
_MOST_PARENTS = 100
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file: `shown` is how messages name it."""

    path: str
    shown: str
    text: str
    body: Body

    def place(self, span: Span) -> str:
        """`file:line:column` of a place in the text."""
        line, column = line_column(self.text, span[0])
        return f"{self.shown}:{line}:{column}"


@dataclass(slots=True)
class Files:
    """The files under `root` and above. `overlay` maps folders that are not there to those they would be copies of."""

    root: str
    overlay: dict[str, str] = field(default_factory=dict)
    _sources: dict[str, Source | Exception] = field(default_factory=dict)
    _kinds: dict[str, int] = field(default_factory=dict)
    _above: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _git: dict[str, str | None] = field(default_factory=dict)

    def source(self, path: str) -> Source:
        """The file at `path`, parsed. Raises HclError if it does not parse, EvaluationError if it cannot be read."""
        found = self._sources.get(path)
        if found is None:
            try:
                found = self._load(path)
            except (HclError, EvaluationError) as error:
                found = error
            self._sources[path] = found
        if isinstance(found, Source):
            return found
        raise found.with_traceback(None)

    def _load(self, path: str) -> Source:
        shown = self.shown(path)
        text = self.text(path)
        is_json = path.endswith(".json")
        body = parse_json(text, filename=shown, blocks=BLOCKS) if is_json else parse(text, filename=shown)
        return Source(path, shown, text, body)

    def text(self, path: str) -> str:
        """A file's text. Raises EvaluationError."""
        shown = self.shown(path)
        try:
            descriptor = os.open(self.real(path), os.O_RDONLY | os.O_NONBLOCK)
            with open(descriptor, "rb", buffering=0) as stream:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
                    raise EvaluationError("it is no regular file, or larger than 16 MiB", where=shown)
                return decode(stream.read())
        except UnicodeDecodeError as error:
            raise EvaluationError(f"not UTF-8 text (byte {error.start})", where=f"{shown}:1:1") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "its name is not valid"
            raise EvaluationError(f"cannot be read: {reason}", where=shown) from None

    def shown(self, path: str) -> str:
        """How messages name a path: relative to the root where that is shorter."""
        if path == self.root:
            return "."
        inside = path.startswith(self.root + "/")
        return path[len(self.root) + 1 :] if inside else path

    def real(self, path: str) -> str:
        """Where the file is that the configuration sees at `path`."""
        if self.overlay:
            folder = path
            while len(folder) > 1:
                if folder in self.overlay:
                    return self.overlay[folder] + path[len(folder) :]
                folder = posixpath.dirname(folder)
        return path

    def put_over(self, folder: str, source: str) -> None:
        """Let `folder`, which is not there, look like a copy of `source`."""
        self.overlay[folder] = source
        self._kinds.clear()  # what was missing there may be there now
        self._above.clear()

    def is_file(self, path: str) -> bool:
        """Whether there is something that is no folder."""
        kind = self._kind(path)
        return kind != 0 and kind != stat.S_IFDIR

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder."""
        return self._kind(path) == stat.S_IFDIR

    def _kind(self, path: str) -> int:
        kind = self._kinds.get(path)
        if kind is None:
            try:
                kind = stat.S_IFMT(os.stat(self.real(path)).st_mode)
            except (OSError, ValueError):
                kind = 0
            self._kinds[path] = kind
        return kind

    def names(self, folder: str) -> list[str]:
        """The names in a folder; none when it cannot be read."""
        try:
            return os.listdir(self.real(folder))
        except (OSError, ValueError):
            return []

    def unit_file(self, folder: str) -> str:
        """The configuration file of the unit in `folder`, whether it is there or not."""
        preferred = f"{folder}/{UNIT_FILES[0]}"
        return preferred if self.is_file(preferred) else f"{folder}/{UNIT_FILES[1]}"

    def above(self, folder: str, name: str) -> str | None:
        """The nearest `name` (empty: a unit's file) in a folder above `folder`; at most a hundred levels up."""
        key = (folder, name)
        if key not in self._above:
            self._above[key] = self._find_above(folder, name)
        return self._above[key]

    def _find_above(self, folder: str, name: str) -> str | None:
        passed = []
        current = folder
        found = None
        for _ in range(_MOST_PARENTS):
            if current != folder and (current, name) in self._above:
                found = self._above[(current, name)]
                break
            parent = posixpath.dirname(current)
            if parent == current:
                break
            passed.append(current)
            candidate = posixpath.normpath(f"{parent}/{name}") if name else self.unit_file(parent)
            if self.is_file(candidate) or (name and self.is_folder(candidate)):
                found = candidate
                break
            current = parent
        for below in passed:
            self._above[(below, name)] = found
        return found

    def git_root(self, folder: str) -> str | None:
        """The nearest folder at or above `folder` that holds a `.git`."""
        if folder not in self._git:
            parent = posixpath.dirname(folder)
            here = os.path.exists(f"{folder}/.git")
            self._git[folder] = folder if here else None if parent == folder else self.git_root(parent)
        return self._git[folder]

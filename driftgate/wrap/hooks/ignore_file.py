"""`.driftignore` is right: every line says why, none is over, and what it names is still in the code."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from driftgate.discover.walk import walk
from driftgate.drift.ignore import FILE, Ignore, parse
from driftgate.wrap.hooks.check import Commit, Problem

_MODULE = re.compile(r"^module\.(\w[\w-]*)(?:\[[^\]]*\])?(?:\.|$)")
_RESOURCE = re.compile(r"^(?:data\.)?(\w+)\.([\w-]+)")
_BLOCKS = re.compile(r'^\s*(?:resource|data)\s+"([\w-]+)"\s+"([\w-]+)"', re.MULTILINE)
_CALLS = re.compile(r'^\s*module\s+"([\w-]+)"', re.MULTILINE)
_SOURCES = (".tf", ".tofu", ".tf.json", ".tofu.json")


def ignore_file(commit: Commit) -> Iterator[Problem]:
    """The repo's ignore file, whichever files are given: code that goes away leaves lines behind."""
    if not (commit.root / FILE).is_file():
        return
    entries, mistakes = parse(commit.text(FILE))
    for mistake in mistakes:
        yield Problem("ignore-syntax", FILE, mistake.line, mistake.message, mistake.next_step)
    today = datetime.now(UTC).date()
    code = Code(commit.root)
    for entry in entries:
        if entry.expired(today):
            message = f"`{entry.pattern}` was ignored until {entry.expires} and is drift again"
            who = f"; ask {entry.owner}" if entry.owner else ""
            yield Problem("ignore-expired", FILE, entry.line, message, f"mend it, or set a later day{who}")
        elif (unknown := code.unknown(entry)) is not None:
            next_step = f"{unknown.hint}correct the address, or remove the line"
            yield Problem("ignore-unknown", FILE, entry.line, unknown.message, next_step)


@dataclass(frozen=True, slots=True)
class Unknown:
    """That something is not in the code, and what of it is `near`est in spelling, "" for nothing near."""

    message: str
    near: str = ""

    @property
    def hint(self) -> str:
        """`did you mean X? ` where something is near."""
        return f"did you mean `{self.near}`? " if self.near else ""


class Code:
    """The source of the repo as text: enough to tell whether a name stands in it, and quick."""

    def __init__(self, root: Path) -> None:
        folders = walk(root, ".terraform")
        self.folders = [folder.path for folder in folders.values()]
        files = [root / f.join(name) for f in folders.values() for name in f.files if name.endswith(_SOURCES)]
        self._texts = [_text(file) for file in files]

    def unknown(self, entry: Ignore) -> Unknown | None:
        """What of what `entry` names is not in the code; None when all of it is, or when that cannot be told."""
        if entry.unit and not any(_matches(entry.unit, folder) for folder in self.folders):
            return Unknown(f"there is no unit `{entry.unit}`", _nearest(entry.unit, self.folders))
        if entry.pattern.startswith("type:"):
            return self._unknown_type(entry.pattern.removeprefix("type:").partition(".")[0])
        module, resource = _MODULE.match(entry.pattern), _RESOURCE.match(entry.pattern)
        if "*" in (module or resource or [entry.pattern])[0]:
            return None
        if module is not None:
            return self._unknown_module(module[1])
        if resource is None:
            return None if "*" in entry.pattern else Unknown(f"`{entry.pattern}` is no address")
        return self._unknown_resource(resource[1], resource[2])

    def _unknown_type(self, type: str) -> Unknown | None:
        if "*" in type or self._has(type):
            return None
        return Unknown(f"no resource of type `{type}` is in the code", _nearest(type, (t for t, _ in self._named())))

    def _unknown_module(self, name: str) -> Unknown | None:
        if self._has("module", name):
            return None
        called = (found for text in self._texts for found in _CALLS.findall(text))
        return Unknown(f"no module `{name}` is in the code", _nearest(name, called))

    def _unknown_resource(self, type: str, name: str) -> Unknown | None:
        if self._has(type, name):
            return None
        known = (f"{found[0]}.{found[1]}" for found in self._named())
        return Unknown(f"`{type}.{name}` is not in the code", _nearest(f"{type}.{name}", known))

    def _named(self) -> Iterator[tuple[str, str]]:
        """Types and names of the blocks; those of JSON files are not read."""
        return (found for text in self._texts for found in _BLOCKS.findall(text))

    def _has(self, *names: str) -> bool:
        """Whether one file has all the names: quoted, as labels, or the block's own word."""
        wanted = [name if name == "module" else f'"{name}"' for name in names]
        return any(all(name in text for name in wanted) for text in self._texts)


def _nearest(word: str, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(word, sorted(set(known)), n=1)), "")


def _matches(glob: str, folder: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, glob.split("*"))), folder) is not None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""

"""What a hook finds, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that should not be committed: `rule` can be left out by name; `line` is 0 for a whole file."""

    rule: str
    file: str
    line: int
    message: str
    next_step: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message} [{self.rule}]\n  → {self.next_step}"


@dataclass(frozen=True, slots=True)
class Commit:
    """What a hook looks at: the repo at `root`, and the files given to it, relative to the root.

    `env` is the process's without git's own variables. `git` runs git in the root and gives its output, None when it
    failed: a repo without a commit has no HEAD.
    """

    root: Path
    files: Sequence[str]
    env: Mapping[str, str]
    git: Callable[[Sequence[str]], str | None]

    def text(self, file: str) -> str:
        """The text of a file as it lies in the work tree; "" for one that is gone or no text."""
        try:
            return (self.root / file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""


Check = Callable[[Commit], Iterator[Problem]]

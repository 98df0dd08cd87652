"""The repo's settings files are right: every name exists, every value has its type."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.settings.load import SettingsError, load
from driftgate.wrap.hooks.check import Commit, Problem

_NAMES = ("driftgate.toml", "pyproject.toml")
"""How the names of settings files end, those that only DG_CONFIG names too: a repo has other TOML files."""


def config(commit: Commit) -> Iterator[Problem]:
    """Each given settings file, read alone: no variable and no other file changes what is wrong in it."""
    for file in commit.files:
        if file.endswith(_NAMES) and (commit.root / file).is_file():
            try:
                load(commit.root, {}, commit.root / file)
            except SettingsError as error:
                yield Problem("config", file, 0, error.message.replace(f"{commit.root}/", ""), error.next_step)

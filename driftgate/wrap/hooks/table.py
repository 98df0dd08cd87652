"""All offline hooks by their pre-commit ids, loaded when they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from driftgate.wrap.hooks.check import Check, Commit, Problem

HOOKS: Mapping[str, tuple[str, str]] = {
    # id: (module:function, what it keeps out)
    "dg-config": ("driftgate.wrap.hooks.config:config", "settings that do not exist or have a wrong value"),
    "dg-no-state": ("driftgate.wrap.hooks.no_state:no_state", "states, plans and backups"),
    "dg-backend": ("driftgate.wrap.hooks.backend:backend", "shared, unlocked, unencrypted and moved states"),
    "dg-fmt-ignore": ("driftgate.wrap.hooks.ignore_file:ignore_file", "wrong, expired and pointless ignores"),
}


def problems(ids: list[str], commit: Commit, skipped: frozenset[str] = frozenset()) -> Iterator[Problem]:
    """What these hooks find, without the rules in `skipped`. Raises KeyError for an id that is none."""
    for name in ids:
        module, _, function = HOOKS[name][0].partition(":")
        check: Check = getattr(import_module(module), function)
        yield from (problem for problem in check(commit) if problem.rule not in skipped)

"""The severity rules as the tables of docs/severity.md, from the rules themselves."""

from __future__ import annotations

from collections.abc import Iterable

from driftgate.drift.severity.judge import DEFAULTS, FAMILIES
from driftgate.drift.severity.missing import MISSING

INTRODUCTION = """\
# Severities

Generated from the rule tables in `driftgate/drift/severity/`; do not edit.

A severity has a direction: it is judged from what the state recorded to what the cloud holds now. The same attribute
loosened is grave, tightened it is low or info. `computed` and `pending` are always none. A change gets the gravest of
the rules that match it, else the default of its class. A missing object is judged by its type; an unmanaged one by
the rules, as if it had been opened from nothing, and never below its class. "changed" rules have no direction and are
a step lower where the code does not set the value (`outside-code`).

`*` stands for anything; `a.b` is the attribute `b` in the block `a`, whatever its index, and `[!d]*` is
every attribute that does not begin with d (a rule's description moves no traffic).
"""


def markdown() -> str:
    """The whole page."""
    defaults = _table(
        ("Class", "Severity", "Reason"), ((f"`{c.value}`", str(s), text) for c, (s, text) in DEFAULTS.items())
    )
    missing = _table(("Types", "Severity", "Reason"), ((_code(types), str(s), text) for s, text, types in MISSING))
    parts = [INTRODUCTION, "## Default by class\n", defaults]
    for name, rules in FAMILIES:
        rows = ((_code(rule.types), _code(rule.paths), rule.says) for rule in rules)
        parts += [f"## {name}\n", _table(("Types", "Attributes", "Severity"), rows)]
    return "\n".join([*parts, "## Missing objects\n\nThe first row that matches, else high.\n", missing])


def _code(globs: str) -> str:
    return " ".join(f"`{glob}`" for glob in globs.split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""A diff of two states for people: the view of the redacted tree that `state/diff_view.py` makes, and as text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate.finding import Mark, SourceRange
from driftgate.report.render import render
from driftgate.report.text import clean, clip
from driftgate.report.values import changed_parts, show
from driftgate.report.view import plural
from driftgate.safety.redact import Redactor
from driftgate.state.rollback import Consequence

Tree = Mapping[str, Any]

CHANGES = ("added", "removed", "moved", "replaced", "changed")
_NAMED = 3


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A changed value, masked where it is secret: an attribute at `path`, or an output's, whose path is empty."""

    path: str
    values: tuple[object, object]
    sensitive: bool = False
    reason: str = ""

    @property
    def was(self) -> str:
        """The value before, in at most 80 columns."""
        return show(self.values[0])

    @property
    def now(self) -> str:
        """The value after, in at most 80 columns."""
        return show(self.values[1])

    @property
    def parts(self) -> tuple[str, ...]:
        """The changed elements of arrays, objects and JSON texts, a line each; nothing where was → now says it all."""
        return changed_parts(*self.values)


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A resource instance or an output: what happened to it (`CHANGES`), and what else than values is worth saying.

    `id` is an added or removed object's; `place` is where its resource block stands, where that is known.
    """

    change: str
    label: str
    type: str
    id: str
    facts: tuple[str, ...]
    values: tuple[ValueRow, ...]
    place: SourceRange | None
    fingerprint: str

    @property
    def names(self) -> str:
        """The first changed attributes by name, and how many more there are."""
        return _some([value.path for value in self.values if value.path])

    @property
    def known(self) -> tuple[str, ...]:
        """The facts, the object's id with them."""
        return (f"id {clip(self.id, 60)}", *self.facts) if self.id else self.facts


@dataclass(frozen=True, slots=True)
class Code:
    """The code that a state is made from, as far as it is known: its unit, and the block of a resource's address."""

    unit: str = ""
    find: Callable[[str], SourceRange | None] = lambda address: None


@dataclass(frozen=True, slots=True)
class DiffView:
    """What every format of a state diff shows, in the order to show it. `counts` hold what is not zero."""

    headline: str
    counts: tuple[tuple[str, int], ...]
    rows: tuple[DiffRow, ...]
    following: tuple[Tree, ...]
    unit: str


def view_of(tree: Tree, code: Code | None = None) -> DiffView:
    """The view of a tree that `diff_tree` made; with `code` the rows know their places."""
    code = code or Code()
    counts = ((change, tree["summary"][change]) for change in (*CHANGES, "outputs"))
    rows = [_resource(item, code) for item in tree["resources"]] + [_output(item, code) for item in tree["outputs"]]
    return DiffView(
        headline=headline(tree),
        counts=tuple((change, count) for change, count in counts if count),
        rows=tuple(rows),
        following=tuple(tree.get("following", ())),
        unit=clean(code.unit),
    )


def full(tree: Tree, *, color: bool = False, width: int = 100) -> str:
    """Every resource and output with what changed in it, in `width` columns; addresses are never cut."""
    return table(view_of(tree), color=color, width=width)


def table(view: DiffView, *, color: bool = False, width: int = 100, template_dirs: Sequence[Path] = ()) -> str:
    """The same of a view, with the user's own template. Raises TemplateFailed."""
    return _render(view, view.rows, color=color, width=width, template_dirs=template_dirs, following=view.following)


def summary(tree: Tree, *, color: bool = False, width: int = 100, lines: int = 10) -> str:
    """At most that many lines: the counts, then a line for each resource and output, names of attributes only."""
    view = view_of(tree)
    shown = view.rows if len(view.rows) < lines else view.rows[: lines - 2]
    return _render(view, shown, color=color, width=width, details=False)


def following(consequences: Sequence[Consequence], redactor: Redactor) -> Tree:
    """`following`, to put into the tree beside the difference: what the next plan makes of it; empty for nothing."""
    found = [
        {
            "what": item.what,
            "sentence": f"{plural(len(item.labels), 'resource')} {item.sentence}",
            "addresses": [redactor.text(label) for label in item.labels],
        }
        for item in consequences
    ]
    return {"following": found} if found else {}


def headline(tree: Tree) -> str:
    """The serials and counts in one sentence: `serial 4 → 5: 1 added, 2 changed, 1 output`."""
    counts = [f"{tree['summary'][change]:,} {change}" for change in CHANGES if tree["summary"][change]]
    counts += [plural(tree["summary"]["outputs"], "output")] if tree["summary"]["outputs"] else []
    return f"{_serials(tree['before'], tree['after'])}: {', '.join(counts) or 'no differences'}"


def _serials(before: Tree | None, after: Tree | None) -> str:
    if before is None or after is None:
        both = [f"serial {side['serial']}" if side else "no state" for side in (before, after)]
        return " → ".join(both)
    if before["lineage"] != after["lineage"]:
        return f"two different states, serial {before['serial']} and {after['serial']}"
    return f"serial {before['serial']}" + ("" if before["serial"] == after["serial"] else f" → {after['serial']}")


def _render(view: DiffView, rows: Sequence[DiffRow], *, details: bool = True, **how: Any) -> str:
    given = {"following": (), "lines": _lines, "some": _some, **how}
    return render("state_diff.txt.j2", view=view, rows=rows, details=details, more=len(view.rows) - len(rows), **given)


def _resource(item: Tree, code: Code) -> DiffRow:
    deposed = f" (deposed {item['deposed']})" if item["deposed"] else ""
    label = clean(f"{item['address']}{deposed}")
    values = tuple(map(_value, item["attributes"]))
    return DiffRow(
        change=item["change"],
        label=label,
        type=clean(item["type"]),
        id=clean(item["id"] or "") if item["change"] in ("added", "removed") else "",
        facts=tuple(_facts(item)),
        values=values,
        place=code.find(item["address"]),
        fingerprint=_fingerprint(code.unit, label, item["change"], values),
    )


def _output(item: Tree, code: Code) -> DiffRow:
    marks_only = item["change"] == "changed" and item["before"] == item["after"]
    values = (_value({**item, "path": ""}),) if item["change"] == "changed" and not marks_only else ()
    label = clean(f"output {item['name']}")
    facts = ("only its type or sensitive mark",) if marks_only else ()
    fingerprint = _fingerprint(code.unit, label, item["change"], values)
    return DiffRow(item["change"], label, "output", "", facts, values, None, fingerprint)


def _value(item: Tree) -> ValueRow:
    return ValueRow(clean(item["path"]), (item.get("before", Mark.ABSENT), item.get("after", Mark.ABSENT)))


def _fingerprint(unit: str, label: str, change: str, values: Sequence[ValueRow]) -> str:
    """As a finding's: of names only, since a hash of a secret can be guessed."""
    parts = [unit, label, change, *sorted(value.path for value in values)]
    return hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()[:32]


def _facts(item: Tree) -> list[str]:
    facts = [clean(f"from {item['previous_address']}")] if item["change"] == "moved" else []
    if item["tainted"] and (item["change"] == "added" or "status" in item["metadata"]):
        facts.append("tainted")
    elif "status" in item["metadata"]:
        facts.append("no longer tainted")
    if item["previous_provider"] is not None:
        facts.append(clean(f"{item['previous_provider']} → {item['provider']}"))
    return facts + [name for name in item["metadata"] if name not in ("status", "provider")]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _lines(value: ValueRow, room: int) -> list[str]:
    """A changed value in lines of at most `room` columns."""
    if value.parts:
        return [clip(part, room) for part in value.parts]
    was, now = value.values
    return [f"{show(was, room // 2 - 2)} → {show(now, room // 2 - 2)}"]

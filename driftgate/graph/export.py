"""The graph as text: Graphviz dot, Mermaid, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from driftgate.graph.dag import dag, queue
from driftgate.unit import Unit

FORMAT_VERSION = "1.0"


def to_json(units: Sequence[Unit], *, destroy: bool = False) -> str:
    """Units with what they wait for, the queue and the cycles."""
    order = queue(units)
    document = {
        "format_version": FORMAT_VERSION,
        "units": [_document(unit) for unit in units],
        "queue": [list(level) for level in (order.destroy if destroy else order.levels)],
        "cycles": [list(cycle) for cycle in order.cycles],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_dot(units: Sequence[Unit], *, destroy: bool = False) -> str:
    """A digraph; an arrow leads from a unit to what it waits for, with `destroy` the other way."""
    lines = [f"  {_quoted(str(unit.path))};\n" for unit in units]
    lines += [f"  {_quoted(a)} -> {_quoted(b)};\n" for a, b in _arrows(units, destroy)]
    return f"digraph units {{\n  rankdir = LR;\n  node [shape = box];\n{''.join(lines)}}}\n"


def to_mermaid(units: Sequence[Unit], *, destroy: bool = False) -> str:
    """A flowchart as GitHub and GitLab draw it."""
    ids = {str(unit.path): f"u{number}" for number, unit in enumerate(units)}
    lines = [f'  {ids[path]}["{_escaped(path)}"]\n' for path in ids]
    lines += [f"  {ids[a]} --> {ids[b]}\n" for a, b in _arrows(units, destroy)]
    return f"flowchart LR\n{''.join(lines)}"


def _arrows(units: Sequence[Unit], destroy: bool) -> list[tuple[str, str]]:
    edges = dag(units).edges()
    return sorted((before, after) if destroy else (after, before) for before, after in edges)


def _document(unit: Unit) -> dict[str, object]:
    waits = sorted({str(one.unit) for one in unit.dependencies if one.unit is not None})
    unresolved = sorted(f"{one.name}: {one.reason}" for one in unit.dependencies if one.unit is None)
    return {"path": str(unit.path), "kind": str(unit.kind), "dependencies": waits, "unresolved": unresolved}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")

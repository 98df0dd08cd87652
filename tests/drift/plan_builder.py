"""Small plans built in Python: only what a test is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgate.address import Address
from driftgate.drift.classify import classify
from driftgate.drift.configuration import is_expression
from driftgate.finding import Finding, SourceRange
from driftgate.tfexec.plan import Plan, parse_plan

PLANS = Path(__file__).parent.parent / "fixtures" / "plans"
SAME: Any = object()


def recorded(name: str) -> Plan:
    """A plan that real Terraform made."""
    return parse_plan((PLANS / f"{name}.json").read_bytes())


def resource(
    address: str,
    state: Any = SAME,
    live: Any = SAME,
    planned: Any = SAME,
    *,
    unknown: Any = None,
    actions: list[str] | None = None,
    deposed: str | None = None,
    change: Mapping[str, Any] | None = None,
    sensitive: Any = False,
    **named: Any,
) -> dict[str, Any]:
    """The entries of one resource instance in `resource_drift` and `resource_changes`.

    `live` is the state's value, `planned` the live one, unless given; None is no object. `actions` follow from them.
    `actions=[]` leaves the instance out of `resource_changes`.
    """
    live = state if live is SAME else live
    planned = live if planned is SAME else planned
    kind = Address.parse(address)
    item = {"address": address, "mode": kind.mode, "type": kind.type, "name": kind.name, **named}
    if deposed:
        item["deposed"] = deposed
    marks = {"before_sensitive": sensitive, "after_sensitive": sensitive}
    entries: dict[str, Any] = {}
    if state != live:
        moved = ["delete"] if live is None else ["update"]
        entries["drift"] = {**item, "change": {"actions": moved, "before": state, "after": live, **marks}}
    if actions is None:
        actions = _actions(live, planned, unknown)
    if actions:
        body = {"actions": actions, "before": live, "after": planned, "after_unknown": unknown or {}, **marks}
        entries["change"] = {**item, "change": {**body, **(change or {})}}
    return entries


def _actions(live: Any, planned: Any, unknown: Any) -> list[str]:
    if live is None:
        return ["create"]
    if planned is None:
        return ["delete"]
    return ["no-op"] if live == planned and not unknown else ["update"]


def code(**resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Resource blocks of a configuration; `aws_vpc__main=` is `aws_vpc.main`, plain values are constants."""
    return [
        {"address": name.replace("__", "."), "expressions": {key: _expression(value) for key, value in items.items()}}
        for name, items in resources.items()
    ]


def ref(*references: str) -> dict[str, Any]:
    """An expression that refers to something, as the plan lists it: every prefix too."""
    return {"references": [text for full in references for text in _prefixes(full)]}


def _prefixes(text: str) -> list[str]:
    parts = text.split(".")
    least = 3 if parts[0] == "data" else 2
    return [".".join(parts[:length]) for length in range(len(parts), min(least, len(parts)) - 1, -1)]


def _expression(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{key: _expression(inner) for key, inner in block.items()} for block in value]
    return value if is_expression(value) else {"constant_value": value}


def plan(*resources: Mapping[str, Any], root: Any = (), **fields: Any) -> Plan:
    """A plan of the resources, with `root` the blocks of the root module, or the whole module."""
    module = dict(root) if isinstance(root, Mapping) else {"resources": list(root)}
    body = {
        "format_version": "1.2",
        "resource_drift": [entry["drift"] for entry in resources if "drift" in entry],
        "resource_changes": [entry["change"] for entry in resources if "change" in entry],
        "configuration": {"root_module": module},
        **fields,
    }
    return parse_plan(json.dumps(body).encode())


@dataclass(frozen=True)
class Block:
    """A source block as `discover/source.py` finds it."""

    ignore_changes: object = frozenset()
    sets: frozenset[str] = frozenset()
    range: SourceRange = field(default_factory=lambda: SourceRange("live/app/main.tf", 3, 9))


@dataclass(frozen=True)
class Source:
    """A SourceLookup over a literal table."""

    blocks: Mapping[str, Block] = field(default_factory=dict)

    def find(self, address: str) -> Block | None:
        return self.blocks.get(address)


def judge(made: Plan, source: Source | None = None) -> list[Finding]:
    return classify(made, unit="live/app", workspace="default", source=source)


def classes(findings: list[Finding]) -> dict[str, dict[str, str]]:
    """What a test compares: address -> attribute path -> class."""
    return {item.address: {a.path: a.cls.value for a in item.attributes} for item in findings}

"""A provider of one type, `box`, as an adoption meets it: what it generates, refuses, and would change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driftgate.hcl.ast import Block
from driftgate.hcl.constant import constant, module_scope
from driftgate.hcl.parse import parse
from driftgate.hcl.source import source_of
from driftgate.live.base import Reading
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Change, Plan, ResourceChange
from driftgate.tfexec.schema import Argument, Body, Nested

OPTIONAL, COMPUTED = Argument("string", optional=True), Argument("string", computed=True)
EITHER = Argument("string", optional=True, computed=True)
RULES = Argument(["set", ["object", {"port": "number", "note": "string"}]], optional=True, computed=True)
SCHEMA = Body(
    {
        "name": Argument("string", required=True),
        "size": Argument("number", optional=True),
        "note": OPTIONAL,
        "keep": Argument("bool", optional=True),
        "zone": EITHER,
        "zone_id": EITHER,
        "secret": Argument("string", optional=True, sensitive=True),
        "rules": RULES,
        "tags": Argument(["map", "string"], optional=True),
        "tags_all": EITHER,
        "arn": COMPUTED,
        "id": EITHER,
    },
    {"ttl": Nested(Body({"on": Argument("bool", optional=True)}))},
)
DEFAULTS: Mapping[str, Any] = {"size": 3, "keep": False, "note": "made by terraform"}
"""What the provider takes where the code says nothing; everything else stays as it is."""
LARGEST = 100


def box(name: str, **arguments: Any) -> dict[str, Any]:
    """A live object with nothing special about it, but for `arguments`."""
    plain = {
        "size": 3,
        "note": "made by terraform",
        "keep": False,
        "zone": "a",
        "zone_id": "a1",
        "rules": [],
        "ttl": [],
    }
    return {"id": name, "arn": f"arn:{name}", "name": name, **plain, "tags": {}, "tags_all": {}, **arguments}


def plan_copy(live: Mapping[str, dict[str, Any]], seen: list[str], state: Mapping[str, Any] | None = None) -> Any:
    """Plans of copies of the repo; `seen` gets the text of each copy's main.tf."""

    def plan(root: Path, generated: Path | None) -> Reading:
        text = (root / "main.tf").read_text() if (root / "main.tf").is_file() else ""
        seen.append(text)
        blocks = {b.labels[1]: b for b in parse(text).blocks if b.labels[:1] == ("box",)}
        code = "\n".join(file.read_text() for file in root.glob("*.tf"))
        imports = [b.body.attributes for b in parse(code).blocks_of("import")]
        wanted = {i["to"].value.name: i["id"].value.text for i in imports}  # type: ignore[union-attr]
        errors, changes, written = [], [], ""
        for name, id in wanted.items():
            address = f"box.{name}"
            if id not in live:
                errors.append(Diagnostic("error", "Cannot import non-existent remote object", f'import "{address}"'))
            elif name in blocks:
                errors += _refused(text, blocks[name], address)
                changes.append(_change(blocks[name], address, live[id]))
            else:
                written += _generated(name, live[id])
                changes.append(ResourceChange(address, Change(("no-op",), live[id], live[id]), type="box"))
        if generated is not None:
            generated.write_text(written)
        prior = {"values": {"root_module": {"resources": list((state or {}).values())}}}
        return Reading(Plan("1.0", resource_changes=tuple(changes), prior_state=prior), tuple(errors))

    return plan


def _generated(name: str, live: Mapping[str, Any]) -> str:
    arguments = {n: live.get(n) for n, a in SCHEMA.attributes.items() if a.writable and n != "id"} | {"secret": None}
    lines = [f"  {n} = {source_of(None if v == '' else v, '  ')}\n" for n, v in arguments.items()]
    blocks = [f"  ttl {{\n    on = {source_of(item['on'])}\n  }}\n" for item in live["ttl"]]
    return f'resource "box" "{name}" {{\n{"".join([*lines, *blocks])}}}\n\n'


def _refused(text: str, block: Block, address: str) -> list[Diagnostic]:
    given, found = _given(block), []
    line = text.count("\n", 0, block.span[0]) + 1
    if {"zone", "zone_id"} <= given.keys():
        for one, other in (("zone", "zone_id"), ("zone_id", "zone")):
            summary = "Conflicting configuration arguments"
            found.append(Diagnostic("error", summary, f'"{one}": conflicts with {other}', address, "main.tf", line))
    if given.get("size", 0) > LARGEST:
        at = text.count("\n", 0, block.body.attributes["size"].span[0]) + 1
        found.append(Diagnostic("error", "expected size to be at most 100", "", address, "main.tf", at))
    if given["name"] == "safe" and "secret" not in given:
        found.append(Diagnostic("error", "Missing required argument", '"secret": required', address, "main.tf", line))
    return found


def _change(block: Block, address: str, live: dict[str, Any]) -> ResourceChange:
    given = _given(block)
    after = {**live, **{n: v for n, v in DEFAULTS.items() if n not in given}, **given}
    after["tags"] = given.get("tags", {})
    for ignored in given.get("lifecycle", ()):
        after[ignored] = live[ignored]
    after.pop("lifecycle", None)
    after["tags_all"] = {**live["tags_all"], **after["tags"]} if live["name"] != "untagged" else {"Env": "prod"}
    after["rules"] = [{"port": 0, "note": "", **r} for r in after["rules"]]
    actions = ("no-op",) if after == live else ("update",)
    unknown = {} if after == live else {"arn": True}
    return ResourceChange(address, Change(actions, live, after, unknown, importing={"id": live["id"]}), type="box")


def _given(block: Block) -> dict[str, Any]:
    scope = module_scope([])
    given: dict[str, Any] = {n: constant(a.value, scope) for n, a in block.body.attributes.items()}
    for inner in block.body.blocks:
        arguments = {n: constant(a.value, scope) for n, a in inner.body.attributes.items() if n != "ignore_changes"}
        if inner.type == "lifecycle":
            items = inner.body.attributes["ignore_changes"].value.items  # type: ignore[union-attr]
            given["lifecycle"] = [item.name for item in items]  # type: ignore[union-attr]
        else:
            given.setdefault(inner.type, []).append(arguments)
    return given

"""What a repo would call a new resource, and in which file it would put it: judged by what stands there already."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from driftgate.discover.module import Module, SourceFile
from driftgate.remediate.place import is_editable

_NAMING = (
    "name bucket function_name identifier cluster_identifier db_name alarm_name key_name table_name repository "
    "dashboard_name domain_name group_name role user family"
)
"""The arguments that hold an object's own name, the best first; its `Name` tag comes before all of them."""
_GENERIC = frozenset({"this", "main", "default"})


Known = Sequence[tuple[str, str, Mapping[str, Any]]]
"""The resources of a unit's state: type, name, attributes."""


def resource_name(type: str, called: str, module: Module, known: Known, *, also: Collection[str] = ()) -> str:
    """A name for a resource whose object is `called` so, in the module's own way; not taken there, nor in `also`.

    What the objects in `known` have in front of their resources' names (`acme-` in `acme-assets` for `assets`) is left
    out here too.
    """
    blocks = [block.labels for _, block in module.blocks("resource") if len(block.labels) == 2]
    own, every = {name for kind, name in blocks if kind == type}, {name for _, name in blocks}
    taken = {*own, *also}
    if not taken and len(every) == 1 and every <= _GENERIC:
        return every.pop()
    return _free(_spelled(called, _prefix(type, known), own or every), taken)


def own_name(live: Mapping[str, Any], id: str) -> str:
    """What people call the object."""
    tags = live.get("tags")
    tag = tags.get("Name") if isinstance(tags, dict) else None
    named = next((live[key] for key in _NAMING.split() if isinstance(live.get(key), str) and live[key]), None)
    return str(tag or named or id)


def _spelled(name: str, prefix: str, habits: Collection[str]) -> str:
    bare = name[len(prefix) :] if prefix and name.startswith(prefix) and len(name) > len(prefix) else name
    words = [word.lower() for word in re.split(r"[^A-Za-z0-9]+", bare) if word] or ["adopted"]
    dashes, lines = (sum(mark in habit for habit in habits) for mark in "-_")
    found = ("-" if dashes > lines else "_").join(words)
    return found if not found[0].isdigit() else f"_{found}"


def _free(name: str, taken: Collection[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _prefix(type: str, known: Known) -> str:
    """What most objects' names have in front of the resource's name: those of the type, else all."""
    pairs = [(kind, name, own_name(attributes, "")) for kind, name, attributes in known]
    for chosen in ([p for p in pairs if p[0] == type], pairs):
        found = Counter(_in_front(name, called) for _, name, called in chosen)
        if found:
            prefix, count = found.most_common(1)[0]
            return prefix if prefix and count * 2 > sum(found.values()) else ""
    return ""


def _in_front(name: str, called: str) -> str:
    """`acme-` for the resource `web_assets` of the object `acme-web-assets`."""
    tail = called[-len(name) :]
    same = tail.replace("-", "_").lower() == name.replace("-", "_").lower()
    return called[: -len(name)] if same else ""


def file_for(module: Module, type: str) -> str:
    """Where resources of that type stand; else those of the same service; else `main.tf`."""
    files = [file for file in module.files if is_editable(file)]
    service = "_".join(type.split("_")[:2])
    for alike in (type, f"{service}_"):
        counts = Counter({file.path: _holds(file, alike) for file in files})
        best, count = counts.most_common(1)[0] if counts else ("", 0)
        if count:
            return best
    return str(PurePosixPath(module.path, "main.tf"))


def _holds(file: SourceFile, type: str) -> int:
    return sum(
        block.labels[:1] == (type,) or (type.endswith("_") and bool(block.labels) and block.labels[0].startswith(type))
        for block in file.body.blocks_of("resource")
    )

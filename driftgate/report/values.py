"""How values look to people: short, on one line, and two of them as what was added, removed or changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from driftgate.finding import Mark
from driftgate.report.text import clean, clip
from driftgate.safety.redact import CHANGED, MASK
from driftgate.safety.shapes import json_tree

SIDE = 80
_LINES = 6
_EMPTY: tuple[object, ...] = (None, "", (), [], {}, False, Mark.ABSENT)
_OPEN_WORLD = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "security_groups", "prefix_list_ids")


def show(value: object, width: int = SIDE) -> str:
    """`value` in at most `width` columns as Terraform would spell it; masks and marks in words."""
    return clip(_spell(value), width)


def _spell(value: object) -> str:
    if value is Mark.ABSENT:
        return "(absent)"
    if value is Mark.UNKNOWN:
        return "(known after apply)"
    if isinstance(value, str):
        return value if value in (MASK, CHANGED) else f'"{_escaped(value)}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{clean(str(key))} = {_spell(value[key])}' for key in sorted(value, key=str))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_spell, value))}]"
    return json.dumps(value) if value is None or isinstance(value, bool) else clean(str(value))


def _escaped(text: str) -> str:
    return clean(text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t"))


def changed_parts(was: object, now: object) -> tuple[str, ...]:
    """Lines `+ element`, `− element` or `key: was → is` for two arrays, objects or JSON texts; nothing for all else.

    At most six lines, the last of more saying how many there are.
    """
    lines = list(_parts(_structure(was), _structure(now), ""))
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"… {len(lines) - _LINES + 1} more"]
    return tuple(lines)


def _structure(value: object) -> object:
    tree = json_tree(value) if isinstance(value, str) else None
    return value if tree is None else tree


def _parts(was: object, now: object, at: str) -> Iterator[str]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted(was.keys() | now.keys(), key=str):
            yield from _entry(was.get(key, Mark.ABSENT), now.get(key, Mark.ABSENT), f"{at}.{key}" if at else str(key))
    elif isinstance(was, list | tuple) and isinstance(now, list | tuple):
        yield from _elements(was, now, at)


def _entry(was: object, now: object, at: str) -> Iterator[str]:
    if _key(was) == _key(now):
        return
    nested = list(_parts(_structure(was), _structure(now), at))
    if nested:
        yield from nested
    elif was is Mark.ABSENT:
        yield f"+ {clean(at)} = {show(now, SIDE // 2)}"
    elif now is Mark.ABSENT:
        yield f"− {clean(at)} = {show(was, SIDE // 2)}"
    else:
        yield f"{clean(at)}: {show(was, SIDE // 2)} → {show(now, SIDE // 2)}"


def _elements(was: Sequence[object], now: Sequence[object], at: str) -> Iterator[str]:
    left, right = list(map(_key, was)), list(map(_key, now))
    removed = [value for value, key in zip(was, left, strict=True) if key not in set(right)]
    added = [value for value, key in zip(now, right, strict=True) if key not in set(left)]
    if len(removed) == len(added) == 1 and all(isinstance(side[0], Mapping) for side in (removed, added)):
        where = f"{at}[{was.index(removed[0])}]"
        changed = list(_parts(removed[0], added[0], where if len(was) > 1 or at else ""))
        if len(changed) <= 2 and not _rule(removed[0]):
            yield from changed
            return
    label = f"{clean(at)} " if at else ""
    for value in removed:
        yield clip(f"− {label}{_short(value)}", SIDE)
    for value in added:
        yield clip(f"+ {label}{_short(value)}", SIDE)
    if not removed and not added and left != right:
        yield f"{label}same elements, {'other order' if sorted(left) == sorted(right) else 'other number of copies'}"


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _short(value: object) -> str:
    """An array element in a few words: a firewall rule as `tcp 22 0.0.0.0/0`, an object by its filled attributes."""
    if not isinstance(value, Mapping):
        return _spell(value)
    rule = _rule(value)
    if rule:
        return rule
    filled = {key: item for key, item in value.items() if item not in _EMPTY}
    return ", ".join(f"{clean(str(key))} = {_spell(filled[key])}" for key in sorted(filled, key=str)) or "{}"


def _rule(value: object) -> str:
    if not isinstance(value, Mapping) or not {"from_port", "to_port"} <= value.keys():
        return ""
    protocol = str(value.get("protocol", value.get("ip_protocol", "")))
    low, high = value["from_port"], value["to_port"]
    ports = str(low) if low == high else f"{low}-{high}"
    peers = [clean(str(peer)) for name in _OPEN_WORLD for peer in _listed(value.get(name))]
    peers += ["self"] if value.get("self") else []
    words = ["all"] if protocol in ("-1", "all") else [clean(protocol), ports]
    return " ".join([*words, ", ".join(peers) or "(no peer)"])


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [] if value in _EMPTY else [value]

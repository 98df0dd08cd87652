"""Paths into JSON values, spelled as findings and diffs spell attributes, and when two values are the same."""

from __future__ import annotations

import re

Steps = tuple[str | int, ...]
"""From the outside in: attribute names or map keys, and list indexes."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_STEP = re.compile(r'\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+)\]|\.?(?P<name>[^.\[\]]+)')


def spell(steps: Steps) -> str:
    """The path as findings spell it: `tags.Name`, `tags["a.b"]`, `rule[0].status`."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.match(step):
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def read_steps(text: str) -> Steps:
    """The steps of a path or reference, the inverse of `spell`; also reads Terraform's `a.0.b` as names."""
    return tuple(_step(match) for match in _STEP.finditer(text))


def _step(match: re.Match[str]) -> str | int:
    if match["index"] is not None:
        return int(match["index"])
    if match["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", match["quoted"])
    return match["name"]


def same(left: object, right: object) -> bool:
    """Whether two JSON values are the same, keeping `true` and 1 apart, which `==` does not."""
    if left != right:
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool)

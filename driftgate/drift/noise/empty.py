"""null, "", {} and [] are one value: providers may record any of them for nothing. (driftctl#327)"""

from __future__ import annotations


def canonical(value: object) -> object:
    """`value` with every empty text, map and list turned to None, and map members that are None left out."""
    if isinstance(value, dict):
        members = {key: canonical(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value] or None
    return None if value == "" else value

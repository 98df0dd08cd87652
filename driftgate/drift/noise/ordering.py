"""Arrays that hold the same elements in another order."""

from __future__ import annotations

import json


def canonical(value: object) -> object:
    """`value` with every array sorted."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return sorted((canonical(item) for item in value), key=_text)
    return value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)

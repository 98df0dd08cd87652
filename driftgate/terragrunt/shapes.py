"""Settings in the shape that a rule needs; what is not set, not known or of another shape counts as empty."""

from __future__ import annotations

from collections.abc import Mapping


def as_mapping(value: object) -> Mapping[str, object]:
    """A map as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """A list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []

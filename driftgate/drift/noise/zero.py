"""An unset number or switch reads back as 0 or false.

Providers on the old SDK cannot tell null from the zero value, so an apply records null where the next refresh
reads 0 or false (seen: aws 5.100, `cors_rule[0].max_age_seconds`, `rule[0].bucket_key_enabled`).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

# Where null means "all" or "any" and 0 is a value of its own.
DISTINCT = ("*port*", "*icmp*", "*protocol*")


def canonical(value: object) -> object:
    """`value` with 0 and false turned to None, and map members that are None left out."""
    if isinstance(value, dict):
        members = {key: item if _distinct(key) else canonical(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not None}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return None if isinstance(value, int | float) and not value else value


def applies(name: str) -> bool:
    """Whether zero may stand for null in an attribute of that name."""
    return not _distinct(name)


def _distinct(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in DISTINCT)

"""What of a finding may be shown where others read along: addresses and attribute names, values by allow-list only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from driftgate.finding import Mark
from driftgate.report.text import clip, clip_middle
from driftgate.safety.redact import CHANGED, MASK

# Kinds of attributes whose values help in a review and hold no secrets: tags, sizes, ports, ranges, states.
_PUBLIC = re.compile(
    r"^(?:tags|tags_all|labels)\b|(?:^|[._])(?:status|state|enabled|disabled|size|type|class|tier|sku|capacity|count|min|max"
    r"|port|ports|protocol|cidr|cidr_blocks?|cidr_ipv[46]|ingress|egress|retention|days|period|timeout|memory|version|engine"
    r"|mode|mutability|region|zone|storage|iops|throughput|limit|http_tokens|acl|visibility|public)(?:_\w*(?:days|size|limit|count))?"
    r"(?:\[\d+\])?$"
)


class Changed(Protocol):
    """A value at `path` that is another one now: `values` before and after, and how they look (`view.AttributeRow`)."""

    @property
    def path(self) -> str: ...
    @property
    def values(self) -> tuple[object, object]: ...
    @property
    def sensitive(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def was(self) -> str: ...
    @property
    def now(self) -> str: ...
    @property
    def parts(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Change:
    """An attribute as a review shows it: `text` has values, or with `is_prose` says in words what happened to them."""

    path: str
    text: str
    is_prose: bool


def public_change(attribute: Changed, show_values: Sequence[str] = ()) -> Change:
    """`was → is` where the allow-list or a pattern of `show_values` lets values be shown, else why it matters, else
    only that it changed. A masked value stays masked whatever the patterns say."""
    path = clip_middle(attribute.path, 60)
    if attribute.sensitive or MASK[:-1] in attribute.was + attribute.now:
        return Change(path, CHANGED, is_prose=True)
    if not _may_show(attribute, show_values):
        return Change(path, clip(attribute.reason, 100) or "changed", is_prose=True)
    shown = clip("; ".join(attribute.parts), 160) or f"{attribute.was} → {attribute.now}"
    return Change(path, shown, is_prose=False)


def _may_show(attribute: Changed, show_values: Sequence[str]) -> bool:
    harmless = all(value is None or isinstance(value, bool | int | float | Mark) for value in attribute.values)
    return (
        harmless
        or bool(_PUBLIC.search(attribute.path))
        or any(fnmatchcase(attribute.path, pattern) for pattern in show_values)
    )

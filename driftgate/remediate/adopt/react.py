"""What a plan says about a shape: which arguments have to be written after all, which the provider does not take."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from driftgate.remediate.adopt.shape import ADDED_UP, Level, Shape
from driftgate.remediate.recorded import causes, differing
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Change

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_EXCLUDES = re.compile(r"conflict|only one of|cannot be (specified|set|used) (together )?(with|when)", re.IGNORECASE)
_REQUIRES = re.compile(r"must be (specified|set|configured)|required|missing|at least one of", re.IGNORECASE)
_KEPT_ELSEWHERE = "needs {}, a secret, which belongs in no file"


def on_change(shape: Shape, change: Change) -> str:
    """Write more of whatever the plan would change. Returns why the object cannot be kept as it is, else ""."""
    names = sorted(name for name in causes(change) if name != ADDED_UP and _is_writable(shape, name))
    if [name for name in names if shape.climb(name)]:
        return ""
    if names:
        return f"the plan would change {', '.join(names)}, whatever the code says"
    if ADDED_UP in differing(change):
        tags = _added(change.before.get(ADDED_UP) or {}, (change.after or {}).get(ADDED_UP) or {})
        return f"the provider's default_tags would change its tags: {tags}"
    return f"the plan would change {', '.join(sorted(differing(change)))}"


def on_error(shape: Shape, error: Diagnostic, at: str) -> str:
    """Mend what the provider does not take; `at` is the argument it points to, "" where it names none.

    Returns why it cannot be mended, else "".
    """
    said = f"{error.summary} {error.detail}"
    named = _named(shape, said)
    if shape.moved.intersection(named):
        return ""  # another error of the same plan, about the same thing
    if _EXCLUDES.search(said):
        return _exclude(shape, [name for name in named if shape.written(name)], said)
    if _REQUIRES.search(said):
        secret = next((name for name in named if _is_secret(shape, name)), None)
        risen = [name for name in named if not shape.written(name) and shape.has_value(name) and shape.climb(name)]
        if risen or (shape.levels.get(at) is Level.LEAN and shape.climb(at)):
            return ""
        if secret is not None:
            return _KEPT_ELSEWHERE.format(secret)
    if at and shape.written(at):
        shape.refuse(at)
        return ""
    return f"{error.summary} {error.detail}".strip()


def _exclude(shape: Shape, present: Sequence[str], said: str) -> str:
    """Of arguments that exclude each other the one that is needed stays, else the one with the shortest name."""
    if len(present) < 2:
        return said
    kept = min(present, key=lambda name: (not _is_required(shape, name), len(name), name))
    for name in present:
        if name != kept:
            shape.refuse(name)
    return ""


def _named(shape: Shape, said: str) -> list[str]:
    known: Collection[str] = shape.schema.attributes.keys() | shape.schema.block_types.keys()
    return sorted({word for word in _WORD.findall(said) if word in known})


def _is_required(shape: Shape, name: str) -> bool:
    argument = shape.argument(name)
    return argument is not None and argument.required


def _is_writable(shape: Shape, name: str) -> bool:
    argument = shape.argument(name)
    return argument is None or argument.writable


def _is_secret(shape: Shape, name: str) -> bool:
    argument = shape.argument(name)
    return argument is not None and argument.sensitive


def _added(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {before.get(key)!r} → {after.get(key)!r}"
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )

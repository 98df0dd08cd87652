"""Reads AWS policy JSON as single permissions and says which were gained and which lost. The one place that does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from driftgate.drift.severity.facts import blocks
from driftgate.drift.severity.reading import texts

# A document of more single permissions than this is not compared (AWS allows some 20 kB of text).
LIMIT = 20_000


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One action on one resource for one principal; `*` and `?` are wildcards.

    `principal` is "" in an identity policy, `*` for everybody, else `Kind:name`. `condition` is canonical JSON, "" for
    none. What `NotAction`, `NotResource` and `NotPrincipal` leave open is read as `*`.
    """

    principal: str
    action: str
    resource: str
    condition: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What a document allows and denies."""

    allows: frozenset[Permission] = frozenset()
    denies: frozenset[Permission] = frozenset()


def read_policy(document: object) -> Policy | None:
    """The policy in JSON text or its decoded object; empty for an empty text, None for what is not a policy."""
    if document == "":
        return Policy()
    content = _decode(document)
    if not isinstance(content, Mapping) or not blocks(content.get("Statement")):
        return None
    sides: dict[str, frozenset[Permission]] = {}
    for effect in ("allow", "deny"):
        statements = [s for s in blocks(content["Statement"]) if str(s.get("Effect"))[:5].lower() == effect]
        found = frozenset(islice((p for s in statements for p in _permissions(s)), LIMIT + 1))
        if len(found) > LIMIT:
            return None
        sides[effect] = found
    return Policy(sides["allow"], sides["deny"])


def read_bindings(document: object) -> frozenset[tuple[str, str]] | None:
    """The (role, member) pairs of a Google IAM policy in JSON; None for what is not one."""
    content = {} if document == "" else _decode(document)
    if not isinstance(content, Mapping):
        return None
    bindings = [b for b in blocks(content.get("bindings")) if isinstance(b.get("role"), str)]
    return frozenset((b["role"], member) for b in bindings for member in texts(b.get("members")))


def gained(after: frozenset[Permission], before: frozenset[Permission]) -> list[Permission]:
    """The permissions of `after` that no permission of `before` includes, sorted."""
    new, old = after - before, sorted(before)
    if len(new) * len(old) > LIMIT * 50:
        return sorted(new)
    return sorted(p for p in new if not any(_includes(o, p) for o in old))


def includes(pattern: str, text: str) -> bool:
    """Whether the pattern matches all that `text`, itself a pattern, does. Greedy, so linear in practice."""
    at = star = mark = 0
    position, found = 0, False
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            found, star, mark, at = True, at, position, at + 1
        elif at < len(pattern) and (pattern[at] == text[position] or (pattern[at] == "?" and text[position] != "*")):
            at, position = at + 1, position + 1
        elif found:
            mark += 1
            at, position = star + 1, mark
        else:
            return False
    return all(rest == "*" for rest in pattern[at:])


def _includes(wide: Permission, narrow: Permission) -> bool:
    return (
        wide.condition in ("", narrow.condition)
        and wide.principal in ("*", narrow.principal)
        and includes(wide.action, narrow.action)
        and includes(wide.resource, narrow.resource)
    )


def _decode(document: object) -> object:
    if not isinstance(document, str):
        return document
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return None


def _permissions(statement: Mapping[str, Any]) -> Iterator[Permission]:
    actions = {a.lower() for a in _named(statement, "Action")}
    condition = statement.get("Condition")
    canonical = json.dumps(condition, sort_keys=True, default=str) if condition else ""
    for principal, action, resource in product(_principals(statement), actions, _named(statement, "Resource")):
        yield Permission(principal, action, resource, canonical)


def _named(statement: Mapping[str, Any], key: str) -> Iterable[str]:
    """The patterns under `Action` or `Resource`; a trust policy has no resource, so it is about everything there."""
    return texts(statement.get(key)) if key in statement else {"*"}


def _principals(statement: Mapping[str, Any]) -> set[str]:
    if "NotPrincipal" in statement:
        return {"*"}
    found = statement.get("Principal", "")
    if not isinstance(found, Mapping):
        return {"*" if found == "*" else f"AWS:{found}" if found else ""}
    names = {(kind, name) for kind, value in found.items() for name in texts(value)}
    return {"*" if name == "*" else f"{kind}:{name}" for kind, name in names}

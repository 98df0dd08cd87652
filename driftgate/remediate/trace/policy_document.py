"""`aws_iam_policy_document`: its blocks as the JSON that it gives, and the JSON of a policy as such blocks.

Rule: registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from driftgate.hcl.ast import Body, Expr
from driftgate.hcl.values import Unknown, first_unknown

TYPE: Final = "aws_iam_policy_document"
COMBINING: Final = frozenset(("override_json", "override_policy_documents", "source_json", "source_policy_documents"))
DEFAULTS: Final[Mapping[str, Any]] = {"effect": "Allow"}
_LISTS: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_PRINCIPALS: Final = {"principals": "Principal", "not_principals": "NotPrincipal"}


def statements(policy: object) -> list[dict[str, Any]] | None:
    """The statements of a policy as blocks have them; None for what is no policy."""
    found = policy.get("Statement") if isinstance(policy, dict) else None
    several = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in several):
        return None
    return [dict(_block(one)) for one in several if isinstance(one, dict)]


def _block(statement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if statement.get("Sid"):
        yield "sid", statement["Sid"]
    yield "effect", statement.get("Effect", "Allow")
    for name, key in _LISTS.items():
        if key in statement:
            yield name, [_escaped(item) for item in _listed(statement[key])]
    for name, key in _PRINCIPALS.items():
        if key in statement:
            who = statement[key] if isinstance(statement[key], dict) else {"*": statement[key]}
            yield name, [{"type": kind, "identifiers": _listed(ids)} for kind, ids in sorted(who.items())]
    conditions = [
        {"test": test, "variable": variable, "values": [_escaped(value) for value in _listed(values)]}
        for test, pairs in sorted(statement.get("Condition", {}).items())
        for variable, values in sorted(pairs.items())
    ]
    if conditions:
        yield "condition", conditions


def rendered(body: Body, evaluate: Callable[[Expr], object]) -> str | None:
    """A text that stands for the document: another one as soon as it gives another policy. None: that is not known."""
    plain = _plain(body, evaluate)
    return None if first_unknown(plain) is not None or _is_dynamic(body) else json.dumps(plain, sort_keys=True)


def sketched(body: Body, evaluate: Callable[[Expr], object]) -> str:
    """The same of a document that is known only in part."""
    return repr(_reasons(_plain(body, evaluate)))


def _plain(body: Body, evaluate: Callable[[Expr], object]) -> dict[str, object]:
    found: dict[str, object] = {name: evaluate(attribute.value) for name, attribute in body.attributes.items()}
    for block in body.blocks:
        inner = found.setdefault(block.type, [])
        if isinstance(inner, list):
            inner.append(_plain(block.body, evaluate))
    return found


def _reasons(value: object) -> object:
    if isinstance(value, dict):
        return {name: _reasons(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_reasons(item) for item in value]
    return value.reason if isinstance(value, Unknown) else value


def _is_dynamic(body: Body) -> bool:
    return any(block.type == "dynamic" or _is_dynamic(block.body) for block in body.blocks)


def _listed(value: object) -> list[Any]:
    return [*value] if isinstance(value, list) else [value]


def _escaped(value: object) -> object:
    """A policy variable `${aws:username}` is written `&{aws:username}`."""
    return value.replace("${", "&{") if isinstance(value, str) else value

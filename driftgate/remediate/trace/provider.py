"""Which provider block a resource has, and the `default_tags` that it gives: its own, or its callers'.

Rule: developer.hashicorp.com/terraform/language/modules/develop/providers.
"""

from __future__ import annotations

from driftgate.hcl.ast import Block, Body, Expr, GetAttr, Name, Object, Template
from driftgate.remediate.trace.site import At, Names, Site


def default_tags(site: Names, kind: str, body: Body) -> tuple[At, Expr] | None:
    """Where the tags stand that the provider of a resource of type `kind` adds; None where it adds none."""
    name = _spelled(body.attributes["provider"].value) if "provider" in body.attributes else kind.split("_")[0]
    found = _provider(site, name)
    if found is None:
        return None
    at, provider = found
    for block in provider.body.blocks_of("default_tags"):
        if "tags" in block.body.attributes:
            return at, block.body.attributes["tags"].value
    return None


def _provider(site: Names, name: str) -> tuple[At, Block] | None:
    """The block of the provider `aws`, or `aws.alias`, as a module knows it."""
    if not isinstance(site, Site):
        return None
    plain, _, alias = name.partition(".")
    for file, block in reversed(site.blocks("provider", labels=(plain,))):
        named = block.body.attributes.get("alias")
        if (_spelled(named.value) if named is not None else "") == alias:
            return At(site, file, site.scope), block
    if site.call is None:
        return None
    place, call = site.call
    passed = call.body.attributes.get("providers")
    if passed is not None and isinstance(passed.value, Object):
        names = {_spelled(key): _spelled(value) for key, value in passed.value.items}
        return _provider(place.site, names[name]) if name in names else None
    return None if alias else _provider(place.site, name)


def _spelled(expr: Expr) -> str:
    match expr:
        case Name(name):
            return name
        case GetAttr(Name(name), alias):
            return f"{name}.{alias}"
        case Template():
            return expr.text or ""
    return ""

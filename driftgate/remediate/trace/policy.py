"""A policy that is live against the `aws_iam_policy_document` that gives it: statement by statement."""

from __future__ import annotations

import json

from driftgate.attribute_path import Steps
from driftgate.hcl.ast import Block
from driftgate.remediate.trace.body import blocks_change, body_change
from driftgate.remediate.trace.nested_blocks import entries, match
from driftgate.remediate.trace.policy_document import COMBINING, DEFAULTS, TYPE, statements
from driftgate.remediate.trace.site import At, CannotTraceError, Key, Site
from driftgate.remediate.trace.wanted import Change, Wanted, together


def policy_change(site: Site, path: Steps, wanted: Wanted) -> Change:
    """The change of the document at `path` (type, name, maybe key, "json") that makes it give the JSON that is wanted.

    Raises CannotTraceError, also where its statements cannot be paired with those that are live.
    """
    at, block = _document(site, path)
    try:
        policy = json.loads(wanted.value) if isinstance(wanted.value, str) and not wanted.steps else None
    except ValueError:
        policy = None
    live = statements(policy)
    if live is None:
        raise CannotTraceError("the live value is no policy")
    trail = f"data.{TYPE}.{block.labels[1]}"
    inner = wanted.down(steps=("statement",), value=live, trail=trail)
    changes = _heads(at, block, policy, inner)
    found = entries(at, block.body, "statement")
    matched = match(found, live, DEFAULTS)
    if matched.gone and matched.new:
        raise CannotTraceError(f"the statements of {trail} cannot be paired with those that are live")
    changes.append(blocks_change(at, block.body, found, inner, DEFAULTS))
    return together([one for one in changes if one.edits] or changes[:1])


def _document(site: Site, path: Steps) -> tuple[At, Block]:
    name, *rest = path[1:]
    found = site.blocks("data", labels=(TYPE, str(name)))
    if not found or rest[-1:] not in (["json"], ["minified_json"]):
        raise CannotTraceError(f"the code has no data.{TYPE}.{name}")
    file, block = found[-1]
    if COMBINING & block.body.attributes.keys():
        raise CannotTraceError(f"data.{TYPE}.{name} is made of other documents")
    key: Key = rest[0] if len(rest) > 1 else None
    return site.at(file, block.body, key), block


def _heads(at: At, block: Block, policy: object, wanted: Wanted) -> list[Change]:
    """The version and the id of the policy."""
    changes = []
    for name, key, default in (("version", "Version", "2012-10-17"), ("policy_id", "Id", None)):
        attribute = block.body.attributes.get(name)
        old = at.value(attribute.value) if attribute is not None else default
        new = policy.get(key, old) if isinstance(policy, dict) else old
        if isinstance(old, str | None) and new != old:
            changes.append(body_change(at, block.body, wanted.down(steps=(name,), value=new)))
    return changes

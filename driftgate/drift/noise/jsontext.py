"""Texts that hold the same JSON document: formatting, key order and, in IAM policies, what IAM itself rewrites.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html (a list of one may be
written without brackets, lists are sets, an account id stands for its root) and what GetPolicy returns.
"""

from __future__ import annotations

import json
import re

_ACCOUNT_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root\Z")


def canonical(value: object) -> object:
    """`value` with every text that is a JSON object or array turned to one spelling of it."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return _document(value) if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value


def _document(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(document, dict) and "Statement" in document:
        document = _policy(document)
    return json.dumps(document, sort_keys=True)


def _policy(document: dict[str, object]) -> dict[str, object]:
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": sorted((_statement(item) for item in listed), key=_text)}


def _statement(statement: object) -> object:
    if not isinstance(statement, dict):
        return statement
    return {key: _as_set(key, value) for key, value in statement.items() if (key, value) != ("Sid", "")}


def _as_set(key: str, value: object) -> object:
    """Lists sorted, without repeats, and unwrapped when they hold one; maps (Principal, Condition) all the way down."""
    if isinstance(value, dict):
        return {inner: _as_set(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        unique = sorted({_text(_as_set(key, item)): _as_set(key, item) for item in value}.items())
        return unique[0][1] if len(unique) == 1 else [item for _, item in unique]
    if key == "AWS" and isinstance(value, str):
        return _ACCOUNT_ROOT.sub(r"\1", value)
    return value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)

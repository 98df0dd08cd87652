"""A configuration as text: JSON as `terragrunt render --json` prints it, or HCL. Unknown parts say why."""

from __future__ import annotations

import json

from driftgate.hcl.source import source_of
from driftgate.hcl.values import Unknown, check_size
from driftgate.terragrunt.config import Config
from driftgate.terragrunt.view import as_object


def rendered(config: Config) -> dict[str, object]:
    """The merged configuration as plain JSON values. Raises EvaluationError."""
    document = plain(as_object(config, merged=True))
    assert isinstance(document, dict)
    return document


def plain(value: object) -> object:
    """A value as JSON has it, keys sorted; something unknown becomes a text that says why. Raises EvaluationError."""
    check_size(value)
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Unknown):
        return f"(unknown: {value.reason})"
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    return [_plain(element) for element in value] if isinstance(value, list) else value


def to_json(document: object) -> str:
    """The document as JSON."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def to_hcl(document: dict[str, object]) -> str:
    """The document as HCL arguments, those that are not set left out."""
    shown = {name: value for name, value in document.items() if value not in (None, "", {}, [])}
    return "".join(f"{name} = {source_of(value)}\n" for name, value in shown.items())

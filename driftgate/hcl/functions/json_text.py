"""`jsonencode` and `jsondecode`, as Go's encoder writes: keys sorted, no spaces, `<`, `>` and `&` escaped."""

from __future__ import annotations

import json
import re

from driftgate.hcl.convert import digits
from driftgate.hcl.functions.parameters import known, string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError

_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029]')
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f"}


def encode(value: object) -> str:
    """The JSON text of a value that is all known."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return digits(value)
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if isinstance(value, list):
        return f"[{','.join(map(encode, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode(name)}:{encode(value[name])}" for name in sorted(value)) + "}"
    raise EvaluationError("this value has no JSON")


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def decode(text: str) -> object:
    """The value of a JSON text. Raises EvaluationError."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"not valid JSON: {error}") from None


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is no JSON number")


FUNCTIONS = {
    "jsondecode": Function(decode, (string,)),
    "jsonencode": Function(encode, (known,), nulls=True),
}

"""`yamlencode` and `yamldecode`, as cty's YAML library reads and writes.

Documented: https://developer.hashicorp.com/terraform/language/functions/yamldecode. The reader knows the scalars of
YAML 1.1, so that `yes` and `on` are true.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from driftgate.hcl.convert import as_text, digits
from driftgate.hcl.functions.parameters import known, string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError, Unknown, check_size

_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0x[0-9a-fA-F]+|0o[0-7]+|[0-9]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_PLAIN = "plain"
_SPECIAL = re.compile('[\x00-\x1f"\\\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\U00010000-\U0010ffff]')
_WIDTH = 80
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r",
    "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_PLAIN_TOO = str.maketrans("", "", '\n"\\')  # what a block needs not escape


def decode(text: str) -> object:
    """The value of a YAML text of one document. Raises EvaluationError."""
    import yaml

    try:
        node = _loader()(text).get_single_node()
        if node is None:
            raise EvaluationError("on line 1, column 1: missing start of document")
        value = _value(node, frozenset())
        check_size(value)
    except yaml.YAMLError as error:
        raise EvaluationError(f"not valid YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise EvaluationError("the YAML is nested too deep") from None
    return value


@lru_cache(maxsize=1)
def _loader() -> Any:
    import yaml

    # Terraform's reader is libyaml in Go; PyYAML's own knows no tabs between values.
    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """A composer that tells a plain scalar from one with a tag of its own."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            if kind is yaml.ScalarNode and implicit[0]:
                return _PLAIN
            return super().resolve(kind, value, implicit)

    return Loader


def _value(node: Any, inside: frozenset[int]) -> object:
    import yaml

    if id(node) in inside:
        raise EvaluationError("an alias refers to what it is in")
    inside |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, inside) for child in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, inside)
    if node.tag == _PLAIN:
        return scalar(node.value)
    if node.tag.startswith("!"):
        raise EvaluationError(f'on line {node.start_mark.line + 1}: unsupported tag "{node.tag}"')
    is_text = node.style is not None or node.tag.rpartition(":")[2] in ("str", "binary")
    return str(node.value) if is_text else scalar(node.value)


def _mapping(node: Any, inside: frozenset[int]) -> dict[str, object]:
    own: dict[str, object] = {}
    merged: dict[str, object] = {}
    for key, child in node.value:
        value = _value(child, inside)
        if key.tag == _PLAIN and key.value == "<<":
            for source in reversed(value if isinstance(value, list) else [value]):
                if isinstance(source, dict):
                    merged.update(source)
        else:
            name = _value(key, inside)
            if isinstance(name, (list, dict)) or name is None:
                raise EvaluationError("only strings are allowed as mapping keys")
            own[str(as_text(name))] = value
    return {**merged, **own}


def scalar(text: str) -> object:
    """What a plain scalar stands for."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else int(text, 0)
    if _FLOAT.fullmatch(text):
        value = float(text)
        if not math.isfinite(value):
            raise EvaluationError("the number is too large")
        return int(value) if value.is_integer() else value
    if text.lower().lstrip("+-") in (".inf", ".nan"):
        raise EvaluationError(f"the number {text} is not supported")
    return f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text


def encode(value: object) -> str:
    """The YAML text of a value, in the block style that Terraform writes. Raises EvaluationError."""
    if isinstance(value, (list, dict)) and value:
        return "\n".join(_block(value, 0)) + "\n"
    if isinstance(value, str) and _is_literal(value):
        return "\n".join(_literal(value)) + "\n"
    if isinstance(value, str):
        return "\n".join(_folded(value, 0, 0)) + "\n"
    if isinstance(value, (list, dict)):
        return _inline(value) + "\n"
    return f"{_inline(value)}\n...\n"


def _block(value: object, column: int) -> list[str]:
    """The lines of a list or map whose own begin in that column."""
    lines: list[str] = []
    if isinstance(value, dict):
        for name in sorted(value):
            lines += _entry(f"{_quoted(name)}:", value[name], column)
    elif isinstance(value, list):
        for element in value:
            if isinstance(element, (list, dict)) and element:
                inner = _block(element, column + 2)
                lines += [f"- {inner[0]}", *_indented(inner[1:])]
            else:
                lines += _entry("-", element, column)
    return lines


def _entry(head: str, value: object, column: int) -> list[str]:
    if isinstance(value, dict) and value:
        return [head, *_indented(_block(value, column + 2))]
    if isinstance(value, list) and value:
        return [head, *_block(value, column)]
    if isinstance(value, str) and _is_literal(value):
        mark, *body = _literal(value)
        return [f"{head} {mark}", *body]
    if isinstance(value, str):
        first, *rest = _folded(value, column, len(head) + 1)
        return [f"{head} {first}", *rest]
    return [f"{head} {_inline(value)}"]


def _literal(text: str) -> list[str]:
    """A text of several lines as a literal block: its mark and its lines."""
    stripped = text.rstrip("\n")
    trailing = len(text) - len(stripped)
    chomping = "-" if not trailing else "" if trailing == 1 and stripped else "+"
    lines = [*stripped.split("\n"), *[""] * (trailing - 1)]
    return [f"|{'2' if text.startswith((' ', chr(10))) else ''}{chomping}", *_indented(lines)]


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _inline(value: object) -> str:
    if isinstance(value, Unknown):
        raise EvaluationError("part of the value is unknown")
    if isinstance(value, (list, dict)):
        return "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return digits(value)
    return "null" if value is None else "true" if value else "false"


def _quoted(text: str) -> str:
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _folded(text: str, column: int, head: int) -> list[str]:
    """A quoted text behind a head, in lines that end at the first space behind the width, as libyaml breaks them.

    The head begins in that column, the further lines two behind it.
    """
    lines, line, width = [], '"', column + head + 1
    for place, character in enumerate(text):
        single = character == " " and text[place - 1 : place] != " "
        if single and width > _WIDTH and 0 < place < len(text) - 1:
            lines.append(line)
            line = "  \\" if text[place + 1] == " " else "  "
            width = column + len(line)
            continue
        written = _SPECIAL.sub(_escape, character)
        line += written
        width += len(written)
    return [*lines, f'{line}"']


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _ESCAPES.get(match[0]) or (
        f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
    )


def _is_literal(text: str) -> bool:
    """Whether a text of several lines is written as a block: nothing to escape, no space at a line's end."""
    return (
        "\n" in text
        and " \n" not in text
        and not text.endswith(" ")
        and not _SPECIAL.search(text.translate(_PLAIN_TOO))
    )


FUNCTIONS = {
    "yamldecode": Function(decode, (string,)),
    "yamlencode": Function(encode, (known,), nulls=True),
}

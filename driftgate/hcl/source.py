"""Values as HCL source text, as `terraform fmt` would leave it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TEMPLATE_START = re.compile(r"([$%])\{")
_LONGEST_LIST = 80


def source_of(value: object, indent: str = "") -> str:
    """The source of a JSON-like `value`; lines after the first begin with `indent` (the line's own indent).

    Raises TypeError for what HCL has no literal for.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list | tuple):
        return _list([source_of(item, indent + "  ") for item in value], indent)
    if isinstance(value, Mapping):
        return _object({key_source(str(k)): source_of(v, indent + "  ") for k, v in value.items()}, indent)
    raise TypeError(f"{type(value).__name__} has no literal in HCL")


def quoted(text: str) -> str:
    """A quoted string; `${` and `%{` in it stay text."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """The inside of a quoted string that means `text`."""
    return _TEMPLATE_START.sub(r"\1\1{", "".join(map(_character, text)))


def _character(c: str) -> str:
    if c in _ESCAPES:
        return _ESCAPES[c]
    if c.isprintable() or c == " ":
        return c
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def key_source(key: str) -> str:
    """An object key: a bare word where it can be one."""
    return key if _IDENTIFIER.fullmatch(key) else quoted(key)


def number(value: int | float) -> str:
    """A number in HCL's notation: no exponent, no `.0`."""
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0")


def _list(items: list[str], indent: str) -> str:
    inline = f"[{', '.join(items)}]"
    if len(inline) <= _LONGEST_LIST and "\n" not in inline:
        return inline
    return "[\n" + "".join(f"{indent}  {item},\n" for item in items) + f"{indent}]"


def _object(items: dict[str, str], indent: str) -> str:
    """Keys of neighbouring one-line values are aligned, as fmt does."""
    if not items:
        return "{}"
    widths = _widths(items)
    lines = [f"{indent}  {key:<{widths[key]}} = {value}\n" for key, value in items.items()]
    return "{\n" + "".join(lines) + f"{indent}}}"


def _widths(items: dict[str, str]) -> dict[str, int]:
    widths: dict[str, int] = {}
    chain: list[str] = []
    for key, value in [*items.items(), ("", "\n")]:
        if "\n" in value:
            widths |= dict.fromkeys(chain, max(map(len, chain), default=0)) | {key: len(key)}
            chain = []
        else:
            chain.append(key)
    return widths

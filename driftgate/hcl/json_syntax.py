"""HCL's JSON syntax (`*.tf.json`) to the same tree as the native one, with the same exact spans.

Rules: https://github.com/hashicorp/hcl/blob/main/json/spec.md. JSON cannot tell blocks from arguments, so the table
here names Terraform's own block types; a provider's nested blocks are seen as arguments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from driftgate.hcl.ast import Attribute, Block, Body, Expr, Literal, Object, Template, Tuple
from driftgate.hcl.error import HclError
from driftgate.hcl.expression import number
from driftgate.hcl.parse import parse_template
from driftgate.hcl.tokens import Tokens

# Which block types stand in a block ("" for the file), and how many labels each takes; below 0 it is one or none.
Blocks = Mapping[str, Mapping[str, int]]
TERRAFORM: Blocks = {
    "": {
        "resource": 2,
        "data": 2,
        "ephemeral": 2,
        "module": 1,
        "variable": 1,
        "output": 1,
        "provider": 1,
        "locals": 0,
        "terraform": 0,
        "moved": 0,
        "import": 0,
        "removed": 0,
        "check": 1,
    },
    "terraform": {
        "backend": 1,
        "state_store": 1,
        "required_providers": 0,
        "cloud": 0,
        "provider_meta": 1,
        "encryption": 0,
    },
    "encryption": {"key_provider": 2, "method": 2, "state": 0, "plan": 0},
    "state": {"fallback": 0},
    "plan": {"fallback": 0},
    "fallback": {"fallback": 0},
    "state_store": {"provider": 1},
    "cloud": {"workspaces": 0},
    "resource": {"lifecycle": 0, "connection": 0, "provisioner": 1},
    "data": {"lifecycle": 0},
    "removed": {"lifecycle": 0, "connection": 0, "provisioner": 1},
    "lifecycle": {"precondition": 0, "postcondition": 0},
    "variable": {"validation": 0},
    "output": {"precondition": 0},
    "check": {"data": 2, "assert": 0},
}
_WORDS = {"true": True, "false": False, "null": None}
_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
      (?P<MARK>[{}\[\],:])
    | (?P<STRING>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
    | (?P<NUMBER>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)
    | (?P<WORD>true|false|null)
    | (?P<EOF>\Z)
    | (?P<BAD>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: str, *, filename: str = "", blocks: Blocks = TERRAFORM) -> Body:
    """The body of a file in HCL's JSON syntax. Raises `HclError` for what is not JSON or not a configuration.

    `blocks` says which names are blocks, by the block that they stand in.
    """
    tokens = _lex(text, filename)
    return _body(tokens, blocks, "", _whole(tokens))


def parse_json_value(text: str, *, filename: str = "") -> Expr:
    """A JSON value with exact spans, its strings as they stand. Raises `HclError` for what is not JSON."""
    return _whole(_lex(text, filename))


def _whole(tokens: Tokens) -> Expr:
    root = _value(tokens)
    if tokens.kinds[tokens.at] != "EOF":
        raise tokens.unexpected("the end of the file")
    return root


def _lex(text: str, filename: str) -> Tokens:
    tokens = Tokens(text, filename)
    for match in _TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        if kind == "BAD":
            raise tokens.error(start, "this is not valid JSON")
        tokens.add(text[start] if kind == "MARK" else kind, start, end)
        if kind == "EOF":
            break
    return tokens


def _value(tokens: Tokens) -> Expr:
    """A JSON value as it stands: a string is one literal part, templates are left for `_expression`."""
    at, kind = tokens.at, tokens.kinds[tokens.at]
    if kind == "{" or kind == "[":
        tokens.deeper()
        result = _object(tokens) if kind == "{" else _array(tokens)
        tokens.depth -= 1
        return result
    tokens.at += 1
    if kind == "STRING":
        return Template((_decoded(tokens.source(at)),), tokens.spans[at])
    if kind == "NUMBER":
        return number(tokens, at)
    if kind == "WORD":
        return Literal(_WORDS[tokens.source(at)], tokens.spans[at])
    tokens.at = at
    raise tokens.unexpected("a JSON value")


def _decoded(source: str) -> str:
    return _SURROGATE.sub("\ufffd", str(json.loads(source))) if "\\" in source else source[1:-1]


def _object(tokens: Tokens) -> Object:
    start = tokens.spans[tokens.at][0]
    tokens.at += 1
    items: list[tuple[Expr, Expr]] = []
    while tokens.kinds[tokens.at] != "}":
        if items:
            tokens.take(",", "between the members of an object")
        if tokens.kinds[tokens.at] != "STRING":
            raise tokens.unexpected("a quoted name")
        key = _value(tokens)
        tokens.take(":", "after the name")
        items.append((key, _value(tokens)))
    tokens.at += 1
    return Object(tuple(items), (start, tokens.spans[tokens.at - 1][1]))


def _array(tokens: Tokens) -> Tuple:
    start = tokens.spans[tokens.at][0]
    tokens.at += 1
    items: list[Expr] = []
    while tokens.kinds[tokens.at] != "]":
        if items:
            tokens.take(",", "between the elements of an array")
        items.append(_value(tokens))
    tokens.at += 1
    return Tuple(tuple(items), (start, tokens.spans[tokens.at - 1][1]))


def _body(tokens: Tokens, table: Blocks, parent: str, value: Expr) -> Body:
    """The body that one object (or several in an array, which count as one) stands for."""
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    types = table.get(parent, {})
    for name, start, member in _members(tokens, value):
        if name == "//":
            continue
        if name in types:
            labels = types[name] if types[name] >= 0 else int(_is_labelled(member))
            blocks.extend(_blocks(tokens, table, name, (), labels, member, start))
        elif name in attributes:
            raise tokens.error(start, f'"{name}" is set a second time', next_step="remove one of them")
        else:
            attributes[name] = Attribute(name, _expression(tokens, member), (start, member.span[1]))
    return Body(attributes, tuple(blocks), value.span)


def _members(tokens: Tokens, value: Expr) -> Iterator[tuple[str, int, Expr]]:
    """Name, its place and value of each member of an object, or of all the objects of an array."""
    for item in value.items if isinstance(value, Tuple) else (value,):
        if not isinstance(item, Object):
            raise tokens.error(item.span[0], "expected a JSON object here")
        for key, member in item.items:
            yield (key.text or "") if isinstance(key, Template) else "", key.span[0], member


def _is_labelled(value: Expr) -> bool:
    """Whether the members of a block that may have a label are its labels, not its settings."""
    objects = value.items if isinstance(value, Tuple) else (value,)
    members = [member for item in objects if isinstance(item, Object) for _, member in item.items]
    return bool(members) and all(isinstance(member, (Object, Tuple)) for member in members)


def _blocks(
    tokens: Tokens, table: Blocks, type_: str, labels: tuple[str, ...], wanted: int, value: Expr, start: int
) -> Iterator[Block]:
    """The blocks a member stands for: a level of objects for each label, then an object or an array of them."""
    if isinstance(value, Literal) and value.value is None:
        return
    if len(labels) < wanted:
        for label, place, member in _members(tokens, value):
            yield from _blocks(tokens, table, type_, (*labels, label), wanted, member, place)
    elif isinstance(value, Tuple):
        for item in value.items:
            yield from _blocks(tokens, table, type_, labels, wanted, item, item.span[0])
    else:
        yield Block(type_, labels, _body(tokens, table, type_, value), (start, value.span[1]))


def _expression(tokens: Tokens, value: Expr) -> Expr:
    """The value with its strings read as templates."""
    if isinstance(value, Tuple):
        return Tuple(tuple(_expression(tokens, item) for item in value.items), value.span)
    if isinstance(value, Object):
        items = tuple((_expression(tokens, key), _expression(tokens, item)) for key, item in value.items)
        return Object(items, value.span)
    if isinstance(value, Template):
        return _template(tokens, value)
    return value


def _template(tokens: Tokens, string: Template) -> Template:
    text = string.text or ""
    if "${" not in text and "%{" not in text:
        return Template((text,) if text else (), string.span)
    start, end = string.span
    places = [start + 1 + match.start() for match in _CHARACTER.finditer(tokens.text[start + 1 : end - 1])]
    places.append(end - 1)
    try:
        parts = parse_template(text, filename=tokens.filename).parts
    except HclError as error:
        raise tokens.error(places[error.offset], error.problem, next_step=error.next_step) from None
    return Template(_moved(parts, places), string.span)


def _moved(value: Any, places: list[int]) -> Any:
    """A value with the spans in it, which count characters of a decoded string, counted in the file."""
    if isinstance(value, tuple):
        return tuple(_moved(item, places) for item in value)
    names = getattr(value, "__dataclass_fields__", ())
    if not names:
        return value
    start, end = value.span
    moved = {name: _moved(getattr(value, name), places) for name in names}
    return type(value)(**{**moved, "span": (places[start], places[end])})

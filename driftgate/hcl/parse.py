"""HCL native syntax to a `Body`: attributes and blocks. Expressions are `expression.py`'s, tokens `lex.py`'s."""

from __future__ import annotations

from functools import lru_cache

from driftgate.hcl.ast import Attribute, Block, Body, Expr, Template, line_column
from driftgate.hcl.error import HclError
from driftgate.hcl.expression import expression, template
from driftgate.hcl.lex import lex, lex_template
from driftgate.hcl.template import quoted_text
from driftgate.hcl.tokens import Tokens

KEPT = 1024
"""So many bodies are kept: whoever patches a file reads it before and after, in the repo and in copies of it."""
LONG = 16_000
"""Characters; the bodies of longer texts are not kept: each takes some twenty times the memory of its text."""
__all__ = ["HclError", "parse", "parse_expression", "parse_template"]


def parse(text: str, *, filename: str = "") -> Body:
    """The body of a file in HCL's native syntax; spans count characters of `text`, line ends as they are.

    Raises `HclError`, which names `filename`, for anything but valid HCL, and for hostile sizes and nesting.
    """
    if len(text) > LONG:
        return _file.__wrapped__(text, filename)
    try:
        return _file(text)
    except HclError:
        return _file.__wrapped__(text, filename)  # raises again, with the name


@lru_cache(maxsize=KEPT)
def _file(text: str, filename: str = "") -> Body:
    tokens = lex(text, filename=filename)
    tokens.skip("NL")
    return _body(tokens, "EOF", text.startswith("\ufeff"))


def parse_expression(text: str, *, filename: str = "") -> Expr:
    """A single expression, in which line ends mean nothing. Raises `HclError`."""
    tokens = lex(text, filename=filename, newlines=False)
    result = expression(tokens)
    if tokens.kinds[tokens.at] != "EOF":
        raise tokens.unexpected("the end of the expression")
    return result


def parse_template(text: str, *, filename: str = "") -> Template:
    """A text that is all template, without quotes, such as a template file or a string of JSON. Raises `HclError`."""
    result = template(lex_template(text, filename=filename))
    return Template(result.parts, (0, len(text)))


def _body(tokens: Tokens, closer: str, start: int) -> Body:
    """Lines of arguments and blocks up to the closer, which is left in place."""
    kinds = tokens.kinds
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    while kinds[tokens.at] != closer:
        if kinds[tokens.at] != "ID":
            raise tokens.unexpected("the name of an argument or block")
        if kinds[tokens.at + 1] == "=":
            _add_attribute(tokens, attributes)
        else:
            blocks.append(_block(tokens))
        if not tokens.skip("NL") and kinds[tokens.at] != "EOF":
            raise tokens.unexpected("the end of the line")
    return Body(attributes, tuple(blocks), (start, tokens.spans[tokens.at][0]))


def _add_attribute(tokens: Tokens, attributes: dict[str, Attribute]) -> None:
    start = tokens.spans[tokens.at][0]
    name = tokens.source(tokens.at)
    tokens.at += 2
    value = expression(tokens)
    if name in attributes:
        line, _ = line_column(tokens.text, attributes[name].span[0])
        raise tokens.error(start, f'"{name}" is set a second time', next_step=f"remove it here or on line {line}")
    attributes[name] = Attribute(name, value, (start, value.span[1]))


def _block(tokens: Tokens) -> Block:
    start = tokens.spans[tokens.at][0]
    type_ = tokens.word("a block type")
    labels: list[str] = []
    while not tokens.skip("{"):
        labels.append(_label(tokens, f'"{{" after "{labels[-1]}"' if labels else f'"=" or "{{" after "{type_}"'))
    tokens.deeper()
    body = _block_body(tokens)
    tokens.depth -= 1
    end = tokens.take("}", "to close the block")
    return Block(type_, tuple(labels), body, (start, end))


def _label(tokens: Tokens, wanted: str) -> str:
    at = tokens.at
    kind = tokens.kinds[at]
    if kind == "ID":
        return tokens.word("a label")
    if kind != "STRING":
        raise tokens.unexpected(wanted)
    tokens.at += 1
    return quoted_text(tokens.source(at)[1:-1])


def _block_body(tokens: Tokens) -> Body:
    """The inside of a block's braces: lines, or on the same line at most one argument."""
    start = tokens.spans[tokens.at - 1][1]
    if tokens.skip("NL"):
        return _body(tokens, "}", start)
    attributes: dict[str, Attribute] = {}
    if tokens.kinds[tokens.at] != "}":
        if tokens.kinds[tokens.at : tokens.at + 2] != ["ID", "="]:
            raise tokens.unexpected("a single argument or a new line")
        _add_attribute(tokens, attributes)
        if tokens.kinds[tokens.at] != "}":
            raise tokens.unexpected('"}" after the single argument of a one-line block')
    return Body(attributes, (), (start, tokens.spans[tokens.at][0]))

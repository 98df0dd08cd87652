"""Tokens to expressions: recursive descent, one function per form of https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md."""

from __future__ import annotations

from collections.abc import Callable
from math import isinf

from driftgate.hcl.ast import (
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    GetAttr,
    Index,
    Literal,
    Name,
    Object,
    Paren,
    Splat,
    Template,
    Tuple,
    Unary,
)
from driftgate.hcl.lex import SPACES
from driftgate.hcl.template import Begin, Mark, Piece, assemble, heredoc_text, quoted_text, unindent
from driftgate.hcl.tokens import Tokens

_BINDING = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_KEYWORDS = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 4000  # int() itself refuses more than 4300


def expression(tokens: Tokens) -> Expr:
    """Parse one whole expression at the tokens' place."""
    at = tokens.at
    single = _SINGLE.get(tokens.kinds[at])
    if single and tokens.kinds[at + 1] in _ENDS:
        return single(tokens)
    tokens.deeper()
    result = _operand(tokens)
    if tokens.kinds[tokens.at] in _BINDING:
        result = _operation(tokens, result)
    if tokens.kinds[tokens.at] == "?":
        result = _conditional(tokens, result)
    tokens.depth -= 1
    return result


def _conditional(tokens: Tokens, condition: Expr) -> Expr:
    tokens.at += 1
    then = expression(tokens)
    tokens.take(":", "between the two results of ?")
    otherwise = expression(tokens)
    return Conditional(condition, then, otherwise, (condition.span[0], otherwise.span[1]))


def _operation(tokens: Tokens, first: Expr) -> Expr:
    """Binary operators by precedence, with stacks of our own: their nesting costs no Python frames."""
    operands, operators = [first], [""]
    while (operator := tokens.kinds[tokens.at]) in _BINDING:
        _reduce(operands, operators, _BINDING[operator])
        operators.append(operator)
        tokens.at += 1
        operands.append(_operand(tokens))
    _reduce(operands, operators, 1)
    return operands[0]


def _reduce(operands: list[Expr], operators: list[str], binding: int) -> None:
    while _BINDING.get(operators[-1], 0) >= binding:
        right, left = operands.pop(), operands.pop()
        operands.append(Binary(operators.pop(), left, right, (left.span[0], right.span[1])))


def _operand(tokens: Tokens) -> Expr:
    form = _FORMS.get(tokens.kinds[tokens.at])
    if form is None:
        raise tokens.unexpected("a value")
    result = form(tokens)
    while step := _STEPS.get(tokens.kinds[tokens.at]):
        result = step(tokens, result)
    return result


def _after_dot(tokens: Tokens, source: Expr) -> GetAttr | Index | Splat:
    start = source.span[0]
    if tokens.kinds[tokens.at + 1] == "*":
        end = tokens.spans[tokens.at + 1][1]
        tokens.at += 2
        steps: list[tuple[str, str | Expr]] = []
        while tokens.kinds[tokens.at] == ".":
            name, end = _name_or_number(tokens)
            steps.append(("attr", name) if isinstance(name, str) else ("index", name))
        return Splat(source, tuple(steps), False, (start, end))
    name, end = _name_or_number(tokens)
    return GetAttr(source, name, (start, end)) if isinstance(name, str) else Index(source, name, (start, end))


def _name_or_number(tokens: Tokens) -> tuple[str | Literal, int]:
    """What follows a dot, and where it ends: a name, or the index of the legacy `.0`."""
    tokens.at += 1
    at = tokens.at
    start, end = tokens.spans[at]
    word = tokens.text[start:end]
    if tokens.kinds[at] == "ID":
        tokens.at += 1
        return word, end
    if tokens.kinds[at] != "NUMBER":
        raise tokens.unexpected('a name after "."')
    if not word.isdigit():
        raise tokens.error(start, f'invalid index ".{word}"', next_step="write indexes in brackets, like [0][1]")
    return _number(tokens), end


def _in_brackets(tokens: Tokens, source: Expr) -> Index | Splat:
    tokens.at += 1
    start = source.span[0]
    if tokens.kinds[tokens.at] == "*":
        tokens.at += 1
        end = tokens.take("]", 'after "[*"')
        return _full_splat(tokens, source, end)
    key = expression(tokens)
    end = tokens.take("]", "after the index")
    return Index(source, key, (start, end))


def _full_splat(tokens: Tokens, source: Expr, end: int) -> Splat:
    """`source[*]` and all that follows it, which HCL does to each element, nested splats included."""
    tokens.deeper()
    steps: list[tuple[str, str | Expr]] = []
    while step := _STEPS.get(tokens.kinds[tokens.at]):
        done = step(tokens, Name("", (end, end)))
        if isinstance(done, GetAttr):
            steps.append(("attr", done.name))
        elif isinstance(done, Index):
            steps.append(("index", done.key))
        else:
            steps.append(("splat", done))
        end = done.span[1]
    tokens.depth -= 1
    return Splat(source, tuple(steps), True, (source.span[0], end))


def _unary(tokens: Tokens) -> Expr:
    at = tokens.at
    tokens.deeper()
    tokens.at += 1
    operand = _operand(tokens)
    tokens.depth -= 1
    return Unary(tokens.kinds[at], operand, (tokens.spans[at][0], operand.span[1]))


def _string(tokens: Tokens) -> Expr:
    at = tokens.at
    tokens.at += 1
    start, end = tokens.spans[at]
    text = quoted_text(tokens.text[start + 1 : end - 1])
    return Template((text,) if text else (), (start, end))


def _number(tokens: Tokens) -> Literal:
    at = tokens.at
    tokens.at += 1
    return number(tokens, at)


def number(tokens: Tokens, at: int) -> Literal:
    """The number that a token spells: an int where it is written as one, else a float."""
    digits = tokens.source(at)
    value: int | float = float(digits)
    if len(digits) > _MAX_DIGITS or isinf(value):
        raise tokens.error(tokens.spans[at][0], "this number is too large to be read")
    return Literal(int(digits) if digits.lstrip("-").isdigit() else value, tokens.spans[at])


def _word(tokens: Tokens) -> Expr:
    at = tokens.at
    tokens.at += 1
    span = tokens.spans[at]
    word = tokens.source(at)
    if tokens.kinds[tokens.at] in ("(", "::"):
        return _call(tokens, word, span[0])
    return Literal(_KEYWORDS[word], span) if word in _KEYWORDS else Name(word, span)


def _call(tokens: Tokens, name: str, start: int) -> Expr:
    while tokens.kinds[tokens.at] == "::":
        tokens.at += 1
        name += "::" + tokens.word('a function name after "::"')
    tokens.take("(", f'after the function name "{name}"')
    args: list[Expr] = []
    expand = False
    while tokens.kinds[tokens.at] != ")":
        args.append(expression(tokens))
        if tokens.kinds[tokens.at] == "...":
            tokens.at += 1
            expand = True
            break
        if not tokens.skip(",") and tokens.kinds[tokens.at] != ")":
            raise tokens.unexpected(f'"," or ")" in the arguments of {name}')
    end = tokens.take(")", f"after the arguments of {name}")
    return Call(name, tuple(args), expand, (start, end))


def _paren(tokens: Tokens) -> Expr:
    start = tokens.spans[tokens.at][0]
    tokens.at += 1
    inner = expression(tokens)
    return Paren(inner, (start, tokens.take(")", "after the expression")))


def _square(tokens: Tokens) -> Expr:
    start = tokens.spans[tokens.at][0]
    tokens.at += 1
    if tokens.is_word("for"):
        return _for(tokens, start, "]")
    items: list[Expr] = []
    while tokens.kinds[tokens.at] != "]":
        items.append(expression(tokens))
        if not tokens.skip(",") and tokens.kinds[tokens.at] != "]":
            raise tokens.unexpected('"," or "]" in the list')
    tokens.at += 1
    return Tuple(tuple(items), (start, tokens.spans[tokens.at - 1][1]))


def _curly(tokens: Tokens) -> Expr:
    start = tokens.spans[tokens.at][0]
    tokens.at += 1
    if tokens.is_word("for"):
        return _for(tokens, start, "}")
    items: list[tuple[Expr, Expr]] = []
    tokens.skip("NL")
    while tokens.kinds[tokens.at] != "}":
        key = _key(tokens)
        if not tokens.skip("=") and not tokens.skip(":"):
            raise tokens.unexpected('"=" or ":" after the key')
        items.append((key, expression(tokens)))
        if tokens.skip(","):
            tokens.skip("NL")
        elif not tokens.skip("NL") and tokens.kinds[tokens.at] != "}":
            raise tokens.unexpected('"," or a new line or "}" in the object')
    tokens.at += 1
    return Object(tuple(items), (start, tokens.spans[tokens.at - 1][1]))


def _key(tokens: Tokens) -> Expr:
    at = tokens.at
    if tokens.kinds[at] == "ID" and tokens.kinds[at + 1] in ("=", ":"):
        span = tokens.spans[at]
        tokens.at += 1
        return Name(tokens.source(at), span)
    return expression(tokens)


def _for(tokens: Tokens, start: int, closer: str) -> Expr:
    tokens.at += 1
    key, value = _for_names(tokens)
    collection = expression(tokens)
    tokens.take(":", "after the collection of the for expression")
    value_expr, key_expr, grouped = expression(tokens), None, False
    if closer == "}":
        tokens.take("=>", "after the key of the for expression")
        key_expr, value_expr = value_expr, expression(tokens)
        grouped = tokens.skip("...")
    condition = None
    if tokens.is_word("if"):
        tokens.at += 1
        condition = expression(tokens)
    end = tokens.take(closer, "after the for expression")
    return For(key, value, collection, key_expr, value_expr, condition, grouped, (start, end))


def _for_names(tokens: Tokens) -> tuple[str | None, str]:
    """`k, v in` or `v in`."""
    key, value = None, tokens.word('a name after "for"')
    if tokens.skip(","):
        key, value = value, tokens.word('a name after ","')
    if not tokens.is_word("in"):
        raise tokens.unexpected('"in" after the names of the for expression')
    tokens.at += 1
    return key, value


def template(tokens: Tokens) -> Template:
    """A quoted string with interpolations, or a heredoc."""
    kinds, opened = tokens.kinds, tokens.at
    heredoc = kinds[opened] == "HEREDOC"
    plain = heredoc_text if heredoc else quoted_text
    pieces: list[Piece] = []
    trim_next = False
    tokens.at += 1
    while (kind := kinds[tokens.at]) not in ("QUOTE_END", "HEREDOC_END"):
        if kind == "TEXT":
            text = plain(tokens.source(tokens.at))
            pieces.append(text.lstrip(SPACES) if trim_next else text)
            trim_next = False
            tokens.at += 1
        else:
            if pieces and isinstance(pieces[-1], str) and tokens.strips():
                pieces[-1] = pieces[-1].rstrip(SPACES)
            pieces.append(_template_code(tokens))
            trim_next = tokens.strips()
            tokens.at += 1
    if tokens.source(opened).startswith("<<-"):
        pieces = unindent(pieces)
    tokens.at += 1
    span = (tokens.spans[opened][0], tokens.spans[tokens.at - 1][1])
    return Template(assemble(tokens, pieces), span, heredoc)


def _template_code(tokens: Tokens) -> Piece:
    """The inside of `${…}` or `%{…}`, up to its closing brace."""
    at = tokens.at
    tokens.at += 1
    piece: Piece = expression(tokens) if tokens.kinds[at] == "${" else _directive(tokens, tokens.spans[at][0])
    if tokens.kinds[tokens.at] != "TEMPLATE_CODE_END":
        raise tokens.unexpected(f'"}}" to end the "{tokens.kinds[at]}"')
    return piece


def _directive(tokens: Tokens, start: int) -> Piece:
    keyword_at = tokens.spans[tokens.at][0]
    keyword = tokens.word("if, else, endif, for or endfor")
    if keyword == "if":
        condition = expression(tokens)
        return Begin(keyword, (None, ""), condition, (start, tokens.spans[tokens.at][1]))
    if keyword == "for":
        names = _for_names(tokens)
        collection = expression(tokens)
        return Begin(keyword, names, collection, (start, tokens.spans[tokens.at][1]))
    if keyword not in ("else", "endif", "endfor"):
        raise tokens.error(keyword_at, f"unknown template directive {keyword}", next_step="use if or for")
    return Mark(keyword, (start, tokens.spans[tokens.at][1]))


# What goes on with a traversal: `.name`, `.0`, `.*…`; `[key]`, `[*]…`.
_STEPS: dict[str, Callable[[Tokens, Expr], GetAttr | Index | Splat]] = {".": _after_dot, "[": _in_brackets}
# What begins a value, how it is read, and what follows a value that is one token long.
_SINGLE: dict[str, Callable[[Tokens], Expr]] = {"STRING": _string, "ID": _word, "NUMBER": _number}
_ENDS = frozenset({"NL", ",", "]", ")", "}", "TEMPLATE_CODE_END"})
_FORMS: dict[str, Callable[[Tokens], Expr]] = {
    **_SINGLE,
    "QUOTE": template,
    "HEREDOC": template,
    "[": _square,
    "{": _curly,
    "(": _paren,
    "-": _unary,
    "!": _unary,
}

"""HCL text to one flat list of tokens, templates included. Newlines inside brackets mean nothing and are dropped here.

Rules: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, "Lexical Elements" and "Templates".
"""

from __future__ import annotations

import re
from typing import Final

from driftgate.hcl.ast import line_column
from driftgate.hcl.error import HclError
from driftgate.hcl.tokens import Tokens

# Every repetition that could be read in two ways is possessive, so that no input makes the search explode.
_SPACE = r"[ \t]*+(?:(?:\r(?=\n)|/\*(?:[^*]++|\*(?!/))*+\*/)[ \t]*+)*+"
_ESCAPE = r"""\\(?:[nrt"\\]|(?:u|U0000)(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U00(?:0[1-9a-fA-F]|10)[0-9a-fA-F]{4})"""
_QUOTED_TEXT = rf'(?:[^"\\$%\n\r]++|{_ESCAPE}|\$\$\{{|%%\{{|[$%](?!\{{))'
_TOKEN = re.compile(
    rf"""{_SPACE}(?:
      (?P<ID>[A-Za-z_][A-Za-z0-9_-]*+(?![^\x00-\x7f]))
    | (?P<NL>(?:(?:(?:\#|//)[^\n]*+)?\n{_SPACE})++)
    | (?P<STRING>"{_QUOTED_TEXT}*+")
    | (?P<COMMENT>(?:\#|//)[^\n]*+)
    | (?P<OP>\.\.\.|::|=>|==|!=|<=|>=|&&|\|\||[=,.?:+\-*%!>]|<(?!<)|/(?!\*))
    | (?P<OPEN>[({{\[])
    | (?P<CLOSE>[)}}\]]|~\}})
    | (?P<NUMBER>[0-9]++(?:\.[0-9]++|\.(?=[eE][+-]?[0-9]))?(?:[eE][+-]?[0-9]++)?)
    | (?P<QUOTE>")
    | (?P<HEREDOC><<-?[^\W\d][\w-]*+\r?\n)
    | (?P<WORD>(?:[A-Za-z_]|[^\x00-\x7f])(?:[A-Za-z0-9_-]|[^\x00-\x7f])*+)
    | (?P<EOF>\Z)
    | (?P<BAD>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED_RUN = re.compile(rf"{_QUOTED_TEXT}++")
_HEREDOC_RUN = re.compile(r"(?:[^$%\n\r]++|\r(?=\n)|\$\$\{|%%\{|[$%](?!\{))*+\n?")
_FOR_FOLLOWS = re.compile(rf"(?:{_SPACE}(?:(?:\#|//)[^\n]*+)?\n)*+{_SPACE}for(?![A-Za-z0-9_-])")

# What encloses a token. Newlines end things only in the first two; the last two are the insides of `${…}` and `%{…}`.
_BODY, _OBJECT, _FOR, _ROUND, _SQUARE, _INTERPOLATION, _DIRECTIVE = "body", "{", "{for", "(", "[", "${", "%{"
_CLOSER = {_BODY: "}", _OBJECT: "}", _FOR: "}", _ROUND: ")", _SQUARE: "]", _INTERPOLATION: "}", _DIRECTIVE: "}"}
_TEMPLATE_CODE = (_INTERPOLATION, _DIRECTIVE)
_SIMPLE = frozenset({"ID", "STRING", "NUMBER"})
_CODE_ENDS = frozenset({"QUOTE", "HEREDOC", "TEMPLATE_CODE_END", "EOF"})
_BEFORE_BLOCK = ("ID", "STRING", "QUOTE_END")

# What Go's unicode.IsSpace accepts: HCL trims heredoc end markers and `~` with it.
SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class _Lexer:
    """The nesting while lexing: open brackets with their places, and open templates with their heredoc markers."""

    def __init__(self, tokens: Tokens, outermost: str) -> None:
        self.tokens = tokens
        self.text = tokens.text
        self.brackets: list[tuple[str, int]] = []
        self.markers: list[tuple[str | None, int]] = []
        self.enter(outermost, 0)

    def run(self, position: int) -> None:
        """Lex code and template text in turn until the end."""
        position = self.code(position)
        while self.tokens.kinds[-1] != "EOF":
            position = self.code(self.template(position))

    def code(self, position: int) -> int:
        """Lex code up to where template text begins, or to the end."""
        text, tokens = self.text, self.tokens
        add_kind, add_span = tokens.kinds.append, tokens.spans.append
        for match in _TOKEN.finditer(text, position):
            kind = match.lastgroup or ""
            span = match.span(match.lastindex or 0)
            if kind == "OP":
                kind = text[span[0] : span[1]]
            elif kind == "NL":
                if not self.newlines:
                    continue
            elif kind not in _SIMPLE:
                kind = self.special(kind, *span)
                if kind in _CODE_ENDS:
                    tokens.add(kind, *span)
                    return span[1]
                if not kind:
                    continue
            add_kind(kind)
            add_span(span)
        raise AssertionError("the token pattern matches at every place")

    def special(self, kind: str, start: int, end: int) -> str:
        """The kind of a token that changes the nesting or is rare; "" to leave it out."""
        if kind == "OPEN":
            kind = self.text[start]
            self.enter(self.curly(end) if kind == "{" else kind, start)
        elif kind == "CLOSE":
            kind = self.close(start, end)
        elif kind == "WORD" and self.text[start:end].replace("-", "_").isidentifier():
            kind = "ID"
        elif kind == "COMMENT":
            kind = ""
        elif kind == "QUOTE":
            self.markers.append((None, start))
        elif kind == "HEREDOC":
            self.markers.append((self.text[start:end].lstrip("<-").rstrip(), start))
        elif kind == "EOF":
            self.check_closed()
        else:
            raise self.invalid_character(start)
        return kind

    def enter(self, context: str, start: int) -> None:
        """Note what now encloses the tokens."""
        self.brackets.append((context, start))
        self.newlines = context in (_BODY, _OBJECT)

    def curly(self, end: int) -> str:
        """What a `{` encloses."""
        if self.brackets[-1][0] == _BODY and self.tokens.kinds and self.tokens.kinds[-1] in _BEFORE_BLOCK:
            return _BODY
        return _FOR if _FOR_FOLLOWS.match(self.text, end) else _OBJECT

    def close(self, start: int, end: int) -> str:
        """The kind of a closing bracket, checked against the one it closes."""
        found = self.text[start:end]
        context, opened = self.brackets.pop()
        if not self.brackets:
            raise self.tokens.error(start, f'"{found}" closes nothing', next_step="remove it")
        self.newlines = self.brackets[-1][0] in (_BODY, _OBJECT)
        wanted = _CLOSER[context]
        if context in _TEMPLATE_CODE and found in (wanted, "~}"):
            return "TEMPLATE_CODE_END"
        if found != wanted:
            problem = f'expected "{wanted}" to close {self.opener(opened, start)}, found "{found}"'
            raise self.tokens.error(start, problem)
        return found

    def opener(self, opened: int, place: int) -> str:
        """How messages about a place name an opening bracket."""
        bracket = self.text[opened : opened + (2 if self.text[opened] in "$%" else 1)]
        if "\n" not in self.text[opened:place]:
            return f'"{bracket}"'
        line, _ = line_column(self.text, opened)
        return f'the "{bracket}" of line {line}'

    def check_closed(self) -> None:
        """Refuse a text that ends inside a bracket."""
        context, opened = self.brackets[-1]
        if len(self.brackets) > 1:
            problem, wanted = f"{self.opener(opened, opened)} is never closed", _CLOSER[context]
            raise self.tokens.error(opened, problem, next_step=f'add the missing "{wanted}"')

    def invalid_character(self, start: int) -> HclError:
        """The error for a character that begins no token."""
        if self.text.startswith("/*", start):
            return self.tokens.error(start, "this comment is never closed", next_step='add the missing "*/"')
        if self.text.startswith("<<", start):
            return self.tokens.error(start, "invalid heredoc", next_step="<< takes a name and then a new line")
        character = self.text[start]
        if character in "'‘’“”`":
            return self.tokens.error(start, f"invalid quote {character}", next_step='HCL strings use "double quotes"')
        return self.tokens.error(start, f"invalid character {character!r}")

    def template(self, position: int) -> int:
        """Lex template text up to where code begins again."""
        marker, opened = self.markers[-1]
        return self.quoted(position, opened) if marker is None else self.heredoc(position, opened, marker)

    def quoted(self, position: int, opened: int) -> int:
        """Lex the text of a quoted template."""
        run = _QUOTED_RUN.match(self.text, position)
        if run:
            self.tokens.add("TEXT", position, run.end())
            position = run.end()
        if self.text.startswith('"', position):
            self.markers.pop()
            self.tokens.add("QUOTE_END", position, position + 1)
            return position + 1
        if self.text.startswith(("${", "%{"), position):
            return self.begin_code(position)
        if self.text.startswith("\\", position):
            escape = self.text[position : position + 2]
            raise self.tokens.error(
                position, f"invalid escape {escape}", next_step="a backslash itself is written \\\\"
            )
        raise self.tokens.error(
            opened, "this string is not closed on its line", next_step='add the missing ", or use a heredoc'
        )

    def heredoc(self, position: int, opened: int, marker: str) -> int:
        """Lex the lines of a heredoc, or (its marker "") of a text that is all template."""
        text, tokens = self.text, self.tokens
        line_begins = tokens.kinds[-1] == "HEREDOC"
        while position < len(text):
            run = _HEREDOC_RUN.match(text, position)
            end = run.end() if run else position
            line_ends = text[end - 1] == "\n" and end > position
            if marker and line_begins and line_ends and text[position:end].strip(SPACES) == marker:
                return self.end_heredoc(position, end - (2 if text.endswith("\r\n", position, end) else 1))
            if end > position:
                tokens.add("TEXT", position, end)
            position = end
            line_begins = line_ends
            if not line_ends and position < len(text):
                return self.begin_code(position)
        if not marker:
            return self.end_heredoc(position, position)
        raise tokens.error(
            opened, f"the heredoc {marker} is never closed", next_step=f"add a line that holds only {marker}"
        )

    def end_heredoc(self, start: int, end: int) -> int:
        """Note the end marker."""
        self.markers.pop()
        self.tokens.add("HEREDOC_END", start, end)
        return end

    def begin_code(self, position: int) -> int:
        """Enter `${` or `%{`."""
        if self.text[position] == "\r":
            raise self.invalid_character(position)
        end = position + (3 if self.text.startswith("~", position + 2) else 2)
        kind = self.text[position : position + 2]
        self.enter(kind, position)
        self.tokens.add(kind, position, end)
        return end


def lex(text: str, *, filename: str = "", newlines: bool = True) -> Tokens:
    """The tokens of a file, or with `newlines` off of a single expression, where line ends mean nothing.

    Raises `HclError` for characters and nesting that no HCL has, and for texts that are too large.
    """
    tokens = Tokens(text, filename)
    _Lexer(tokens, _BODY if newlines else _ROUND).run(1 if text.startswith("\ufeff") else 0)
    return tokens


def lex_template(text: str, *, filename: str = "") -> Tokens:
    """The tokens of a text that is all template, as if it were a heredoc. Raises `HclError`."""
    tokens = Tokens(text, filename)
    tokens.add("HEREDOC", 0, 0)
    lexer = _Lexer(tokens, _ROUND)
    lexer.markers.append(("", 0))
    lexer.run(lexer.template(0))
    return tokens

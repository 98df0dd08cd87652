"""The tokens of a text and a parser's place among them, with the errors that are told from there."""

from __future__ import annotations

from typing import Final

from driftgate.hcl.ast import Span
from driftgate.hcl.error import HclError

MAX_CHARACTERS: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 100


class Tokens:
    """The tokens of a text as parallel lists, and the parser's place among them.

    A kind is the operator or bracket itself, or one of ID NUMBER STRING NL EOF, and for templates
    QUOTE/HEREDOC, TEXT (for heredocs one a line), `${` or `%{`, TEMPLATE_CODE_END, QUOTE_END/HEREDOC_END.
    """

    __slots__ = ("at", "depth", "filename", "kinds", "spans", "text")

    def __init__(self, text: str, filename: str) -> None:
        self.text = text
        self.filename = filename
        self.kinds: list[str] = []
        self.spans: list[Span] = []
        self.at = 0
        self.depth = 0
        if len(text) > MAX_CHARACTERS:
            problem = f"{len(text)} characters are more than the {MAX_CHARACTERS} that are read"
            raise self.error(0, problem, next_step="split the file")

    def add(self, kind: str, start: int, end: int) -> None:
        """Append a token."""
        self.kinds.append(kind)
        self.spans.append((start, end))

    def source(self, at: int) -> str:
        """The text of a token."""
        start, end = self.spans[at]
        return self.text[start:end]

    def skip(self, kind: str) -> bool:
        """Step over the next token if it is of this kind; whether it was."""
        if self.kinds[self.at] != kind:
            return False
        self.at += 1
        return True

    def take(self, kind: str, where: str) -> int:
        """Step over a token that must be of this kind; where it ends."""
        if self.kinds[self.at] != kind:
            raise self.unexpected(f'"{kind}" {where}')
        self.at += 1
        return self.spans[self.at - 1][1]

    def word(self, wanted: str) -> str:
        """Step over an identifier that must be there; its text."""
        if self.kinds[self.at] != "ID":
            raise self.unexpected(wanted)
        self.at += 1
        return self.source(self.at - 1)

    def is_word(self, word: str) -> bool:
        """Whether the next token is this identifier."""
        return self.kinds[self.at] == "ID" and self.source(self.at) == word

    def strips(self) -> bool:
        """Whether the next token, a delimiter of template code, carries a `~`."""
        return "~" in self.source(self.at)

    def deeper(self) -> None:
        """Count one more level of nesting; the caller takes it off again."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.check_depth(self.depth, self.spans[self.at][0])

    def check_depth(self, depth: int, offset: int) -> None:
        """Refuse nesting that would exhaust the stack of whoever walks the tree."""
        if depth > MAX_DEPTH:
            raise self.error(offset, f"nested more than {MAX_DEPTH} deep", next_step="split it into locals")

    def unexpected(self, wanted: str) -> HclError:
        """The error for a next token that is not what must stand there."""
        start, end = self.spans[self.at]
        found = {"NL": "the end of the line", "EOF": "the end of the file"}.get(self.kinds[self.at])
        found = found or f'"{self.text[start : min(end, start + 40)]}"'
        return self.error(start, f"expected {wanted}, found {found}")

    def error(self, offset: int, problem: str, *, next_step: str = "") -> HclError:
        """The error for a problem at an offset."""
        return HclError(problem, text=self.text, offset=offset, filename=self.filename, next_step=next_step)

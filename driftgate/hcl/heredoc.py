"""A heredoc given another text: the lines that stay keep their source, the marker and the indent stay."""

from __future__ import annotations

from difflib import SequenceMatcher

from driftgate.hcl.ast import Template
from driftgate.hcl.edit import Edit


def rewrite_heredoc(text: str, expr: Template, value: str) -> Edit | None:
    """The edit that makes a heredoc without interpolations mean `value`; None where no heredoc can."""
    start, end = expr.span
    source = text[start:end]
    opening, _, rest = source.partition("\n")
    marker = opening.removeprefix("<<").removeprefix("-").strip()
    raw = rest.splitlines(keepends=True)
    closing = next(i for i in reversed(range(len(raw))) if raw[i].strip() == marker)
    lines = value.splitlines(keepends=True)
    if not value.endswith("\n") or any(line.strip() == marker for line in lines) or "\r" in value:
        return None
    if any(not c.isprintable() and c not in "\n\t" for c in value):
        return None
    old = (expr.text or "").splitlines(keepends=True)
    if len(old) != closing:
        return None
    indent = _indent(raw[:closing]) if opening.startswith("<<-") else ""
    if opening.startswith("<<-") and _indent(lines):
        return None  # its own indent would be taken off again
    new: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
        new += raw[i1:i2] if tag == "equal" else [_escaped(line, indent) for line in lines[j1:j2]]
    body = start + len(opening) + 1
    return Edit(body, body + sum(map(len, raw[:closing])), "".join(new).replace("\r\n", "\n"))


def _indent(lines: list[str]) -> str:
    """The white space that all lines with something on them begin with."""
    full = [line for line in lines if line.strip()]
    if not full:
        return ""
    width = min(len(line) - len(line.lstrip(" ")) for line in full)
    return " " * width


def _escaped(line: str, indent: str) -> str:
    text = line.replace("${", "$${").replace("%{", "%%{")
    return indent + text if line.strip() else text

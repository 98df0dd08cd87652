"""Makes any text harmless inside GitHub and GitLab Markdown: no structure, no links, no mentions, no references.

Entities cannot open structure (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references); a
zero-width space after `@` and `#` keeps people and issues from being pinged.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from driftgate.report.text import clean, strip_controls

# What opens a reference (`s` needs an entity too), what opens structure (underscores only at the rim of a word).
_SPECIAL = re.compile(
    r"(?P<reference>[@#!%~&$](?=\w)|(?<=\bGH)-(?=\d)|(?<=\w):(?=//)|(?<=\bwww)\.)"
    r"|(?P<structure>[&<>|\\`*~\[\]$]|(?<![^\W_])_|_(?![^\W_]))",
    re.IGNORECASE,
)
_TICKS = re.compile("`+")
_BREAK = "&#8203;"
_STRUCTURE = frozenset("&<>|\\`*~[]$_")
_UNSAFE_IN_CODE = re.compile(r"[`|\\]|<!--|-->")


def md(value: object) -> str:
    """`value` as one line of Markdown text that shows its characters and nothing else."""
    return _SPECIAL.sub(_neutral, clean(str(value)))


def code(value: object) -> str:
    """`value` as inline code, also inside a table cell; mentions and references do not work there."""
    text = clean(str(value))
    if text and not _UNSAFE_IN_CODE.search(text):
        return f"`{text}`"
    # No fence survives a pipe in a table cell; text in an HTML element does.
    return f"<code>{md(text).replace('--', '-&#45;')}</code>"


def fenced(value: object, language: str = "") -> str:
    """`value` as a code block, its fence longer than any run of backticks inside; lines are kept."""
    lines = [strip_controls(line).rstrip() for line in str(value).split("\n")]
    text = "\n".join(lines).strip("\n")
    fence = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text)), 0)
    return f"{fence}{language}\n{text}\n{fence}"


def url(value: object) -> str:
    """`value` as the target of a Markdown link: an http(s) address percent-encoded, nothing for anything else."""
    text = clean(str(value))
    return quote(text, safe="/:?&=%#@+,;~.-_!*") if text.startswith(("https://", "http://")) else ""


def _neutral(match: re.Match[str]) -> str:
    character = f"&#{ord(match[0])};" if match[0] in _STRUCTURE else match[0]
    return character + _BREAK if match["reference"] else character

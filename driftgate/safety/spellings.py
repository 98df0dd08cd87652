"""What a secret is made of and how it may be spelled: JSON leaves, passwords in URLs, base64, escapes."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from driftgate.safety import names as by_name
from driftgate.safety import shapes

SHORTEST = 6
"""Characters; anything shorter would be found inside ordinary words."""

_LABELLED = re.compile(
    r"(?i:\w*(?:passw(?:or)?d|pwd|secret|token|key)\w*)[\"']?\s*[=:]\s*[\"']?([^\s\"';,]{6,})|://[^\s/:@]*:([^\s/@]{6,})@"
)


def leaves(value: object) -> Iterable[str]:
    """The strings and numbers of a secret JSON tree; ordinary ones beside them (`engine`, `host`) are no secrets."""
    if isinstance(value, dict):
        for key, child in value.items():
            if not by_name.is_ordinary(key) or (isinstance(child, str) and shapes.looks_random(child)):
                yield from leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from leaves(child)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def parts(text: str) -> Iterable[str]:
    """Secrets inside a secret: JSON leaves, `password=…` pieces, passwords of URLs, key lines, random words, words on a
    line of their own that people would choose for a password (in a heredoc), base64."""
    tree = shapes.json_tree(text)
    if tree is not None:
        yield from leaves(tree)
    for match in _LABELLED.finditer(text):
        yield match[1] or match[2]
    is_key = text.startswith("-----BEGIN")
    alone = {line.strip() for line in text.splitlines()}
    for word in text.split() if any(map(str.isspace, text)) else ():
        chosen = word in alone and shapes.looks_chosen(word)
        if chosen or shapes.looks_random(word) or (is_key and len(word) > 10 and "-" not in word):
            yield word
    decoded = _decoded(text)
    if decoded:
        yield decoded
        yield from parts(decoded)


def _decoded(text: str) -> str:
    if len(text) < 12 or len(text) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return ""
    try:
        plain = base64.b64decode(text).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        return ""
    return plain if plain.isprintable() or "\n" in plain else ""


def spellings(secret: str) -> set[str]:
    """The spellings under which `secret` may stand in a text."""
    escaped = json.dumps(secret, ensure_ascii=False)[1:-1]
    found = {secret, escaped, json.dumps(secret)[1:-1], json.dumps(escaped)[1:-1], html.escape(secret)}
    raw = secret.encode("utf-8", "surrogatepass")
    found |= {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    for shift in range(3):
        # base64 of anything that contains the secret: keep only the characters that depend on the secret alone.
        coded = base64.b64encode(b"\0" * shift + raw).decode()
        inner = coded[(0, 2, 3)[shift] : (len(raw) + shift) * 8 // 6]
        found |= {inner, inner.translate(_URL_SAFE)}
    return {spelling for spelling in found if len(spelling) >= SHORTEST}


_URL_SAFE = str.maketrans("+/", "-_")

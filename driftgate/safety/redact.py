"""The one redaction pass: what is known to be secret is masked by path, by shape and by value, in every encoding.

Why by value too: marks alone leave copies in other attributes, outputs and error messages.
"""

from __future__ import annotations

import json
import re
from typing import Any

from driftgate.safety import names as by_name
from driftgate.safety import shapes
from driftgate.safety.names import Names, Secrecy
from driftgate.safety.spellings import SHORTEST, leaves, parts, spellings

MASK = "(sensitive)"
CHANGED = "(sensitive, changed)"
_NOT_GIVEN = object()


class Redactor:
    """Knows the secrets met so far and masks them wherever they turn up. One per scan, fed before it masks."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._needles: dict[str, list[str]] = {}
        self._done: dict[str, str] = {}

    def add(self, value: object) -> None:
        """Remember every string and long number in `value` (JSON tree) as a secret, and what is a secret inside it.

        Under six characters, everyday words and plain identifiers (regions, ARNs, instance types) are left out, and
        so are ordinary names in a tree (`engine`, `host`): they are masked where they are marked, not wherever the
        same word stands.
        """
        for leaf in leaves(value):
            for secret in {leaf, leaf.strip(), *parts(leaf)}:
                if len(secret) >= SHORTEST and not shapes.is_plain(secret) and secret not in self._values:
                    self._remember(secret)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret met so far, for whoever must hide them elsewhere too."""
        return frozenset(self._values)

    def update(self, other: Redactor) -> None:
        """Know all that `other` knows."""
        for secret in other._values - self._values:
            self._remember(secret)

    def text(self, text: str) -> str:
        """`text` with every known secret and everything key-shaped masked. `text(text(x)) == text(x)`."""
        if len(text) < SHORTEST:
            return text
        done = self._done.get(text)
        if done is None:
            done = self._done[text] = self._shapes(self._known(text))
        return done

    def value(self, path: str, value: object, *, sensitive: bool = False, before: object = _NOT_GIVEN) -> Any:
        """`value` (a JSON tree at attribute `path`) with its secrets masked, by mark, by name, by shape and by value.

        Where `before` is given, a masked value that differs from it says `(sensitive, changed)`.
        """
        if sensitive:
            return self._mask(value, before)
        names = by_name.names_of(path)
        clean = self._tree(names, value, _NOT_GIVEN)
        if clean == value:  # as nearly always; the copy is not worth its memory
            return value
        return clean if before is _NOT_GIVEN else self._tree(names, value, before)

    def _remember(self, secret: str) -> None:
        self._values.add(secret)
        self._done.clear()
        for needle in spellings(secret):
            bucket = self._needles.setdefault(needle[:SHORTEST], [])
            bucket.append(needle)
            bucket.sort(key=len, reverse=True)

    def _known(self, text: str) -> str:
        # A dict look-up per position: the cost does not grow with the number of secrets, as an alternation's would.
        needles = self._needles
        parts: list[str] = []
        start = 0
        for i in [i for i in range(len(text) - SHORTEST + 1) if text[i : i + SHORTEST] in needles]:
            found = next((n for n in needles[text[i : i + SHORTEST]] if _stands(n, text, i)), None)
            if found is not None and i >= start:
                parts += [text[start:i], MASK]
                start = i + len(found)
        return "".join([*parts, text[start:]]) if parts else text

    @staticmethod
    def _shapes(text: str) -> str:
        return shapes.KEY_SHAPES.sub(_mask_match, text) if shapes.may_hold_key(text) else text

    def _tree(self, names: Names, value: object, before: object) -> Any:
        if isinstance(value, str):
            return self._string(names, value, before)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, dict):
            return {
                self.text(str(key)): self._tree(_below(names, value, key), child, _child(before, key))
                for key, child in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._tree(names, child, _child(before, i)) for i, child in enumerate(value)]
        if isinstance(value, int | float):
            return self._mask(value, before) if self._is_secret_number(names, value) else value
        return value

    def _is_secret_number(self, names: Names, value: float) -> bool:
        kind = by_name.secrecy(names)
        # Small numbers under secret names are settings: `password_reuse_prevention = 5`.
        return (
            str(value) in self._values or kind is Secrecy.ENVIRONMENT or (kind is Secrecy.SECRET and abs(value) >= 1000)
        )

    def _string(self, names: Names, value: str, before: object) -> str:
        if not value:
            return value
        if _is_secret_string(names, value):
            return str(self._mask(value, before))
        tree = shapes.json_tree(value)
        if tree is None:
            masked = self.text(value)
        else:
            known = shapes.json_tree(before) if isinstance(before, str) else None
            clean = self._tree(names, tree, _NOT_GIVEN if known is None else known)
            masked = self.text(value if clean == tree else json.dumps(clean, ensure_ascii=False, separators=(",", ":")))
        if isinstance(before, str) and before != value and masked == self.text(before):
            masked = masked.replace(MASK, CHANGED)
        return masked

    def _mask(self, value: object, before: object) -> Any:
        if value is None or value in ("", MASK, CHANGED):
            return value
        return MASK if before is _NOT_GIVEN or before == value else CHANGED


def _is_secret_string(names: Names, value: str) -> bool:
    kind = by_name.secrecy(names)
    if kind is Secrecy.PLAIN:
        return False
    if kind is Secrecy.SUSPICIOUS:
        return shapes.looks_random(value)
    return kind is Secrecy.ENVIRONMENT or not shapes.is_arn(value)


def _mask_match(match: re.Match[str]) -> str:
    """A key-shaped string masked: the named group alone where there is one, so that the words around it stay."""
    for group in (name for name, found in match.groupdict().items() if found is not None):
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0] if match[group].startswith(MASK[:-1]) else match[0][:start] + MASK + match[0][end:]
    return MASK


def _below(names: Names, container: dict[str, Any], key: str) -> Names:
    """Names of a child; in `{"name": "DB_PASSWORD", "value": "x"}` the value goes by the name beside it."""
    if key not in ("value", "Value"):
        return (*names, str(key))
    label = container.get("name", container.get("key", container.get("Name", container.get("Key"))))
    if not isinstance(label, str):
        return (*names, key)
    return (*names, key, label) if names[-1:] == ("environment",) else (*names, label)


def _child(before: object, key: object) -> object:
    if before is _NOT_GIVEN:
        return before
    if isinstance(before, dict):
        return before.get(key)
    if isinstance(before, list | tuple) and isinstance(key, int):
        return before[key] if key < len(before) else None
    return None


def _stands(needle: str, text: str, start: int) -> bool:
    """Whether `needle` stands at `start`; a short plain word must stand alone, else it would blank parts of others."""
    if not text.startswith(needle, start):
        return False
    if len(needle) >= 12 or not (needle.isalpha() and needle.islower()):
        return True
    end = start + len(needle)
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())

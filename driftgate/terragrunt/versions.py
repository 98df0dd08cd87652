"""Version constraints as HashiCorp's go-version reads them: `>= 1.0, < 2.0`, `~> 1.2`, `!= 1.3.0`."""

from __future__ import annotations

import re

from driftgate.hcl.values import EvaluationError

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_CONSTRAINT = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*(.+)")
_Key = tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]


def satisfies(version: str, constraint: str) -> bool:
    """Whether a version meets all of the constraints. Raises EvaluationError for what is neither."""
    return all(_meets(version, part.strip()) for part in constraint.split(","))


def _meets(version: str, constraint: str) -> bool:
    match = _CONSTRAINT.fullmatch(constraint)
    if match is None:
        raise EvaluationError(f'"{constraint}" is not a version constraint')
    operator, wanted = match[1] or "=", match[2].strip()
    left, right = _key(version), _key(wanted)
    if operator == "~>":
        numbers = _numbers(wanted)
        upper = (*numbers[:-2], numbers[-2] + 1) if len(numbers) > 1 else None
        return left >= right and (upper is None or _padded(_numbers(version)) < _padded(upper))
    compared = (left > right) - (left < right)
    return {
        "=": compared == 0,
        "!=": compared != 0,
        ">": compared > 0,
        ">=": compared >= 0,
        "<": compared < 0,
        "<=": compared <= 0,
    }[operator]


def _numbers(version: str) -> tuple[int, ...]:
    match = _VERSION.fullmatch(version.strip())
    if match is None or len(version) > 200:
        raise EvaluationError(f'"{version[:80]}" is not a version')
    return tuple(map(int, match[1].split(".")))


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, *[0] * (8 - len(numbers)))


def _key(version: str) -> _Key:
    """How versions sort: a pre-release comes before its release."""
    numbers = _padded(_numbers(version))
    match = _VERSION.fullmatch(version.strip())
    prerelease = match[2] if match else None
    parts = (prerelease or "").split(".")
    return numbers, prerelease is None, tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts)

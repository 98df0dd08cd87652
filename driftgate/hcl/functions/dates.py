"""Date and time functions, of given timestamps only.

Documented: https://developer.hashicorp.com/terraform/language/functions#date-and-time-functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from driftgate.hcl.functions.parameters import string
from driftgate.hcl.scope import Function
from driftgate.hcl.values import EvaluationError

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_STEP = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_VERBS = re.compile(r"'(?:[^']|'')*'|'|([A-Za-z])\1*|[^A-Za-z']+")


def _stamp(text: str) -> datetime:
    if not _STAMP.fullmatch(text):
        raise EvaluationError(f'"{text[:80]}" is not a valid RFC3339 timestamp')
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise EvaluationError(f'"{text[:80]}" is not a valid RFC3339 timestamp: {error}') from None


def _zone(when: datetime, colon: bool = True) -> str:
    offset = when.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{':' if colon else ''}{rest:02d}"


def _z(when: datetime) -> str:
    return _zone(when) if when.utcoffset() else "Z"


def _rfc3339(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + _z(when)


def _duration(text: str) -> timedelta:
    body = text.removeprefix("-") if text.startswith("-") else text.removeprefix("+")
    steps = list(_STEP.finditer(body))
    if body != "0" and (not body or "".join(step[0] for step in steps) != body):
        raise EvaluationError(f'"{text[:80]}" is not a valid duration, which is like "1h30m"')
    try:
        total = timedelta(seconds=sum(float(step[1]) * _SECONDS[step[2]] for step in steps))
    except OverflowError:
        raise EvaluationError("the duration is too long") from None
    return -total if text.startswith("-") else total


def _timeadd(stamp: str, duration: str) -> str:
    try:
        return _rfc3339(_stamp(stamp) + _duration(duration))
    except OverflowError:
        raise EvaluationError("the time is out of range") from None


def _timecmp(first: str, second: str) -> int:
    left, right = _stamp(first), _stamp(second)
    return (left > right) - (left < right)


def _formatdate(layout: str, stamp: str) -> str:
    when = _stamp(stamp)
    return "".join(_part(match, when) for match in _VERBS.finditer(layout))


def _part(match: re.Match[str], when: datetime) -> str:
    text = match[0]
    if text.startswith("'"):
        if len(text) < 2:
            raise EvaluationError("unterminated literal '")
        return text[1:-1].replace("''", "'")
    if not match[1]:
        return text
    verb = _FORMS.get(text)
    if verb is None:
        raise EvaluationError(f'invalid date format verb "{text}"')
    return verb(when)


def _hour12(when: datetime) -> int:
    return when.hour % 12 or 12


_FORMS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda when: f"{when.year:04d}",
    "YY": lambda when: f"{when.year % 100:02d}",
    "MMMM": lambda when: f"{when:%B}",
    "MMM": lambda when: f"{when:%b}",
    "MM": lambda when: f"{when.month:02d}",
    "M": lambda when: str(when.month),
    "DD": lambda when: f"{when.day:02d}",
    "D": lambda when: str(when.day),
    "EEEE": lambda when: f"{when:%A}",
    "EEE": lambda when: f"{when:%a}",
    "hh": lambda when: f"{when.hour:02d}",
    "h": lambda when: str(when.hour),
    "HH": lambda when: f"{_hour12(when):02d}",
    "H": lambda when: str(_hour12(when)),
    "AA": lambda when: "PM" if when.hour >= 12 else "AM",
    "aa": lambda when: "pm" if when.hour >= 12 else "am",
    "mm": lambda when: f"{when.minute:02d}",
    "m": lambda when: str(when.minute),
    "ss": lambda when: f"{when.second:02d}",
    "s": lambda when: str(when.second),
    "ZZZZZ": _zone,
    "ZZZZ": lambda when: _zone(when, colon=False),
    "ZZZ": lambda when: _zone(when, colon=False) if when.utcoffset() else "UTC",
    "Z": _z,
}

FUNCTIONS = {
    "formatdate": Function(_formatdate, (string, string)),
    "timeadd": Function(_timeadd, (string, string)),
    "timecmp": Function(_timecmp, (string, string)),
}

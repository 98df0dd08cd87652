"""What a check of the doctor is: a question, its answer, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from driftgate.process import Runner
from driftgate.unit import Unit


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: what was looked at, what was seen, and the way to mend it ("" where nothing is to mend)."""

    name: str
    status: Status
    detail: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: the repo at `root` with its `units`, the folder `here`, the environment, and a Runner."""

    root: Path
    here: Path
    env: Mapping[str, str]
    run: Runner
    units: Sequence[Unit] = ()


Check = Callable[[Patient], Iterator[Finding]]


def ok(name: str, detail: str) -> Finding:
    return Finding(name, Status.OK, detail)


def warn(name: str, detail: str, mend: str) -> Finding:
    return Finding(name, Status.WARN, detail, mend)


def fail(name: str, detail: str, mend: str) -> Finding:
    return Finding(name, Status.FAIL, detail, mend)

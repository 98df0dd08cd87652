"""Runs `dg` in this process: exit code, stdout, stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from driftgate.cli.main import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Dg = Callable[..., Done]


def runner(capfd: pytest.CaptureFixture[str]) -> Dg:
    def run(*argv: object) -> Done:
        capfd.readouterr()
        code = main([str(arg) for arg in argv])
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run

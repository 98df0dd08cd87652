from __future__ import annotations

import io
import re
import sys

import pytest

from driftgate.cli.steps import steps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_each_step_is_a_plain_line(capfd: pytest.CaptureFixture[str]) -> None:
    with steps() as step:
        with step("first"):
            pass
        with pytest.raises(ValueError), step("second"):
            raise ValueError

    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r" +\d\.\d s  first\n +\d\.\d s  second: failed\n", err)


def test_on_a_terminal_steps_stay_with_what_became_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")

    with steps() as step:
        with step("one [with] brackets"):
            pass
        with pytest.raises(ValueError), step("two"):
            raise ValueError

    last = sys.stderr.getvalue().split("\n")[-3:]  # type: ignore[attr-defined]
    assert "✓" in last[0]
    assert "one [with] brackets" in last[0]
    assert "two: failed" in last[1]
    assert "✓" not in last[1]

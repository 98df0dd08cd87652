from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from driftgate.cli.emit import emit, wants_color, width
from driftgate.errors import DriftgateError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("env", "stream", "out", "expected"),
    [
        pytest.param({}, io.StringIO(), None, False, id="pipe"),
        pytest.param({"TERM": "xterm"}, Terminal(), None, True, id="terminal"),
        pytest.param({"TERM": "dumb"}, Terminal(), None, False, id="dumb terminal"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, Terminal(), None, False, id="NO_COLOR"),
        pytest.param({"FORCE_COLOR": "1"}, io.StringIO(), None, True, id="FORCE_COLOR"),
        pytest.param({"FORCE_COLOR": "1"}, Terminal(), Path("f"), False, id="never in a file"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Terminal(), None, False, id="NO_COLOR wins"),
    ],
)
def test_wants_color(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], stream: io.StringIO, out: Path | None, expected: bool
) -> None:
    monkeypatch.delenv("TERM", raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert wants_color(out, stream) == expected


@pytest.mark.parametrize(("columns", "expected"), [("40", 80), ("100", 100), ("400", 140)])
def test_width_stays_readable(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert width() == expected


def test_a_result_goes_to_stdout_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    emit("text", None)

    assert capsys.readouterr() == ("text\n", "")


def test_a_file_is_written_and_named_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    emit("text\n", tmp_path / "new/report.json")

    assert (tmp_path / "new/report.json").read_text() == "text\n"
    assert capsys.readouterr() == ("", f"dg: written to {tmp_path}/new/report.json\n")


@pytest.mark.parametrize("there", [False, True], ids=["a new file", "one that others could read"])
def test_a_file_with_secrets_is_its_owners_alone(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "new" / "shown.json"
    if there:
        out.parent.mkdir()
        out.write_text("old and longer")
        out.chmod(0o644)
    emit("text\n", out, secret=True)

    assert out.read_text() == "text\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DriftgateError, match="cannot write"):
        emit("text", tmp_path)

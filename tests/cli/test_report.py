from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from report import samples

from driftgate.cli.main import main
from driftgate.report.json_report import to_json


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "drift.json"
    file.write_text(to_json(samples.mixed()))
    return file


def test_render_to_stdout(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "render", str(saved)]) == 0
    assert "Drift: 1 critical · 2 high · 2 medium" in capsys.readouterr().out


def test_render_to_a_file(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "drift.sarif"
    assert main(["report", "render", str(saved), "-o", "sarif", "--out", str(out)]) == 0
    assert json.loads(out.read_text())["version"] == "2.1.0"


def test_render_stdin(saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(saved.read_bytes())))
    assert main(["report", "render", "-", "-o", "csv"]) == 0
    assert capsys.readouterr().out.startswith("unit,workspace,address")


def test_own_templates(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pr_comment.md.j2").write_text("ours: {{ view.verdict.detail }}\n")
    argv = ["report", "render", str(saved), "-o", "markdown", "--template-dir", str(tmp_path)]
    assert main(argv) == 0
    assert "\nours: in 2 of 4 units" in capsys.readouterr().out


def test_merge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = samples.mixed()
    files = []
    for n in range(2):
        files.append(str(tmp_path / f"{n}.json"))
        Path(files[-1]).write_text(to_json(replace(whole, units=whole.units[n::2])))
    assert main(["report", "merge", *files]) == 0
    assert [unit["path"] for unit in json.loads(capsys.readouterr().out)["units"]] == [u.path for u in whole.units]


@pytest.mark.parametrize(
    ("content", "says"), [("{}", "is not a driftgate report"), (None, "cannot read")], ids=["not one", "not there"]
)
def test_errors(content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.json"
    if content is not None:
        file.write_text(content)
    assert main(["report", "render", str(file)]) == 1
    assert says in capsys.readouterr().err

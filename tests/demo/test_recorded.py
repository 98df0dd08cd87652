from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from demo.expected_drift import assert_every_tamper_is_found

from driftgate.cli.main import main
from driftgate.demo.layout import ROOT_MODULES
from driftgate.demo.recorded import plan_file

FOREIGN = re.compile(rb"127\.0\.0\.1|localhost|/tmp/|/root|/home|/opt/|/usr/")
TOKEN = "tok_demo_Zq8vN3xWc1"


@pytest.mark.parametrize("module", ROOT_MODULES, ids=lambda module: module.path)
def test_a_recorded_plan_tells_nothing_of_the_machine_it_was_made_on(module: object) -> None:
    plan = plan_file(module).read_bytes()  # type: ignore[arg-type]

    assert FOREIGN.findall(plan) == []
    assert json.loads(plan)["format_version"].startswith("1.")


def test_the_recorded_demo_shows_everything_the_live_one_does(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", only_git(tmp_path))
    before = (dict(os.environ), Path.cwd())

    assert main(["demo", "--recorded", "--out-dir", str(tmp_path / "out")]) == 0

    said = capfd.readouterr().out
    report = json.loads((tmp_path / "out/drift.json").read_text())
    comment = (tmp_path / "out/pr-comment.md").read_text()
    page = (tmp_path / "out/report.html").read_text()
    assert_every_tamper_is_found(report)
    assert report["recorded"] is True
    assert "env:/staging/data/terraform.tfstate" in said, "discover ran"
    for text in (said, comment, page):
        assert "recorded plan" in text.lower()
        assert "aws_sqs_queue.orders" in text
        assert TOKEN not in text
    assert TOKEN not in json.dumps(report)
    assert (dict(os.environ), Path.cwd()) == before


def test_without_terraform_one_line_says_so_and_the_recording_is_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", only_git(tmp_path))

    assert main(["demo", "--out-dir", str(tmp_path / "out"), "--keep", str(tmp_path / "kept")]) == 0

    out, err = capfd.readouterr()
    assert err == ("dg: neither terraform nor tofu is on PATH: showing what was recorded of this demo instead\n")
    assert "recorded plan" in out
    assert (tmp_path / "kept/repo/live/app/main.tf").is_file()


def only_git(folder: Path) -> str:
    """A PATH with git on it and nothing else."""
    tools = folder / "bin"
    tools.mkdir()
    for entry in os.environ["PATH"].split(":"):
        if (Path(entry) / "git").is_file():
            (tools / "git").symlink_to(Path(entry) / "git")
            return str(tools)
    pytest.skip("git is not on PATH")

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from driftgate import process
from driftgate.cli import demo
from driftgate.cli.main import main
from driftgate.demo.aws import EmbeddedAws
from driftgate.demo.layout import lay_out
from driftgate.demo.stage import Stage
from driftgate.demo.terraform import NoTerraformError
from driftgate.demo.terragrunt import lay_out_live
from driftgate.finding import Report, UnitResult, UnitStatus
from driftgate.tfexec.binary import Binary
from driftgate.tfexec.reads import Terraform

CLEAN = UnitResult("live/app", "default", UnitStatus.OK)
BROKEN = UnitResult("live/app", "default", UnitStatus.ERROR, error="no such bucket")


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """`dg demo` with a stage that costs nothing: the repo is real, terraform, AWS and the scan are not."""
    told = SimpleNamespace(unit=CLEAN, tool=None, cwd=None, environ={}, last=None, alive=False)

    @contextmanager
    def applied(folder: Path, *, env: dict[str, str], run: object, step: object) -> Iterator[Stage]:
        lay_out(folder / "repo", env=env, run=process.run)
        lay_out_live(folder / "terragrunt-live")
        own = {"PATH": env["PATH"], "AWS_REGION": "us-east-1"}
        told.alive = True
        try:
            yield Stage(
                folder / "repo",
                Terraform(Binary("/bin/tofu", "tofu", (1, 9, 0)), folder / "repo", own, process.run),
                EmbeddedAws("http://127.0.0.1:1"),
            )
        finally:
            told.alive = False

    def scan_units(paths: object, redactor: object, **options: object) -> Report:
        if told.cwd is None:
            told.tool, told.cwd, told.environ = options["tool"], Path.cwd(), dict(os.environ)
        told.last = Path.cwd()
        return Report((told.unit,), "plan", "2026-01-01T00:00:00Z", 1.0)

    monkeypatch.setattr("driftgate.demo.stage.applied", applied)
    monkeypatch.setattr("driftgate.demo.stage.break_things", lambda stage, step: None)
    monkeypatch.setattr("driftgate.cli.scan.scan_units", scan_units)
    return told


def test_the_job_is_done_in_the_repo_under_the_demos_environment(
    tmp_path: Path, staged: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")

    assert main(["demo", "--out-dir", str(tmp_path / "out")]) == 0

    assert (staged.cwd.name, staged.last.name) == ("repo", "terragrunt-live")
    assert (staged.tool, staged.environ["AWS_REGION"]) == ("tofu", "us-east-1")
    assert "AWS_PROFILE" not in staged.environ
    assert os.environ["AWS_PROFILE"] == "production", "the user's own is back"
    assert not staged.cwd.exists(), "the folder is gone"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["drift.json", "pr-comment.md", "report.html"]
    out = capfd.readouterr().out
    assert out.index("opened SSH") < out.index("$ dg discover") < out.index("$ dg drift scan") < out.index("drift.json")


def test_reports_go_to_a_new_folder_by_default(
    tmp_path: Path, staged: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert main(["demo"]) == 0

    left = list(tmp_path.iterdir())
    assert [path.name.startswith("driftgate-demo-reports-") for path in left] == [True]
    assert str(left[0] / "pr-comment.md") in capfd.readouterr().out


def test_a_unit_that_cannot_be_read_fails_the_demo(tmp_path: Path, staged: SimpleNamespace) -> None:
    staged.unit = BROKEN

    assert main(["demo", "--out-dir", str(tmp_path)]) == 1


def test_keep_leaves_the_repo_and_how_to_enter_it(
    tmp_path: Path, staged: SimpleNamespace, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "new/shop"

    assert main(["demo", "--keep", str(kept), "--out-dir", str(tmp_path / "out")]) == 0

    assert (kept / "repo/live/network/main.tf").is_file()
    assert "export AWS_REGION=us-east-1" in (kept / "env.sh").read_text()
    assert f"The repo is in {kept}/repo; its AWS is gone" in capfd.readouterr().out


def test_keep_wants_a_new_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("precious")

    assert main(["demo", "--keep", str(tmp_path)]) == 1

    assert f"dg: error: {tmp_path} is not empty" in capfd.readouterr().err
    assert (tmp_path / "mine").read_text() == "precious"


def test_hold_keeps_the_aws_until_interrupted(
    tmp_path: Path, staged: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = []

    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            seen.append(staged.alive)
            raise KeyboardInterrupt

    monkeypatch.setattr(demo.threading, "Event", Interrupted)

    assert main(["demo", "--hold", "--out-dir", str(tmp_path)]) == 0

    out, err = capfd.readouterr()
    assert (seen, staged.alive) == ([True], False)
    assert "/repo && . ../env.sh" in out
    assert err.endswith("dg: stopping the embedded AWS\n")


def test_without_a_provider_what_was_laid_out_makes_room_for_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def applied(folder: Path, **_: object) -> Iterator[Stage]:
        (folder / "repo").mkdir()
        (folder / "repo/half.tf").write_text("")
        raise NoTerraformError("terraform cannot get the AWS provider (no such host)")
        yield

    monkeypatch.setattr("driftgate.demo.stage.applied", applied)

    assert main(["demo", "--keep", str(tmp_path / "kept"), "--out-dir", str(tmp_path / "out")]) == 0

    out, err = capfd.readouterr()
    assert err == (
        "dg: terraform cannot get the AWS provider (no such host): showing what was recorded of this demo instead\n"
    )
    assert "recorded plan" in out
    assert not (tmp_path / "kept/repo/half.tf").exists()

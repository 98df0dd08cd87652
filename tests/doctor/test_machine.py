from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from doctor.patients import HEALTHY, ask, ill, patient

from driftgate import __version__
from driftgate.doctor import machine
from driftgate.unit import BackendConfig


def program(folder: Path, name: str, prints: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
    (folder / name).chmod(0o755)


def test_which_driftgate(tmp_path: Path) -> None:
    assert ask(machine.python, patient(tmp_path)) == [
        ("driftgate", "ok", f"{__version__}, Python {sys.version.split()[0]}", "")
    ]


def test_tools_that_answer(tmp_path: Path) -> None:
    bin_dir = tmp_path / "bin"
    program(bin_dir, "terraform", '{"terraform_version": "1.11.4"}')
    program(bin_dir, "terragrunt", "terragrunt version 0.99.1")
    who = patient(tmp_path, HEALTHY, PATH=str(bin_dir))

    assert ask(machine.tools, who) == [("terraform", "ok", f"1.11.4 at {bin_dir}/terraform", "")]
    assert ask(machine.terragrunt, who) == [
        ("terragrunt", "ok", f"terragrunt version 0.99.1 at {bin_dir}/terragrunt", "")
    ]


def test_no_tool_at_all(tmp_path: Path) -> None:
    who = patient(tmp_path, PATH=str(tmp_path))

    assert ask(machine.tools, who) == [
        ("terraform", "fail", "neither terraform nor tofu is on PATH", "install Terraform or OpenTofu")
    ]
    assert ask(machine.terragrunt, who) == []


def test_a_tool_that_a_unit_wants_is_missing(tmp_path: Path) -> None:
    program(tmp_path / "bin", "terraform", '{"terraform_version": "1.11.4"}')
    found = ask(machine.tools, patient(tmp_path, ill(tool="tofu"), PATH=str(tmp_path / "bin")))

    assert found[1] == ("tofu", "fail", "not on PATH, and wanted by live/app", "install tofu, or put it on PATH")


def test_a_tool_that_does_not_answer(tmp_path: Path) -> None:
    program(tmp_path / "bin", "terraform", "No version is set")
    ((name, status, detail, _),) = ask(machine.tools, patient(tmp_path, PATH=str(tmp_path / "bin")))

    assert (name, status) == ("terraform", "fail")
    assert "does not answer `version -json`" in detail


def test_git(tmp_path: Path) -> None:
    assert ask(machine.git, patient(tmp_path)) == [("git", "ok", f"work tree {tmp_path}", "")]
    assert ask(machine.git, patient(tmp_path, PATH="/nowhere"))[0][1] == "fail"
    assert ask(machine.git, replace(patient(tmp_path), root=tmp_path / "elsewhere"))[0][1] == "warn"


def test_settings(tmp_path: Path) -> None:
    assert ask(machine.settings, patient(tmp_path)) == [("settings", "ok", "no file, the defaults are in force", "")]
    assert ask(machine.settings, patient(tmp_path, DG_DRIFT_FAILON="high"))[1] == (
        "settings", "warn", "DG_DRIFT_FAILON is no setting of driftgate", "did you mean DG_DRIFT_FAIL_ON?",
    )  # fmt: skip
    assert len(ask(machine.settings, patient(tmp_path, DG_DEBUG="1", DG_DRIFT_FAIL_ON="high"))) == 1
    (tmp_path / ".driftgate.toml").write_text("[drfit]\n")
    ((_, status, detail, mend),) = ask(machine.settings, patient(tmp_path))
    assert (status, mend) == ("fail", "did you mean drift?")
    assert "there is no setting drfit" in detail


def test_packages_for_the_backends_of_the_repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who = patient(tmp_path, HEALTHY, ill(backend=BackendConfig("cos")))
    assert ask(machine.packages, who) == [("s3 backend", "ok", "can be read and written natively", "")]

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="botocore.session")

    monkeypatch.setattr(machine, "import_module", missing)
    assert ask(machine.packages, who) == [
        ("s3 backend", "fail", "the package boto3 is missing", "pip install 'driftgate[aws]'")
    ]


def test_private_folders(tmp_path: Path) -> None:
    who = patient(tmp_path, XDG_STATE_HOME=str(tmp_path))
    assert ask(machine.private_folders, who) == []

    (tmp_path / "driftgate").mkdir(mode=0o700)
    assert ask(machine.private_folders, who)[0][1] == "ok"
    (tmp_path / "driftgate").chmod(0o755)
    ((_, status, detail, mend),) = ask(machine.private_folders, who)
    assert (status, mend) == ("fail", f"chmod 700 {tmp_path}/driftgate")
    assert "mode 755" in detail


def test_a_home_that_cannot_be_looked_into(tmp_path: Path) -> None:
    ((_, status, detail, mend),) = ask(machine.private_folders, patient(tmp_path, HOME=f"/{'x' * 300}"))
    assert (status, detail.rpartition(": ")[2]) == ("fail", "File name too long")
    assert mend == "set HOME to a folder of your own, or XDG_STATE_HOME"

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from doctor.patients import patient
from state.dead_endpoints import dropping

from driftgate.cli.main import main
from driftgate.errors import RepoError


@pytest.fixture
def healthy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    patient(tmp_path)
    (tmp_path / "main.tf").write_text('resource "terraform_data" "x" {}\n')
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "bin/terraform"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho \'{"terraform_version": "1.11.4"}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path


def test_a_healthy_repo(healthy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--online"]) == 0

    out = capsys.readouterr().out
    assert "FAIL" not in out
    assert re.search(rf"^ok    terraform +1\.11\.4 at {re.escape(str(healthy))}/bin/terraform$", out, re.MULTILINE)
    assert "nothing applied yet" in out


def test_what_fails_is_exit_1_with_the_mend(healthy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (healthy / "main.tf").write_text('resource "x" {\n')

    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "FAIL  unit ." in out
    assert "→ correct the source" in out


def test_as_json(healthy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "-o", "json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["format_version"] == "1.0"
    assert {"name": "driftgate", "status": "ok"}.items() <= document["checks"][0].items()


def test_endpoints_left_alone_are_shown_and_asked_again(
    healthy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with dropping() as (port, met):
        (healthy / "main.tf").write_text(
            f'terraform {{\n  backend "http" {{\n    address = "http://127.0.0.1:{port}/x"\n    retry_max = 0\n  }}\n}}\n'
        )
        for _ in range(5):
            assert main(["doctor", "--online"]) == 1
        assert len(met) == 3
        out = capsys.readouterr().out
        assert f"warn  circuit of http 127.0.0.1:{port}" in out
        assert "left alone" in out

        assert main(["doctor", "--reset-breakers"]) == 0
        assert "circuit of" not in capsys.readouterr().out
        assert main(["doctor", "--online"]) == 1
        assert len(met) == 4


@pytest.mark.parametrize(
    ("shell", "marker"), [("bash", "complete -o nosort"), ("zsh", "#compdef dg"), ("fish", "complete ")]
)
def test_completion_code(shell: str, marker: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert marker in capsys.readouterr().out


def test_a_repo_that_cannot_be_read_is_not_one_without_units(
    healthy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreadable(root: Path, env: Mapping[str, str]) -> NoReturn:
        raise RepoError(f"{root}: Permission denied")  # what a folder without r-x gives; root may read them all

    monkeypatch.setattr("driftgate.discover.units.discover", unreadable)

    assert main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "Permission denied" in said.err
    assert "no root modules" not in said.out

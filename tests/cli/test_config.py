from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from driftgate.cli.main import main


@pytest.fixture
def repo_file(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = repo / ".driftgate.toml"
    file.write_text('[drift]\nfail_on = "high"\n[gate]\nprotected = ["aws_db_instance.*"]\n')
    monkeypatch.chdir(repo)
    return file


def test_show_names_every_value_and_where_it_comes_from(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "--origin"]) == 0

    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["drift.fail_on"].split() == ["drift.fail_on", '"high"', str(repo_file)]
    assert lines["drift.strict"].split() == ["drift.strict", "false", "default"]
    assert '["aws_db_instance.*"]' in lines["gate.protected"]


def test_show_as_json(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "-o", "json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["format_version"] == "1.0"
    assert {"key": "drift.fail_on", "value": "high", "origin": str(repo_file)} in document["settings"]


def test_validate_and_path_name_the_file(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(["config", "validate"]), main(["config", "path"])] == [0, 0]
    assert capsys.readouterr().out == f"{repo_file}: fine\n{repo_file}\n"


def test_without_a_file(repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(repo)

    assert [main(["config", "validate"]), main(["config", "path"])] == [0, 0]
    out, err = capsys.readouterr()
    assert out == "no settings file: the defaults are in force\n"
    assert "`dg init` writes one" in err


def test_a_wrong_file_is_one_line_and_exit_1(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo_file.write_text("[drift]\nstrickt = true\n")

    assert main(["config", "validate"]) == 1
    assert capsys.readouterr().err == (
        f"dg: error: {repo_file}: there is no setting drift.strickt\n  → did you mean strict?\n"
    )


def test_the_schema_accepts_what_the_loader_accepts(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate({"drift": {"fail_on": "high"}, "gate": {"max_deletions": None}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"drift": {"fail_onn": "high"}}, schema)


def test_a_setting_is_the_default_of_its_option(repo_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "scan", "--help"]) == 0
    assert "default: high" in " ".join(capsys.readouterr().out.split())


def test_a_named_file_is_handed_on(
    repo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[drift]\nparallelism = 2\n")
    monkeypatch.setenv("DG_CONFIG", "")

    assert main(["--config", str(other), "config", "path"]) == 0
    assert capsys.readouterr().out == f"{other}\n"

from __future__ import annotations

from pathlib import Path

import pytest
from state.documents import document, instance, resource
from tofu_encryption import CODE, PASSPHRASE, sealed

from driftgate.cli.main import main
from driftgate.errors import ExitCode

ENCRYPTED = sealed(document(resource("a", instance())))


@pytest.fixture
def unit(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A unit of OpenTofu's whose local state is encrypted; there is no tofu to ask."""
    folder = repo / "u"
    folder.mkdir()
    (folder / "main.tofu").write_text(CODE)
    (folder / "backend.tofu").write_text('terraform {\n  backend "local" {}\n}\n')
    (folder / "terraform.tfstate").write_bytes(ENCRYPTED)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_a_unit_is_read_with_the_configuration_in_its_code(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("state", "list", str(unit))) == ExitCode.CLEAN
    assert capsys.readouterr().out == "aws_x.a\n"


def test_a_file_is_read_with_the_code_beside_it(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("state", "list", str(unit / "terraform.tfstate"))) == ExitCode.CLEAN
    assert capsys.readouterr().out == "aws_x.a\n"


def test_a_file_is_read_with_the_environment(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "old.tfstate").write_bytes(ENCRYPTED)
    assert main(("state", "list", str(repo / "old.tfstate"))) == ExitCode.ERROR
    assert "is encrypted by OpenTofu" in capsys.readouterr().err
    monkeypatch.setenv("TF_ENCRYPTION", CODE.partition("encryption {")[2].rpartition("}")[0].rpartition("}")[0])
    assert main(("state", "list", str(repo / "old.tfstate"))) == ExitCode.CLEAN
    assert capsys.readouterr().out == "aws_x.a\n"


def test_what_is_missing_is_told_and_no_passphrase(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (unit / "main.tofu").write_text(CODE.replace(f'"{PASSPHRASE}"', "var.pw") + 'variable "pw" {}\n')
    assert main(("state", "list", str(unit / "terraform.tfstate"))) == ExitCode.ERROR
    err = capsys.readouterr().err
    assert "aes_gcm.main: passphrase: var.pw has no value and no default" in err
    assert PASSPHRASE not in err

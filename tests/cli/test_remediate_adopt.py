"""`dg remediate adopt` on real terraform: `terraform_data` can be imported by any ID, and has a schema."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from terraform_cli import apply, needs_terraform, terraform

from driftgate.cli.main import main

SOURCE = 'resource "terraform_data" "web_a" {\n  input = "v"\n}\n'
IMPORT = 'import {\n  to = terraform_data.b\n  id = "b"\n}\n'


@needs_terraform
def test_a_patch_that_git_takes_and_terraform_imports(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", SOURCE)
    monkeypatch.chdir(repo)

    assert main(["remediate", "adopt", "--unit", "app", "terraform_data=b"]) == 0
    said = capsys.readouterr()
    assert "adopted  terraform_data.b  ← b  in app/main.tf" in said.err
    assert "it imports 1 and changes nothing" in said.err
    assert (repo / "app/main.tf").read_text() == SOURCE

    (repo / "p.diff").write_text(said.out)
    subprocess.run(["git", "apply", "p.diff"], cwd=repo, check=True, timeout=60)
    assert (repo / "app/main.tf").read_text() == SOURCE + "\n" + IMPORT + '\nresource "terraform_data" "b" {\n}\n'
    done = terraform(repo / "app", "apply", "-auto-approve", "-input=false", "-no-color").decode()
    assert "1 imported, 0 added, 0 changed, 0 destroyed" in done


@needs_terraform
def test_the_same_as_json(repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "app").mkdir()
    (repo / "app/main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    monkeypatch.chdir(repo / "app")

    assert main(["remediate", "adopt", "-o", "json", 'terraform_data.x["a=b"]=b', "terraform_data.y=c"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [(item["address"], item["id"]) for item in found["adopted"]] == [("terraform_data.y", "c")]
    assert [(item["object"], item["reason"]) for item in found["left"]] == [
        ('terraform_data.x["a=b"]=b', "the code has no terraform_data.x")
    ]
    assert found["patch"].startswith("diff --git a/app/main.tf b/app/main.tf\n")


@pytest.mark.parametrize("item", ["aws_vpc", "=x", "aws_vpc=", "aws_vpc.=x", "a.b.c=x"])
def test_what_names_no_object(item: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["remediate", "adopt", item]) == 1
    assert "name it TYPE=ID or ADDRESS=ID" in capsys.readouterr().err


def test_a_terragrunt_unit_is_imported_by_terragrunt(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "app").mkdir()
    (repo / "app/terragrunt.hcl").write_text('terraform {\n  source = "../m"\n}\n')
    (repo / "m").mkdir()
    (repo / "m/main.tf").write_text("")
    monkeypatch.chdir(repo)

    assert main(["remediate", "adopt", "--unit", "app", "aws_vpc=vpc-1"]) == 1
    assert "terragrunt --working-dir=app import ADDRESS ID" in capsys.readouterr().err

"""Steps of `dg remediate plan` that blocks in the code take, on real terraform: `terraform_data` needs no provider."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
from terraform_cli import apply, needs_terraform, terraform

from driftgate.cli.main import main
from driftgate.cli.settings import _load as settings_in_force

pytestmark = needs_terraform


class Typed(io.StringIO):
    """A terminal on which this was typed."""

    def isatty(self) -> bool:
        return True


PAIR = 'resource "terraform_data" "a" {\n  input = "one"\n}\n\nresource "terraform_data" "b" {\n  input = "two"\n}\n'


def take(repo: Path, patch: str) -> str:
    """Apply a patch as a user would, then plan; what terraform says it would do."""
    (repo / "p.diff").write_text(patch)
    subprocess.run(["git", "apply", "p.diff"], cwd=repo, check=True, timeout=60)
    return terraform(repo / "app", "plan", "-input=false", "-no-color").decode()


def planned(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> dict[str, object]:
    assert main(["remediate", "plan", "-o", "json", *arguments]) == code
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def test_a_renamed_block_is_a_move(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR.replace('"a"', '"first"'))
    monkeypatch.chdir(repo)

    found = planned(capsys)
    (step,) = found["steps"]  # type: ignore[misc]
    assert (step["strategy"], step["address"], step["proved"]) == ("move", "terraform_data.a", True)
    assert step["does"] == "moves the object from terraform_data.a to terraform_data.first: it is not destroyed"
    said = take(repo, step["patch"])
    assert "terraform_data.a has moved to terraform_data.first" in said
    assert "0 to add, 0 to change, 0 to destroy" in said


@pytest.mark.parametrize(("typed", "strategy"), [("\n", "move"), ("forget\n", "forget"), ("leave\n", None)])
def test_blocks_are_offered_where_they_apply(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, strategy: str | None
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR.replace('"a"', '"first"'))
    monkeypatch.chdir(repo)
    monkeypatch.setattr("sys.stdin", Typed(typed))

    assert main(["remediate", "plan", "-o", "json", "--interactive"]) == (2 if strategy else 0)
    said = capsys.readouterr()
    assert [(step["strategy"], step["proved"]) for step in json.loads(said.out)["steps"]] == (
        [(strategy, True)] if strategy else []
    )
    assert "  move    moves the object from terraform_data.a to terraform_data.first: it is not destroyed\n" in said.err
    assert "  forget  lets the state forget it, where the plan would destroy it\n" in said.err


def test_the_templates_of_the_settings_fill_the_blocks(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR.replace('"a"', '"first"'))
    (repo / "ours/hcl").mkdir(parents=True)
    (repo / "ours/hcl/moved.tf.j2").write_text("# ticket OPS-1\nmoved {\n  from = {{ from }}\n  to   = {{ to }}\n}\n")
    (repo / ".driftgate.toml").write_text('[report]\ntemplate_dir = "ours"\n')
    monkeypatch.chdir(repo)
    settings_in_force.cache_clear()

    (step,) = planned(capsys)["steps"]  # type: ignore[misc]
    assert "+# ticket OPS-1\n+moved {\n" in step["patch"]


def test_what_the_code_has_not_any_more_can_be_forgotten(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR[PAIR.index('resource "terraform_data" "b"') :])
    monkeypatch.chdir(repo)

    (step,) = planned(capsys, "--strategy", "terraform_data.a=forget")["steps"]  # type: ignore[misc]
    assert (step["strategy"], step["proved"]) == ("forget", True)
    assert step["commands"][0][2:] == ["plan", "-out=forget.tfplan", "-target=terraform_data.a"]
    said = take(repo, step["patch"])
    assert "terraform_data.a will no longer be managed by Terraform, but will not be destroyed" in said
    assert "0 to add, 0 to change, 0 to destroy" in said


def test_what_could_be_two_is_named(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR.replace('"a"', '"x"').replace('"b"', '"y"').replace('"two"', '"one"'))
    monkeypatch.chdir(repo)

    found = planned(capsys)
    assert found["steps"] == []
    (left,) = found["left"]  # type: ignore[misc]
    assert left["reasons"]["move"] == "it could be any of terraform_data.x, terraform_data.y"


def test_new_code_alone_is_nothing_to_remediate(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo / "app", PAIR)
    (repo / "app/main.tf").write_text(PAIR + '\nresource "terraform_data" "c" {\n  input = "three"\n}\n')
    monkeypatch.chdir(repo)

    assert planned(capsys, code=0)["steps"] == []
    assert planned(capsys, "--strategy", "adopt", code=2)["left"][0]["reasons"]["adopt"].startswith("no rule tells")  # type: ignore[index]


def test_the_plan_shows_objects_in_two_states(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    object_ = (
        '{"mode":"managed","type":"aws_vpc","name":"%s","provider":"provider[\\"terraform.io/builtin/terraform\\"]",'
    )
    object_ += '"instances":[{"schema_version":0,"attributes":{"id":"vpc-12345678"}}]}'
    for unit, name in (("a", "main"), ("b", "old")):
        apply(repo / unit, 'resource "terraform_data" "x" {\n}\n')
        state = json.loads((repo / unit / "terraform.tfstate").read_text())
        state["resources"].append(json.loads(object_ % name))
        (repo / unit / "terraform.tfstate").write_text(json.dumps(state))
        (repo / unit / "main.tf").write_text(
            'resource "terraform_data" "x" {\n}\n' + ('resource "aws_vpc" "main" {}\n' if unit == "a" else "")
        )
    monkeypatch.chdir(repo)

    main(["remediate", "plan"])
    said = capsys.readouterr().out
    assert "in several states\n  aws_vpc vpc-12345678\n" in said

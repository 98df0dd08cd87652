from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from driftgate.settings.load import load
from driftgate.wrap.hooks.table import HOOKS
from driftgate.wrap.setup import CI, Leave, Write, planned, write

ROOT = Path(__file__).parents[2]


def lay_out(root: Path, *, hooks: bool = False, ci: tuple[str, ...] = ()) -> dict[str, str]:
    """Write all of it; gives what was done by path."""
    done = {}
    for step in planned(root, hooks=hooks, ci=ci):
        done[step.path.relative_to(root).as_posix()] = "written" if isinstance(step, Write) else step.why
        if isinstance(step, Write):
            write(step)
    return done


def test_the_settings_are_right_and_are_the_defaults(repo: Path) -> None:
    assert lay_out(repo) == {".driftgate.toml": "written"}
    assert load(repo, {}).settings == load(repo.parent, {}).settings
    assert lay_out(repo) == {".driftgate.toml": "it is there already"}


def test_every_setting_in_it_exists(repo: Path) -> None:
    lay_out(repo)
    file = repo / ".driftgate.toml"
    file.write_text(
        "\n".join(line.removeprefix("# ") if "=" in line else line for line in file.read_text().splitlines())
    )
    assert load(repo, {}).settings.drift.fail_on == "high"


def test_hooks_of_plain_git(repo: Path) -> None:
    assert lay_out(repo, hooks=True) == {
        ".driftgate.toml": "written", ".git/hooks/pre-commit": "written", ".git/hooks/pre-push": "written",
    }  # fmt: skip
    hook = repo / ".git/hooks/pre-commit"
    assert hook.read_text() == (ROOT / "hooks/pre-commit").read_text()
    assert os.access(hook, os.X_OK)
    assert lay_out(repo, hooks=True)[".git/hooks/pre-commit"] == "written"  # ours, brought up to date


def test_somebody_s_hook_is_left_alone(repo: Path) -> None:
    (repo / ".git/hooks").mkdir()
    (repo / ".git/hooks/pre-commit").write_text("#!/bin/sh\nmake lint\n")
    assert "add the line `dg hook pre-commit`" in lay_out(repo, hooks=True)[".git/hooks/pre-commit"]
    assert "make lint" in (repo / ".git/hooks/pre-commit").read_text()


def test_a_worktree_has_no_folder_for_hooks(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert isinstance(list(planned(tmp_path, hooks=True, ci=()))[-1], Leave)


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n  - repo: https://x.y/z\n    rev: v1\n    hooks:\n      - id: a\n",
        "repos:\n- repo: local\n  hooks:\n  - id: a\n    name: b",
    ],
    ids=["indented", "flush"],
)
def test_pre_commit_s_file_is_added_to(repo: Path, text: str) -> None:
    (repo / ".pre-commit-config.yaml").write_text(text)
    assert lay_out(repo, hooks=True)[".pre-commit-config.yaml"] == "written"
    tree = yaml.safe_load((repo / ".pre-commit-config.yaml").read_text())
    assert [hook["id"] for hook in tree["repos"][1]["hooks"]] == list(HOOKS)
    assert tree["repos"][0] == yaml.safe_load(text)["repos"][0]
    assert lay_out(repo, hooks=True)[".pre-commit-config.yaml"] == "it has driftgate's hooks already"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"repos: [", id="no YAML"),
        pytest.param(b"- a\n- b\n", id="a list"),
        pytest.param(b"repos:\n  - repo: x\n    hooks: [{id: a}]  # }\nci: {}\n", id="settings of pre-commit.ci"),
        pytest.param(b"repos:\n- repo: x\n  hooks:\n  - id: a\nexclude: ^vendor\n", id="settings behind the repos"),
        pytest.param(b"repos: []\n", id="in brackets"),
        pytest.param(b"repos:\n    - repo: x\n      hooks:\n      - id: a\n", id="indented deeper"),
        pytest.param(b"repos:\n- repo: x\n  hooks:\n  - id: a\n    name: |\n      b\n      - c\n---\na: b\n", id="two documents"),
        pytest.param(b"# \xff\nrepos:\n- repo: x\n", id="no UTF-8"),
    ],
)  # fmt: skip
def test_a_file_of_another_form_is_left_alone(repo: Path, data: bytes) -> None:
    (repo / ".pre-commit-config.yaml").write_bytes(data)
    assert "by hand" in lay_out(repo, hooks=True)[".pre-commit-config.yaml"]
    assert (repo / ".pre-commit-config.yaml").read_bytes() == data


@pytest.mark.parametrize("name", CI)
def test_workflows_are_the_examples(repo: Path, name: str) -> None:
    target, example = CI[name]
    assert lay_out(repo, ci=(name,))[target] == "written"
    assert (repo / target).read_text() == (ROOT / "examples" / example).read_text()


@pytest.mark.parametrize("name", ["gitlab", "atlantis"])
def test_the_examples_are_those_of_the_docs(name: str) -> None:
    page = (ROOT / f"docs/ci/{name}.md").read_text()
    _, _, without_head = (ROOT / "examples" / CI[name][1]).read_text().partition("\n")

    assert f"```yaml\n{without_head}```" in page
    assert yaml.safe_load(without_head)

"""`terraform init -backend-config …` found in CI files, Makefiles and scripts, for the right unit or for none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.discover.init_commands import init_commands
from driftgate.discover.repo import Repo

MODULES = {"live/a/main.tf": "", "live/b/main.tf": ""}
NOT_FOUND = {
    "no items": ("Makefile", "init:\n\tcd live/a && terraform init -input=false\n"),
    "nothing of terraform": ("Makefile", "x:\n\techo -backend-config=x\n"),
    "no unit named": ("deploy.sh", "terraform init -backend-config=a.hcl\n"),
    "an unknown unit": ("deploy.sh", "terraform -chdir=live/z init -backend-config=a.hcl\n"),
    "a comment": ("deploy.sh", "  # cd live/a && terraform init -backend-config=old.hcl\n"),
    "a comment of Groovy": ("Jenkinsfile", "// sh 'cd live/a && terraform init -backend-config=old.hcl'\n"),
    "prose": ("README.md", "terraform -chdir=live/a init -backend-config=a.hcl\n"),
}


@pytest.mark.parametrize(("name", "text"), NOT_FOUND.values(), ids=NOT_FOUND)
def test_nothing_to_find(write: Callable[..., Path], name: str, text: str) -> None:
    assert init_commands(Repo.open(write({**MODULES, name: text}), {})) == []


WORKFLOW = """\
jobs:
  plan:
    steps:
      - name: init
        working-directory: ./live/a
        run: |
          terraform init \\
            -backend-config="bucket=b" \\
            -backend-config=prod.tfbackend
"""
GITLAB = "x:\n  script:\n    - cd live/a\n    - terraform init -backend-config=a.hcl\n"
FOUND = {
    "chdir": ("deploy.sh", "tofu -chdir=live/a init -backend-config=a.hcl # now\n", 1, ("a.hcl",)),
    "cd": ("Makefile", "x:\n\tcd live/a && terraform init -backend-config a.hcl && terraform plan\n", 2, ("a.hcl",)),
    "working directory": (".github/workflows/ci.yml", WORKFLOW, 7, ("bucket=b", "prod.tfbackend")),
    "its own folder": ("live/a/Makefile", "init:\n\tterraform init --backend-config=a.hcl\n", 2, ("a.hcl",)),
    "relative to its own folder": ("live/deploy.sh", "cd a; terraform init -backend-config=a.hcl\n", 1, ("a.hcl",)),
    "relative to the root": ("ci/deploy.sh", "cd live/a; terraform init -backend-config=a.hcl\n", 1, ("a.hcl",)),
    "GitLab": (".gitlab-ci.yml", GITLAB, 4, ("a.hcl",)),
    "quotes that do not close": ("x.sh", "cd live/a && terraform init -backend-config=a.hcl it's\n", 1, ("a.hcl",)),
    "Jenkins": ("Jenkinsfile", "sh 'cd live/a && terraform init -backend-config=a.hcl'\n", 1, ("a.hcl",)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "items"), FOUND.values(), ids=FOUND)
def test_found(write: Callable[..., Path], name: str, text: str, line: int, items: tuple[str, ...]) -> None:
    (command,) = init_commands(Repo.open(write({**MODULES, name: text}), {}))

    assert (command.file, command.line, command.unit, command.items) == (name, line, "live/a", items)


def test_the_working_directory_of_another_step_does_not_count(write: Callable[..., Path]) -> None:
    other = "      - run: terraform init -backend-config=b.hcl\n      - working-directory: live/b\n        run: x\n"
    root = write({**MODULES, ".github/workflows/ci.yml": WORKFLOW + other})

    assert [command.items for command in init_commands(Repo.open(root, {}))] == [("bucket=b", "prod.tfbackend")]


def test_a_repo_that_is_one_unit(write: Callable[..., Path]) -> None:
    root = write({"main.tf": "", ".circleci/config.yml": "run: terraform init -backend-config=a.hcl\n"})

    (command,) = init_commands(Repo.open(root, {}))

    assert command.unit == "."


def test_binary_scripts_are_passed_over(write: Callable[..., Path]) -> None:
    root = write(MODULES)
    (root / "x.sh").write_bytes(b"\xff -backend-config init")

    assert init_commands(Repo.open(root, {})) == []

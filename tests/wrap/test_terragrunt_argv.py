from __future__ import annotations

import pytest

from driftgate.wrap.terragrunt_argv import legacy, may_change, translated


@pytest.mark.parametrize(
    "line",
    [
        "", "--version", "version", "--help", "apply --help", "plan", "run --all -- plan", "run --all plan", "run-all plan",
        "output -json", "hcl fmt", "hclfmt", "find --json", "dag graph", "render --json", "run -- graph",
        "validate", "init", "run-all output",
    ],
)  # fmt: skip
def test_what_changes_nothing_is_left_alone(line: str) -> None:
    assert not may_change(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "apply", "destroy -auto-approve", "run --all -- apply", "run --all apply", "run-all apply", "apply-all",
        "run -- state rm a", "state mv a b", "import a b", "run --graph destroy", "exec -- terraform apply",
        "stack run apply", "run -- workspace delete x", "--working-dir x run --all -- refresh", "run -- apply -- -help",
        "run -- workspace list",
    ],
)  # fmt: skip
def test_what_may_change_something_is_attended(line: str) -> None:
    assert may_change(line.split())


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", ""), ("apply", ""), ("run --all -- apply", ""), ("run-all apply", "run-all"), ("plan-all", "plan-all"),
        ("--terragrunt-working-dir run-all apply", ""), ("--terragrunt-working-dir x run-all apply", "run-all"),
        ("--terragrunt-non-interactive run-all apply", "run-all"), ("--working-dir=x run-all apply", "run-all"),
        ("run -- run-all", ""),
    ],
)  # fmt: skip
def test_the_commands_that_are_gone(line: str, word: str) -> None:
    assert legacy(line.split()) == word


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("run-all apply", "run --all -- apply", id="plain"),
        pytest.param("run-all", "run --all --", id="nothing to run"),
        pytest.param("plan-all -out=p", "run --all -- plan -out=p", id="a command of its own"),
        pytest.param("run-all apply -auto-approve -var a=b", "run --all -- apply -auto-approve -var a=b", id="terraform's options"),
        pytest.param("run-all apply --terragrunt-non-interactive -lock=false", "run --all --non-interactive -- apply -lock=false", id="a switch after the command"),
        pytest.param("run-all --terragrunt-working-dir live plan", "run --all --working-dir live -- plan", id="a value before the command"),
        pytest.param("run-all plan --terragrunt-parallelism=4", "run --all --parallelism=4 -- plan", id="a value with ="),
        pytest.param("run-all plan --terragrunt-include-dir a --terragrunt-exclude-dir b", "run --all --queue-include-dir a --queue-exclude-dir b -- plan", id="renamed"),
        pytest.param("run-all plan --terragrunt-ignore-dependency-errors", "run --all --queue-ignore-errors -- plan", id="a renamed switch"),
        pytest.param("run-all plan --terragrunt-fail-on-state-bucket-creation", "run --all -- plan", id="removed"),
        pytest.param("run-all plan --non-interactive --queue-include-dir a -no-color", "run --all --non-interactive --queue-include-dir a -- plan -no-color", id="new spellings"),
        pytest.param("--terragrunt-log-level debug run-all plan", "--log-level debug run --all -- plan", id="before the command"),
        pytest.param("run-all plan -- -parallelism=3", "run --all -- plan -parallelism=3", id="its own dashes"),
    ],
)  # fmt: skip
def test_run_all_in_the_words_of_1_x(old: str, new: str) -> None:
    assert " ".join(translated(old.split())) == new

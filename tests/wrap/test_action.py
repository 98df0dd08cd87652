from __future__ import annotations

import pytest

from driftgate.wrap.action import (
    Inputs,
    inputs,
    masks,
    outputs,
    real_tools,
    refuse_fork_code,
    unread_by_the_runner,
    wrapped,
)
from driftgate.wrap.ci import CiError, Run


def run(event: str, *, fork: bool) -> Run:
    return Run("https://api.github.com", "acme/infra", 7, 1, "", "", event=event, from_fork=fork)


def test_nothing_given() -> None:
    assert inputs({}) == inputs({"DG_ACTION_FAIL_ON": " ", "DG_ACTION_TOOL": "auto", "DG_FAIL_ON": "x"}) == Inputs()


def test_all_given() -> None:
    env = {
        "DG_ACTION_COMMAND": "comment", "DG_ACTION_WORKING_DIRECTORY": "live",
        "DG_ACTION_CONFIG": "ci/dg.toml", "DG_ACTION_TOOL": "tofu",
        "DG_ACTION_TERRAFORM_PATH": "/t", "DG_ACTION_FAIL_ON": "high", "DG_ACTION_CHANGED_ONLY": "true",
        "DG_ACTION_SHARD": "1/2", "DG_ACTION_COMMENT": "never", "DG_ACTION_ISSUES": "True",
        "DG_ACTION_CHECK": "yes", "DG_ACTION_MARKER": "m",
        "DG_ACTION_AUTHOR": "app[bot]", "DG_ACTION_SUMMARY": "false", "DG_ACTION_ANNOTATIONS": "0",
        "DG_ACTION_REPORT_JSON": "r.json", "DG_ACTION_SARIF_FILE": "s", "DG_ACTION_HTML_FILE": "h",
        "DG_ACTION_LEDGER": "s3://b/p", "DG_ACTION_EXTRA_ARGS": "--strict --var-file 'a b'", "DG_ACTION_I_UNDERSTAND_FORK_RISK": "true",
    }  # fmt: skip
    assert inputs(env) == Inputs(
        "comment", "live", "ci/dg.toml", "tofu", "/t", "high", True, "1/2", "never", True, True, "m", "app[bot]", "s3://b/p", False,
        False, "r.json", "s", "h", ("--strict", "--var-file", "a b"), True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("COMMAND", "apply"), ("COMMENT", "maybe"), ("ISSUES", "2"), ("SUMMARY", "on"), ("EXTRA_ARGS", "'")],
)
def test_an_input_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(CiError) as failed:
        inputs({f"DG_ACTION_{name}": value})
    assert failed.value.next_step


@pytest.mark.parametrize(
    ("event", "fork", "given", "refused"),
    [
        ("pull_request", True, Inputs(), False),
        ("pull_request_target", False, Inputs(), False),
        ("pull_request_target", True, Inputs(), True),
        ("workflow_run", True, Inputs(), True),
        ("workflow_run", True, Inputs(command="comment"), False),
        ("workflow_run", True, Inputs(fork_risk_understood=True), False),
    ],
)
def test_a_fork_s_code_is_not_run_with_secrets(event: str, fork: bool, given: Inputs, refused: bool) -> None:
    if not refused:
        refuse_fork_code(run(event, fork=fork), given)
        return
    with pytest.raises(CiError, match=r"a fork's code .* is not planned"):
        refuse_fork_code(run(event, fork=fork), given)


def test_the_program_behind_a_wrapper() -> None:
    env = {"TERRAFORM_CLI_PATH": "/tf", "TOFU_CLI_PATH": "/tofu"}
    assert wrapped(env) == ["/tf/terraform-bin", "/tofu/tofu-bin"]
    assert real_tools(env, {"/tf/terraform-bin": True, "/tofu/tofu-bin": False}) == {
        "DG_REAL_TERRAFORM": "/tf/terraform-bin"
    }
    assert real_tools({**env, "DG_REAL_TERRAFORM": "/mine"}, {"/tf/terraform-bin": True}) == {}
    assert real_tools({}, {}) == {}


def test_masks_are_lines_and_long_enough() -> None:
    assert list(masks(["hunter2", "short", "line one\nline two\r\n\n", "100%\tsure"])) == [
        "::add-mask::100%25\tsure", "::add-mask::hunter2", "::add-mask::line one", "::add-mask::line two",
    ]  # fmt: skip


def test_an_output_cannot_set_another() -> None:
    text = outputs({"a": "1\nb=2\nEOF\nc=3", "d": ""}, "dg-random")
    assert text == "a<<dg-random\n1\nb=2\nEOF\nc=3\ndg-random\nd<<dg-random\n\ndg-random\n"


def test_commands_in_text_are_not_obeyed() -> None:
    assert (
        unread_by_the_runner("::set-output name=x::y\n", "token")
        == "::stop-commands::token\n::set-output name=x::y\n::token::"
    )

"""The GitHub Action between the runner and dg: inputs from variables, refusals, masks and outputs.

Files and commands: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from driftgate.wrap.ci import CiError, Run

_PREFIX = "DG_ACTION_"
_TRUE, _FALSE = ("true", "1", "yes"), ("", "false", "0", "no")
COMMANDS = ("drift", "comment")
_COMMENT = ("auto", "always", "never")
# Events whose workflow runs with the base repository's secrets, whoever wrote the code.
_PRIVILEGED = ("pull_request_target", "workflow_run", "issue_comment")
_LONGEST_MASK = 1_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """The action's inputs, as action.yml describes them."""

    command: str = "drift"
    working_directory: str = "."
    config: str = ""
    tool: str = ""
    terraform_path: str = ""
    fail_on: str = ""
    changed_only: bool = False
    shard: str = ""
    comment: str = "auto"
    issues: bool = False
    check: bool = False
    marker: str = "all"
    author: str = ""
    ledger: str = ""
    summary: bool = True
    annotations: bool = True
    report_json: str = ""
    sarif_file: str = ""
    html_file: str = ""
    extra_args: tuple[str, ...] = ()
    fork_risk_understood: bool = False


def inputs(env: Mapping[str, str]) -> Inputs:
    """The inputs in `env`, one variable each (`DG_ACTION_FAIL_ON`); empty ones count as not given.

    Raises CiError for a value that an input cannot have.
    """
    given = {name.removeprefix(_PREFIX).lower(): value for name, value in env.items() if name.startswith(_PREFIX)}
    texts = {name: value.strip() for name, value in given.items() if value.strip()}
    return Inputs(
        command=_choice("command", texts, COMMANDS),
        working_directory=texts.get("working_directory", "."),
        config=texts.get("config", ""),
        tool=texts.get("tool", "").replace("auto", ""),
        terraform_path=texts.get("terraform_path", ""),
        fail_on=texts.get("fail_on", ""),
        changed_only=_flag("changed_only", texts, False),
        shard=texts.get("shard", ""),
        comment=_choice("comment", texts, _COMMENT),
        issues=_flag("issues", texts, False),
        check=_flag("check", texts, False),
        marker=texts.get("marker", "all"),
        author=texts.get("author", ""),
        ledger=texts.get("ledger", ""),
        summary=_flag("summary", texts, True),
        annotations=_flag("annotations", texts, True),
        report_json=texts.get("report_json", ""),
        sarif_file=texts.get("sarif_file", ""),
        html_file=texts.get("html_file", ""),
        extra_args=_words(texts.get("extra_args", "")),
        fork_risk_understood=_flag("i_understand_fork_risk", texts, False),
    )


def refuse_fork_code(run: Run, given: Inputs) -> None:
    """Raises CiError where a fork's code would run with this repository's secrets.

    Planning runs what the code names: providers, `external` data, Terragrunt's `run_cmd`.
    """
    if given.command == "drift" and run.from_fork and run.event in _PRIVILEGED and not given.fork_risk_understood:
        raise CiError(
            f"a fork's code in a `{run.event}` run, which has the secrets of {run.repository}, is not planned",
            next_step="scan in a `pull_request` workflow without secrets, comment in a second one (docs/ci/github.md)",
        )


def real_tools(env: Mapping[str, str], exists: Mapping[str, bool]) -> dict[str, str]:
    """Variables that name the programs behind the wrappers of setup-terraform and setup-opentofu.

    The wrapper is a script that keeps all output in memory and adds lines of its own. `exists` says which paths are
    files.
    """
    found = {}
    for tool, folder in (("terraform", env.get("TERRAFORM_CLI_PATH")), ("tofu", env.get("TOFU_CLI_PATH"))):
        path = f"{folder}/{tool}-bin"
        if folder and exists.get(path) and f"DG_REAL_{tool.upper()}" not in env:
            found[f"DG_REAL_{tool.upper()}"] = path
    return found


def wrapped(env: Mapping[str, str]) -> list[str]:
    """The paths that `real_tools` asks about."""
    pairs = (("terraform", env.get("TERRAFORM_CLI_PATH")), ("tofu", env.get("TOFU_CLI_PATH")))
    return [f"{folder}/{tool}-bin" for tool, folder in pairs if folder]


def masks(secrets: Iterable[str]) -> Iterator[str]:
    """Commands that hide the secrets in every later line of the job's log; the runner hides single lines only."""
    lines = {line.strip() for secret in secrets for line in secret.splitlines()}
    for line in sorted(line for line in lines if 6 <= len(line) <= _LONGEST_MASK):
        yield f"::add-mask::{_escaped(line)}"


def outputs(values: Mapping[str, str], delimiter: str) -> str:
    """What to append to GITHUB_OUTPUT. `delimiter` must be random: a value that knew it could set other outputs."""
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())


def unread_by_the_runner(text: str, token: str) -> str:
    """`text` for the log, in which the runner obeys no command. `token` must be random."""
    return f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _choice(name: str, texts: Mapping[str, str], values: tuple[str, ...]) -> str:
    value = texts.get(name, values[0])
    if value not in values:
        raise CiError(f"the input {_spelled(name)} cannot be `{value}`", next_step=f"use one of {', '.join(values)}")
    return value


def _flag(name: str, texts: Mapping[str, str], default: bool) -> bool:
    if name not in texts:
        return default
    value = texts[name].lower()
    if value not in (*_TRUE, *_FALSE):
        raise CiError(f"the input {_spelled(name)} cannot be `{value}`", next_step="use true or false")
    return value in _TRUE


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise CiError(f"the input extra-args is not a command line: {error}", next_step="close its quotes") from None


def _spelled(name: str) -> str:
    return name.replace("_", "-")

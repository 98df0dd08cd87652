from __future__ import annotations

import pytest

from driftgate.wrap.options import Options, command_options
from driftgate.wrap.terraform_argv import terraform_command


@pytest.mark.parametrize(
    ("words", "name", "value", "positional"),
    [
        pytest.param([], "state", "", [], id="nothing"),
        pytest.param(["-state=a"], "state", "a", [], id="="),
        pytest.param(["-state", "a", "plan"], "state", "a", ["plan"], id="the next word"),
        pytest.param(["--state=a", "-state=b"], "state", "b", [], id="two dashes; the last counts"),
        pytest.param(["-var", "-state=a"], "state", "", [], id="the value of another option"),
        pytest.param(["plan", "-state=a"], "state", "", ["plan", "-state=a"], id="after the first word nothing is an option"),
        pytest.param(["--", "-state=a"], "state", "", ["-state=a"], id="after --"),
        pytest.param(["-"], "state", "", ["-"], id="stdin"),
        pytest.param(["-state"], "state", "", [], id="its value is missing"),
    ],
)  # fmt: skip
def test_options(words: list[str], name: str, value: str, positional: list[str]) -> None:
    options = Options(words)

    assert options.get(name) == value
    assert options.positional == positional


def test_options_keep_their_spelling() -> None:
    words = ["-no-color", "--var", "a=b", "-lock=false"]

    assert [word for _, given in Options(words).spelled for word in given] == words


@pytest.mark.parametrize(
    ("words", "on"),
    [(["-destroy"], True), (["-destroy=true"], True), (["-destroy", "-destroy=false"], False), ([], False)],
)
def test_switches(words: list[str], on: bool) -> None:
    assert Options(words).flag("destroy") is on


@pytest.mark.parametrize(
    ("words", "off"),
    [([], False), (["-input"], False), (["-input=false"], True), (["-input=0"], True), (["-input=F"], True), (["-input=False"], True)],
)  # fmt: skip
def test_switches_that_are_off(words: list[str], off: bool) -> None:
    assert Options(words).denies("input") is off


@pytest.mark.parametrize(
    ("env", "state"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"TF_CLI_ARGS": "-state='a b'"}, "a b", id="all commands"),
        pytest.param({"TF_CLI_ARGS_state_mv": "-state=special"}, "special", id="this command"),
        pytest.param({"TF_CLI_ARGS": "-state=a", "TF_CLI_ARGS_state_mv": "-state=b"}, "a", id="both: the general one comes later"),
        pytest.param({"TF_CLI_ARGS_state_rm": "-state=b"}, "", id="another command"),
        pytest.param({"TF_CLI_ARGS": "-state='a"}, "", id="cannot be split"),
    ],
)  # fmt: skip
def test_inserted_options(env: dict[str, str], state: str) -> None:
    assert command_options(terraform_command(["state", "mv", "a", "b"]), env).get("state") == state
    typed = terraform_command(["state", "mv", "-state=typed", "a", "b"])
    assert command_options(typed, env).get("state") == "typed"

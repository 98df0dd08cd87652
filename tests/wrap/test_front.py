from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from driftgate.settings.schema import GateSettings
from driftgate.wrap.front import GATE_MODES, family, is_tool, split


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["drift", "scan"], id="a command of dg"),
        pytest.param(["--version"], id="dg's version"),
        pytest.param(["-C", "x", "discover", "terraform"], id="the word later on"),
        pytest.param(["--nope", "terraform"], id="an option that is not dg's"),
        pytest.param(["--reason"], id="an option without its value"),
        pytest.param(["-C"], id="-C without its folder"),
        pytest.param(["--no-backup=1", "terraform"], id="a flag with a value"),
        pytest.param(["terraformer", "import"], id="another tool"),
    ],
)
def test_what_is_no_passthrough(arguments: list[str]) -> None:
    assert split(arguments) is None


@pytest.mark.parametrize(
    ("arguments", "tool", "rest", "directory", "options"),
    [
        pytest.param(["terraform"], "terraform", [], "", {}, id="bare"),
        pytest.param(["tofu", "-C", "x", "--gate", "off"], "tofu", ["-C", "x", "--gate", "off"], "", {}, id="after the word all is the tool's"),
        pytest.param(["terragrunt", "run", "--all", "--", "plan"], "terragrunt", ["run", "--all", "--", "plan"], "", {}, id="dashes"),
        pytest.param(["terraform", "-var=a=b", "", "\udcff"], "terraform", ["-var=a=b", "", "\udcff"], "", {}, id="any bytes"),
        pytest.param(["-C", "a", "-Cb", "terraform", "plan"], "terraform", ["plan"], "a/b", {}, id="-C twice, as git"),
        pytest.param(["--gate", "enforce", "--reason=a b", "--no-backup", "terraform", "apply"], "terraform", ["apply"], "",
                     {"DG_GATE_MODE": "enforce", "DG_REASON": "a b", "DG_WRAP_BACKUP": "false"}, id="options become variables"),
        pytest.param(["terraform1.11.4", "plan"], "terraform1.11.4", ["plan"], "", {}, id="a versioned name"),
    ],
)  # fmt: skip
def test_what_is_one(arguments: list[str], tool: str, rest: list[str], directory: str, options: dict[str, str]) -> None:
    front = split(arguments)

    assert front is not None
    assert (front.tool, front.arguments, front.directory, front.options) == (tool, rest, directory, options)


@pytest.mark.parametrize(
    ("word", "tool"),
    [("terraform", "terraform"), ("terragrunt", "terragrunt"), ("tofu1.10.0", "tofu"), ("terraformv1.9", "terraform")],
)
def test_versioned_names(word: str, tool: str) -> None:
    assert is_tool(word)
    assert family(word) == tool


def test_the_modes_of_the_gate_are_those_of_the_setting() -> None:
    assert get_args(get_type_hints(GateSettings)["mode"]) == GATE_MODES

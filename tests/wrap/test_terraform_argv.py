from __future__ import annotations

import pytest

from driftgate.wrap.terraform_argv import MUTATING, mutates, terraform_command


@pytest.mark.parametrize(
    ("arguments", "name", "folder", "rest"),
    [
        pytest.param([], "", "", [], id="nothing"),
        pytest.param(["-version"], "", "", [], id="an option only"),
        pytest.param(["plan"], "plan", "", [], id="plain"),
        pytest.param(["apply", "-help"], "", "", ["-help"], id="its help"),
        pytest.param(["apply", "--", "-help"], "apply", "", ["--", "-help"], id="not its help"),
        pytest.param(["-chdir=a", "-chdir=b", "apply", "p"], "apply", "b", ["p"], id="-chdir, the last"),
        pytest.param(["apply", "-chdir=a"], "apply", "", ["-chdir=a"], id="-chdir too late"),
        pytest.param(["state", "mv", "a", "b"], "state mv", "", ["a", "b"], id="a group"),
        pytest.param(["state", "-lock=false", "mv"], "state", "", ["-lock=false", "mv"], id="an option in a group"),
        pytest.param(["state"], "state", "", [], id="a group alone"),
    ],
)
def test_which_command_it_is(arguments: list[str], name: str, folder: str, rest: list[str]) -> None:
    command = terraform_command(arguments)

    assert (command.name, command.folder, command.rest) == (name, folder, rest)


READS = (
    "version", "-version", "fmt", "validate", "output", "show", "console", "graph", "providers", "get", "login", "logout",
    "metadata functions", "test", "init", "plan", "workspace list", "workspace show", "workspace select a",
    "workspace new a", "state list", "state show a", "state pull", "modules", "aply", "state rm -dry-run a",
    "state mv --dry-run a b", "apply -help",
)  # fmt: skip


@pytest.mark.parametrize("line", READS)
def test_commands_without_hooks(line: str) -> None:
    assert not mutates(terraform_command(line.split()))


@pytest.mark.parametrize("name", MUTATING)
def test_commands_with_hooks(name: str) -> None:
    assert mutates(terraform_command(["-chdir=x", *name.split(), "-lock=false"]))

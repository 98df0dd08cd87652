"""The options of a terraform command line, with those that TF_CLI_ARGS inserts: read, never changed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from driftgate.wrap.terraform_argv import TerraformCommand

VALUED = frozenset(
    {
        "backup", "backend-config", "backup-out", "chdir", "config", "exclude", "exclude-file", "from-module",
        "generate-config-out", "invoke", "lock-timeout", "out", "parallelism", "replace", "state", "state-out",
        "target", "target-file", "var", "var-file",
    }
)  # fmt: skip
"""Options that take the next word when no `=` follows, in any command that changes something."""


class Options:
    """What the command was given. The last of several values of one option counts, as it does for terraform.

    `values` are name and value, `spelled` name and words as they were given: terraform knows `-no-color` in this
    spelling only.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.values: list[tuple[str, str]] = []
        self.spelled: list[tuple[str, list[str]]] = []
        self.positional: list[str] = []
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word == "--" or not word.startswith("-") or word == "-":
                self.positional += rest if word == "--" else [word, *rest]  # Go's flag package stops at the first
                break
            given = [word]
            name, equals, value = word.removeprefix("-").removeprefix("-").partition("=")
            if not equals and name in VALUED:
                value = rest.pop(0) if rest else ""
                given.append(value)
            elif not equals:
                value = "true"
            self.values.append((name, value))
            self.spelled.append((name, given))

    def get(self, name: str) -> str:
        """The value of an option, "" when it was not given."""
        return next((value for found, value in reversed(self.values) if found == name), "")

    def flag(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.get(name).lower() in ("true", "t", "1")

    def denies(self, name: str) -> bool:
        """Whether a switch is given and off."""
        return self.get(name).lower() in ("false", "f", "0")


def command_options(command: TerraformCommand, env: Mapping[str, str]) -> Options:
    """The options in the order in which terraform sees them: TF_CLI_ARGS_<command>, TF_CLI_ARGS, the command line.

    Source: mergeEnvArgs in Terraform's main.go; both are put right after the command, the second one first.
    """
    return Options([*inserted(command.name, env), *command.rest])


def inserted(name: str, env: Mapping[str, str]) -> list[str]:
    """The words that TF_CLI_ARGS variables insert after the command `name`; none where they cannot be split."""
    suffix = name.replace("-", "_").replace(" ", "_")
    words: list[str] = []
    for variable in (f"TF_CLI_ARGS_{suffix}", "TF_CLI_ARGS"):
        try:
            words += shlex.split(env.get(variable, ""))
        except ValueError:  # terraform refuses these, too
            continue
    return words


def without_inserted(env: Mapping[str, str]) -> dict[str, str]:
    """`env` without the variables that insert words: they are in the command line already, or not meant for it."""
    return {name: value for name, value in env.items() if not name.startswith("TF_CLI_ARGS")}

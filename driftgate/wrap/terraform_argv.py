"""Reads a terraform or tofu command line as the tool itself does: which command in which folder. Light, never changed.

Learned from Terraform's main.go (`extractChdirOption`) and the command line library it uses (mitchellh/cli).
"""

from __future__ import annotations

MUTATING = {
    # command: what it may change. Only these get hooks; everything else is executed in dg's place.
    "apply": "resources and state",
    "destroy": "resources and state",
    "refresh": "state",
    "import": "state",
    "taint": "state",
    "untaint": "state",
    "state mv": "state",
    "state rm": "state",
    "state push": "state",
    "state replace-provider": "state",
    "workspace delete": "the workspace and its state",
    "force-unlock": "the lock",
}
GROUPS = ("state", "workspace")
HELP = ("-h", "-help", "--help")
_CHDIR = "-chdir="


class TerraformCommand:
    """`name` is the command with its group (`state mv`), `rest` what follows it, `folder` what -chdir says or ""."""

    __slots__ = ("folder", "name", "rest")

    def __init__(self, folder: str, name: str, rest: list[str]) -> None:
        self.folder = folder
        self.name = name
        self.rest = rest


def terraform_command(arguments: list[str]) -> TerraformCommand:
    """The command that `arguments` ask for; an empty name when there is none or only its help is asked for."""
    folder, position = "", 0
    while position < len(arguments) and arguments[position].startswith("-"):
        if arguments[position].startswith(_CHDIR):
            folder = arguments[position][len(_CHDIR) :]
        position += 1
    words = arguments[position:]
    length = 2 if words[:1] and words[0] in GROUPS and words[1:2] and not words[1].startswith("-") else 1
    asks_help = any(word in HELP for word in _before_dashes(arguments))
    return TerraformCommand(folder, "" if asks_help else " ".join(words[:length]), words[length:])


def mutates(command: TerraformCommand) -> bool:
    """Whether the command may change state, resources or a lock."""
    return command.name in MUTATING and "-dry-run" not in [word.replace("--", "-") for word in command.rest]


def _before_dashes(arguments: list[str]) -> list[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments

"""Splits `dg [ITS OWN OPTIONS] terraform …` before click sees it. Imported at every start of dg, so light.

click cannot carry a foreign command line: it swallows the `--` that Terragrunt needs, and its short options eat letters
of `-var=…`. Everything after the tool word belongs to the tool, byte for byte.
"""

from __future__ import annotations

import os

TOOLS = ("terraform", "tofu", "terragrunt")
VALUED = {"--config": "DG_CONFIG", "--gate": "DG_GATE_MODE", "--reason": "DG_REASON"}
"""Options with a value, and the variable that says the same."""
GATE_MODES = ("off", "observe", "enforce")
"""What `--gate` can be: as `gate.mode` of the settings, whose schema is not light."""
FLAGS = {"--no-backup": ("DG_WRAP_BACKUP", "false"), "--no-color": ("NO_COLOR", "1")}
"""Options without one."""


class Front:
    """A passthrough command line: the tool word, its arguments untouched, and what dg's own options said."""

    __slots__ = ("arguments", "directory", "options", "tool")

    def __init__(self, tool: str, arguments: list[str], directory: str, options: dict[str, str]) -> None:
        self.tool = tool
        self.arguments = arguments
        self.directory = directory
        self.options = options


def split(arguments: list[str]) -> Front | None:
    """The passthrough that `arguments` ask for; None for dg's own commands and for options that are not dg's."""
    options: dict[str, str] = {}
    directory = ""
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word in FLAGS:
            name, value = FLAGS[word]
            options[name] = value
        elif name in VALUED and (equals or rest):
            options[VALUED[name]] = value if equals else rest.pop(0)
        elif word.startswith("-C") and (word[2:] or rest):
            directory = os.path.join(directory, word[2:] or rest.pop(0))
        else:
            return None
    return Front(rest[0], rest[1:], directory, options) if rest and is_tool(rest[0]) else None


def is_tool(word: str) -> bool:
    """Whether `word` is a tool or one of its versioned names, as Atlantis has them on PATH (`terraform1.11.4`)."""
    for tool in TOOLS:
        if word.startswith(tool):
            rest = word[len(tool) :].removeprefix("v")
            if not rest or (rest[0].isdigit() and "/" not in rest):
                return True
    return False


def family(word: str) -> str:
    """The tool that a versioned name is of."""
    return next(tool for tool in sorted(TOOLS, key=len, reverse=True) if word.startswith(tool))

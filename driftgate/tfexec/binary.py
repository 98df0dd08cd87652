"""Finds the real terraform or tofu and what version it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate.errors import DriftgateError
from driftgate.process import Runner
from driftgate.tfexec.real import find_real

TOOLS = ("terraform", "tofu")


class ToolError(DriftgateError):
    """terraform or tofu is missing, was refused, or failed."""


@dataclass(frozen=True, slots=True)
class Binary:
    """A terraform or tofu that answers; `version` as numbers, e.g. (1, 11, 4)."""

    path: str
    name: str
    version: tuple[int, ...]


def find_binary(env: Mapping[str, str], *, run: Runner, tool: str | None = None) -> Binary:
    """The `tool` asked for, else terraform, else tofu, from PATH.

    Raises ToolError when there is none or it does not answer `version -json`.
    """
    for name in (tool,) if tool else TOOLS:
        path = find_real(name, env)
        if path is not None:
            return Binary(path, name, _version(path, env, run))
    raise ToolError(
        f"{tool} is not on PATH" if tool else "neither terraform nor tofu is on PATH",
        next_step="install Terraform or OpenTofu, or scan a saved plan with `dg drift scan --plan-json FILE`",
    )


def _version(path: str, env: Mapping[str, str], run: Runner) -> tuple[int, ...]:
    try:
        result = run((path, "version", "-json"), cwd=Path.cwd(), env=env)
        text = result.stdout[result.stdout.index(b"{") :]
        version = json.loads(text)["terraform_version"]
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(
            f"{path} does not answer `version -json` ({type(error).__name__})",
            next_step="check that it runs: a version manager's shim may have no version selected here",
        ) from None
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))

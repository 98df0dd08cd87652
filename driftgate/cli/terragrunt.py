"""What the command line says to Terragrunt configurations: `--feature`, `--allow-exec`, `--terragrunt`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from driftgate.terragrunt.session import Session

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Terragrunt:
    """Feature flags as text, whether configurations may run programs, and what plans units: native, binary or auto."""

    features: tuple[tuple[str, str], ...] = ()
    allow_exec: bool = False
    planner: str = "native"

    def session(self, root: Path, env: Mapping[str, str], command: str = "plan") -> Session:
        """A session for the repo at `root`; `command` is the terraform command that configurations see."""
        from driftgate.cli.execute import executor
        from driftgate.terragrunt.files import Files
        from driftgate.terragrunt.session import Session

        execute = executor(env) if self.allow_exec else None
        return Session(Files(root.as_posix()), env, command=command, features=dict(self.features), execute=execute)


NOTHING_SAID = Terragrunt()
PLANNERS = ("auto", "binary", "native")


def terragrunt_options(function: F) -> F:
    """`--feature` and `--allow-exec`, given to the command as one `terragrunt`."""

    @click.option("--allow-exec", is_flag=True, help="Let run_cmd, sops_decrypt_file and get_aws_… run programs.")
    @click.option("--feature", "features", multiple=True, metavar="NAME=VALUE", callback=_flags,
                  help="Set a Terragrunt feature flag. Repeatable.")  # fmt: skip
    @functools.wraps(function)
    def wrapped(*args: Any, features: tuple[tuple[str, str], ...], allow_exec: bool, **others: Any) -> Any:
        planner = others.pop("terragrunt", NOTHING_SAID.planner)
        return function(*args, terragrunt=Terragrunt(features, allow_exec, planner), **others)

    return wrapped  # type: ignore[return-value]


def planner_option(function: F) -> F:
    """`--terragrunt`, which `terragrunt_options` takes in: what plans Terragrunt units."""
    return click.option(
        "--terragrunt",
        type=click.Choice(PLANNERS),
        default="auto",
        show_default=True,
        help="What plans Terragrunt units: its binary, our own code, or (auto) the binary where both do the same.",
    )(function)


def _flags(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in values:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise click.BadParameter(f"{text}: write NAME=VALUE")
        found.append((name, value))
    return tuple(found)

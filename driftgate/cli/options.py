"""Options that several commands share, spelled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

SEVERITIES = ("critical", "high", "medium", "low", "info", "none")
"""What `--fail-on` may be, the gravest first."""


def output_options(formats: Sequence[str], default: str = "table") -> Callable[[F], F]:
    """`-o/--output` with these formats, and `--out FILE`."""

    def decorate(function: F) -> F:
        function = click.option(
            "--out",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Write the result to FILE instead of stdout.",
        )(function)
        return click.option(
            "-o",
            "--output",
            "output",
            type=click.Choice(list(formats)),
            default=default,
            show_default=True,
            help="Format of the result.",
        )(function)

    return decorate


def template_option(function: F) -> F:
    """`--template-dir`: folders whose templates replace the built-in ones of the same names."""
    return click.option(
        "--template-dir",
        "template_dirs",
        multiple=True,
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Use the templates in DIR before the built-in ones. Repeatable.",
    )(function)


def unit_options(function: F) -> F:
    """What decides where a unit's state is: `--workspace`, `--backend-config`, `--tool`."""
    function = click.option(
        "--tool",
        type=click.Choice(["terraform", "tofu"]),
        help="Use this binary for every unit. Default: as the unit's files say.",
    )(function)
    function = click.option(
        "--backend-config",
        multiple=True,
        metavar="FILE|K=V",
        help="As for `terraform init`, for units that are not initialised. Repeatable.",
    )(function)
    return click.option("--workspace", metavar="NAME", help="This workspace instead of the selected one.")(function)


def unit_argument(function: F) -> F:
    """`[UNIT]`: a unit's folder or a state file, given to the command as `target`. Default: where you stand."""
    return click.argument("target", metavar="[UNIT]", default=".", type=click.Path(path_type=Path))(function)


def unit_option(function: F) -> F:
    """`--unit`: the same, for commands whose arguments are something else."""
    return click.option(
        "--unit",
        "target",
        metavar="UNIT",
        default=".",
        type=click.Path(path_type=Path),
        help="The unit's folder, or a state file. Default: the unit you stand in.",
    )(function)


def results_argument(function: F) -> F:
    """`RESULT.json...`: saved scans, given to the command as `results`; `-` is stdin."""
    kind = click.Path(path_type=Path, allow_dash=True)
    return click.argument("results", nargs=-1, required=True, metavar="RESULT.json...", type=kind)(function)


def var_file_option(function: F) -> F:
    """`--var-file`, given to the command as `var_files`."""
    return click.option(
        "--var-file",
        "var_files",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="As for `terraform plan`. Repeatable.",
    )(function)


def parallelism_option(default: int) -> Callable[[F], F]:
    """`--parallelism`: how many units are read at once."""
    return click.option(
        "--parallelism", type=click.IntRange(1, 256), default=default, show_default=True, help="Units read at once."
    )


def absolute_files(items: Sequence[str]) -> list[str]:
    """`-backend-config` items with files that exist from here made absolute; others are looked up in each unit."""
    return [str(Path(item).resolve()) if "=" not in item and Path(item).is_file() else item for item in items]

"""`dg render`: what a Terragrunt unit's configuration comes to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.options import output_options
from driftgate.cli.terragrunt import Terragrunt, terragrunt_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.safety.redact import Redactor
    from driftgate.terragrunt.config import Config
    from driftgate.terragrunt.session import Session, Tell

EPILOG = """\b
Examples:
  dg render live/prod/app                    includes merged, functions evaluated
  dg render live/prod/app -o json | jq .inputs
  dg render live/prod/app --read-outputs     with the dependencies' outputs from their states
  dg render live/prod/app --feature new=true

\b
Exit codes: 0 rendered, 1 the configuration is wrong (says where).
Nothing is executed unless --allow-exec says so; what that leaves unknown says why in its place.
"""


@click.command(name="render", epilog=EPILOG)
@click.argument("unit", default=".", type=click.Path(path_type=Path))
@output_options(["hcl", "json"], default="hcl")
@click.option("--read-outputs", is_flag=True, help="Read the dependencies' states; else mock outputs stand in.")
@terragrunt_options
@click.option("--for", "command_name", default="plan", show_default=True, metavar="COMMAND",
              help="The terraform command that the configuration sees.")  # fmt: skip
@click.option("--reveal", is_flag=True, help="Show secret values too.")
def command(
    unit: Path,
    output: str,
    out: Path | None,
    read_outputs: bool,
    terragrunt: Terragrunt,
    command_name: str,
    reveal: bool,
) -> int:
    """Print a Terragrunt unit's configuration with everything merged and evaluated.

    With `-o json` in the shape of `terragrunt render --json`. UNIT is its folder. Default: where you stand.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.safety.redact import Redactor
    from driftgate.terragrunt.render import to_hcl, to_json

    redactor, sensitive = Redactor(), list[object]()
    session = _session(unit, terragrunt, command_name, redactor if read_outputs else None, sensitive.append)
    config, document = _rendered(session, unit)
    redactor.add(sensitive)
    shown = document if reveal else redactor.value("", _masked(document, set(_leaves(sensitive))))
    emit(to_json(shown) if output == "json" else to_hcl(shown), out, secret=reveal)
    for name in sorted(config.mocked):
        note(f"mock outputs were used for dependency.{name}")
    return ExitCode.CLEAN


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value


def _masked(value: object, secrets: set[object]) -> object:
    """`value` without the parts that are exactly one of `secrets`, however short it is."""
    if isinstance(value, dict):
        return {name: _masked(part, secrets) for name, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, secrets) for part in value]
    return "(sensitive)" if not isinstance(value, bool) and value in secrets else value


def _session(unit: Path, terragrunt: Terragrunt, command_name: str, reading: Redactor | None, secret: Tell) -> Session:
    """The session; with `reading` it reads outputs from states, and tells their secrets to that redactor.

    `secret` hears of what the configuration calls sensitive.
    """
    from driftgate.discover.outputs import state_outputs
    from driftgate.discover.root import repo_root
    from driftgate.discover.terragrunt import generate_stacks
    from driftgate.state.secrets import learn

    env = dict(os.environ)
    root = repo_root(unit)
    session = terragrunt.session(root, env, command_name)
    session.secret = secret
    generate_stacks(session, env=env)
    if reading is None:
        return session
    return session.with_outputs(state_outputs(session, on_state=partial(learn, reading)))


def _rendered(session: Session, unit: Path) -> tuple[Config, dict[str, object]]:
    from driftgate.hcl.values import EvaluationError
    from driftgate.terragrunt.config import open_unit
    from driftgate.terragrunt.error import TerragruntError, as_terragrunt_error
    from driftgate.terragrunt.render import rendered

    folder = unit.resolve().as_posix()
    file = session.files.unit_file(folder)
    if not session.files.is_file(file):
        raise TerragruntError(f"{unit} holds no terragrunt.hcl", next_step="name the folder of a Terragrunt unit")
    try:
        config = open_unit(session, folder)
        return config, rendered(config)
    except (EvaluationError, RecursionError) as error:
        raise as_terragrunt_error(error, session.files.shown(file)) from None

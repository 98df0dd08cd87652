"""`dg state list`, `show` and `pull`: look into a unit's state or a state file, whatever backend it lives in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import output_options, unit_argument, unit_option, unit_options
from driftgate.cli.state_target import load
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.state.file import StateFile

EPILOG = """\b
Examples:
  dg state list live/app
  dg state list live/app -o json
  dg state show aws_s3_bucket.logs --unit live/app
  dg state show 'aws_s3_bucket.logs["eu"]' --unit live/app --reveal
  dg state pull live/app                       masked, for reading only
  dg state pull live/app --reveal > backup     the exact bytes, to keep private

\b
UNIT is a unit's folder or a state file; default: the unit you stand in.
Values that are secret are masked unless you say --reveal. Exit codes: 0 read, or no state yet; 1 error.
"""


@click.command(name="list", epilog=EPILOG)
@unit_argument
@output_options(["table", "json"])
@unit_options
def list_(target: Path, output: str, out: Path | None, **choices: Any) -> int:
    """List the addresses of every resource instance in a state."""
    from driftgate.cli.emit import emit
    from driftgate.report.text import strip_controls
    from driftgate.safety.redact import Redactor
    from driftgate.state.secrets import learn
    from driftgate.state.view import listing

    state = load(target, **choices)
    redactor = Redactor()
    if state is not None:
        learn(redactor, state)
    found = listing(state, redactor)
    lines = [_label(entry) for entry in found["resources"]]
    if output == "json" or lines:
        emit(_json(found) if output == "json" else strip_controls("\n".join(lines)), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.argument("address")
@unit_option
@click.option("--reveal", is_flag=True, help="Show secret values too.")
@output_options(["table", "json"])
@unit_options
def show(address: str, target: Path, reveal: bool, output: str, out: Path | None, **choices: Any) -> int:
    """Show the attributes of the resource at ADDRESS, of every instance when it has no key."""
    from driftgate.address import Address
    from driftgate.cli.emit import emit
    from driftgate.report.text import strip_controls
    from driftgate.safety.redact import Redactor
    from driftgate.state.secrets import learn
    from driftgate.state.view import details, matching

    try:
        wanted = Address.parse(address)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    state = load(target, **choices)
    if state is None:
        return ExitCode.CLEAN
    redactor = None if reveal else Redactor()
    if redactor is not None:
        learn(redactor, state)
    instances = matching(state, wanted)
    if not instances:
        raise _no_such(address, state)  # shown without what was learnt here (cli/failure.py)
    found = details(instances, redactor)
    blocks = map(_block, found["instances"])
    emit(_json(found) if output == "json" else strip_controls("\n\n".join(blocks)), out, secret=reveal)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@unit_argument
@click.option("--reveal", is_flag=True, help="Print the exact bytes as stored, secrets included.")
@unit_options
def pull(target: Path, reveal: bool, **choices: Any) -> int:
    """Print a state as JSON: masked and for reading only, or with --reveal exactly as stored."""
    from driftgate.cli.emit import emit
    from driftgate.safety.redact import Redactor
    from driftgate.state.secrets import learn
    from driftgate.state.view import masked_document

    state = load(target, **choices)
    if state is None:
        return ExitCode.CLEAN
    if reveal:
        sys.stdout.buffer.write(state.data)
        return ExitCode.CLEAN
    redactor = Redactor()
    learn(redactor, state)
    emit(_json(masked_document(state, redactor)), None)
    return ExitCode.CLEAN


def _no_such(address: str, state: StateFile) -> Exception:
    import difflib

    from driftgate.state.file import StateError
    from driftgate.state.view import by_address

    addresses = [str(instance.address) for instance in by_address(state)]
    near = difflib.get_close_matches(address, addresses, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "`dg state list` shows what is there"
    return StateError(f"no {address} in this state", next_step=hint)


def _label(entry: dict[str, Any]) -> str:
    deposed = f" (deposed {entry['deposed']})" if entry["deposed"] else ""
    return f"{entry['address']}{deposed}{' (tainted)' if entry['tainted'] else ''}"


def _block(entry: dict[str, Any]) -> str:
    """An instance for people: its label, then one attribute a line, nested values indented under theirs."""
    width = max((len(name) for name in entry["attributes"]), default=0)
    lines = [f"# {_label(entry)}"]
    for name, value in sorted(entry["attributes"].items()):
        text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
        lines.append(f"{name:<{width}} = {text}")
    return "\n".join(lines)


def _json(tree: Any) -> str:
    from driftgate.report.json_report import laid_out

    return laid_out(tree)

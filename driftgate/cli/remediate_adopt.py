"""`dg remediate adopt`: objects that exist become import blocks with configuration, as a patch proved by a plan."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import output_options, template_option, unit_options, var_file_option
from driftgate.errors import DriftgateError, ExitCode

if TYPE_CHECKING:
    from driftgate.cli.scan import Wired
    from driftgate.remediate.adopt.objects import Adoption, NotAdopted, Surroundings, Templates, Wanted
    from driftgate.safety.redact import Redactor
    from driftgate.unit import Unit

EPILOG = """\b
Examples:
  dg remediate adopt --unit live/app aws_s3_bucket=acme-uploads
  dg remediate adopt --unit live/app aws_sqs_queue.jobs=https://sqs.us-east-1.amazonaws.com/123456789012/jobs
  dg remediate adopt --unit live/app aws_vpc=vpc-0a1b2c3d | git apply

\b
Exit codes: 0 every object is adopted by the patch, 2 some are left, 1 the unit could not be read.
Nothing is changed: the patch is printed, and proved on a private copy.
"""


@click.command(name="adopt", epilog=EPILOG)
@output_options(["patch", "json"], default="patch")
@template_option
@var_file_option
@unit_options
@click.option("--unit", "unit", metavar="UNIT", default=".", type=click.Path(path_type=Path),
              help="The unit that is to own the objects. Default: the unit you stand in.")  # fmt: skip
@click.argument("objects", nargs=-1, required=True, metavar="TYPE=ID|ADDRESS=ID...")
def command(
    objects: tuple[str, ...],
    unit: Path,
    output: str,
    out: Path | None,
    template_dirs: tuple[Path, ...],
    **choices: Any,
) -> int:
    """Print the code that takes objects under management which exist already, and changes none of them.

    Each object is named by its type, or by the address it is to have, and by the ID that `terraform import` takes.
    Where the code has no block for it, terraform generates one; what the block need not say is taken out again, until
    the plan does nothing but import.
    """
    from driftgate.cli.emit import emit
    from driftgate.cli.remediate_patch import refuse_secrets, refuse_to_show
    from driftgate.cli.scan import wire
    from driftgate.remediate.adopt.adopt import adopt
    from driftgate.remediate.patch import unified_diff
    from driftgate.safety.redact import Redactor

    redactor, env = Redactor(), dict(os.environ)
    wanted = [_wanted(item) for item in objects]
    wired = wire((unit,), redactor, env=env, **choices)
    adoption = adopt(wanted, surroundings(wired, _only(wired, unit), template_dirs))
    diff = unified_diff(adoption.before, adoption.after)
    refuse_secrets(diff, redactor)
    refuse_to_show(diff, redactor, out)
    if output == "json":
        emit(redactor.text(_json(adoption, diff)), out)
    elif diff:
        emit(diff, out)
    _say(adoption, redactor)
    return ExitCode.FINDINGS if adoption.left else ExitCode.CLEAN


def surroundings(wired: Wired, unit: Unit, template_dirs: Sequence[Path]) -> Surroundings:
    """The real plans, schemas and templates for adopting into a unit. Raises DriftgateError for a Terragrunt unit."""
    import tempfile

    from driftgate import process
    from driftgate.discover.repo import Repo
    from driftgate.live.base import Reading
    from driftgate.live.plan import PlanReader
    from driftgate.remediate.adopt.objects import Surroundings
    from driftgate.safety.taint import taint_of
    from driftgate.tfexec.guard import read_only
    from driftgate.tfexec.schema import Body, read_schemas
    from driftgate.unit import UnitKind

    if unit.kind is UnitKind.TERRAGRUNT_UNIT:
        raise DriftgateError(
            f"{unit.path} is a Terragrunt unit: its module is not its own",
            next_step=f"terragrunt --working-dir={unit.path} import ADDRESS ID",
        )
    run = read_only(process.run, scratch=Path(tempfile.gettempdir()))
    files = [str(file.resolve()) for file in wired.var_files]

    def plan(root: Path, generated: Path | None) -> Reading:
        reading = PlanReader(root, wired.binary, wired.env, run, files, generated)(unit, lambda address: None)
        if reading.plan is not None:
            wired.redactor.update(taint_of(reading.plan))
        return reading

    def schemas(types: set[str]) -> Mapping[str, Body]:
        return read_schemas(PlanReader(wired.root, wired.binary, wired.env, run).schemas(unit), types)

    module = Repo(wired.root.resolve(), wired.env, unit.tool).module(str(unit.path), unit.tool)
    return Surroundings(wired.root, module, plan, schemas, templates_of(template_dirs))


def templates_of(template_dirs: Sequence[Path]) -> Templates:
    """What fills the built-in templates, and before them those of the options or the settings."""
    from functools import partial

    from driftgate.cli.emit import look
    from driftgate.report.render import render

    return partial(render, template_dirs=look(None, tuple(template_dirs)).template_dirs)


def _wanted(item: str) -> Wanted:
    """What the command line names. Raises DriftgateError."""
    from driftgate.address import Address
    from driftgate.remediate.adopt.objects import Wanted

    place, _, id = item.partition("=")
    if "[" in place and '"]=' in item:  # the key of an instance may hold a "=" itself
        place, _, id = item.rpartition('"]=')
        place += '"]'
    if not id or not place:
        raise DriftgateError(f"{item} names no object", next_step="name it TYPE=ID or ADDRESS=ID")
    if place.isidentifier():
        return Wanted(place, id)
    try:
        address = Address.parse(place)
    except ValueError as error:
        raise DriftgateError(str(error), next_step="name it TYPE=ID or ADDRESS=ID") from None
    return Wanted(address.type, id, address)


def _only(wired: Wired, folder: Path) -> Unit:
    if len(wired.units) != 1:
        named = ", ".join(str(unit.path) for unit in wired.units[:3])
        raise DriftgateError(f"{folder} holds {len(wired.units)} units: {named}", next_step="name one with --unit")
    return wired.units[0]


def _say(adoption: Adoption, redactor: Redactor) -> None:
    from driftgate.cli.emit import note

    for item in adoption.adopted:
        ignored = f"  ignoring {', '.join(item.ignored)}, which no code can say" if item.ignored else ""
        note(redactor.text(f"adopted  {item.address}  ← {item.wanted.id}  in {item.file}{ignored}"))
    for left in adoption.left:
        note(redactor.text(f"left     {left.wanted}  {left.reason}{_next(left)}"))
    if adoption.adopted:
        note(f"proved by a plan of a patched copy: it imports {len(adoption.adopted)} and changes nothing of them")


def _next(left: NotAdopted) -> str:
    return f" → {left.next_step}" if left.next_step else ""


def _json(adoption: Adoption, diff: str) -> str:
    import json

    document = {
        "format_version": "1.0",
        "proved": True,
        "plans": adoption.plans,
        "adopted": [
            {"address": str(a.address), "type": a.wanted.type, "id": a.wanted.id, "file": a.file, "ignored": a.ignored}
            for a in adoption.adopted
        ],
        "left": [
            {
                "object": str(item.wanted),
                "type": item.wanted.type,
                "id": item.wanted.id,
                "reason": item.reason,
                "next_step": item.next_step,
            }
            for item in adoption.left
        ],
        "patch": diff,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)

"""`dg remediate apply`: take the steps of a plan that was looked at, or go on with a run that was cut short."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import absolute_files, output_options, unit_options, var_file_option
from driftgate.cli.state_write import lock_options

if TYPE_CHECKING:
    from driftgate.cli.remediate_world import Choices, World
    from driftgate.remediate.execute.document import Document
    from driftgate.remediate.execute.journal import Journal

EPILOG = """\b
Examples:
  dg remediate plan -o json --out fix.json
  dg remediate apply fix.json                          show what would be done
  dg remediate apply fix.json --yes
  dg remediate apply fix.json --only 2 --only 3 --yes
  dg remediate apply fix.json --allow-destroy 'aws_instance.web[0]' --yes
  dg remediate apply --resume --yes                    go on with the last run that was cut short

\b
Nothing is done without --yes. With it, for each step, or all of one kind side by side in a unit: the state is backed
up, the files they change are kept, their resources alone are planned, that plan is looked at, exactly that plan is
applied, and a new plan must show that the findings are gone. What fails stops the run, and what was done before is
undone where that is possible.

\b
Exit codes: 0 done, or shown; 1 a step failed, or the plan cannot be executed; 3 a step would do what nobody allowed;
4 somebody holds the lock, or the run; 5 the gate wants an approval.
"""


@click.command(name="apply", epilog=EPILOG)
@click.argument("plan", metavar="[PLAN.json|RUN]", required=False)
@click.option("--resume", is_flag=True, help="Go on with RUN, else with the last run that has not ended.")
@click.option("--only", type=int, multiple=True, metavar="N", help="Only the step with this number. Repeatable.")
@click.option(
    "--allow-destroy", multiple=True, metavar="ADDR", help="This object may be destroyed or replaced. Repeatable."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day of what is ignored.")
@lock_options
@output_options(["table", "json"])
@var_file_option
@unit_options
def command(plan: str | None, resume: bool, yes: bool, output: str, out: Path | None, **options: Any) -> int:
    """Take the steps of PLAN.json, which `dg remediate plan -o json` wrote."""
    from driftgate.cli.remediate_ended import show, show_foreseen

    if plan is None and not resume:
        raise click.UsageError("name the plan: the file that `dg remediate plan -o json --out PLAN.json` wrote")
    timeout = options.pop("lock_timeout")
    if resume:
        return _resume(plan or "", yes, timeout, output, out)
    document, world = _fresh(Path(plan or ""), options)
    approved = _checked(world)
    if not yes:
        return show_foreseen(world, output, out)
    with _begun(document, Path(plan or ""), world, approved) as journal:
        return show(world, journal, _executed(world, journal, timeout), output, out)


def _fresh(plan: Path, options: dict[str, Any]) -> tuple[Document, World]:
    from driftgate.cli.remediate_world import Choices, open_world
    from driftgate.discover.root import repo_of
    from driftgate.remediate.chain import hashes_of
    from driftgate.remediate.execute.document import DocumentError, chosen, read_document

    choices = Choices(
        tuple(options["only"]),
        tuple(options["allow_destroy"]),
        tuple(str(file.resolve()) for file in options["var_files"]),
        tuple(absolute_files(options["backend_config"])),
        options["workspace"],
        options["tool"],
        options["reason"],
        options["until"].date().isoformat() if options["until"] else "",
    )
    try:
        document = read_document(plan.read_bytes(), str(plan))
    except OSError as error:
        raise DocumentError(f"cannot read {plan}: {error.strerror}", next_step="name the plan file") from None
    if list(document.var_files) != hashes_of(Path(file) for file in choices.var_files):
        raise DocumentError("the plan was made with other --var-file", next_step="give the same files, unchanged")
    root, _ = repo_of([], Path.cwd())
    return document, open_world(document, chosen(document, choices.only), root, choices, dict(os.environ))


def _checked(world: World) -> bool:
    """Whether the run needs an approval, which is there. Raises DocumentError for what cannot be executed."""
    from driftgate.cli.remediate_gate import needs_approval
    from driftgate.cli.remediate_world import ignore_lines
    from driftgate.remediate.execute.run import first_versions, require_executable
    from driftgate.remediate.execute.seams import require_unmoved
    from driftgate.state.reader import read_snapshot

    require_executable(world.steps, world.units, frozenset(world.choices.allow_destroy))
    for key, planned in first_versions(world.document, world.steps).items():
        unit = world.units[key]
        require_unmoved(planned, read_snapshot(unit, root=world.wired.root, env=world.wired.env), unit)
    for step in world.steps:
        if step.strategy == "ignore" and not step.patch:
            ignore_lines(step, world.choices)
    return needs_approval(world.document, world.steps, world.wired.root)


def runs_folder() -> Path:
    """Where the runs of this user are kept."""
    from driftgate.safety.open import state_folder

    return state_folder(os.environ) / "remediations"


@contextmanager
def _begun(document: Document, plan: Path, world: World, approved: bool) -> Iterator[Journal]:
    """The journal of a new run, open, its beginning on record."""
    from driftgate.cli.emit import note
    from driftgate.remediate.execute.journal import PLAN, new_run, opened

    now = datetime.now(UTC)
    folder = new_run(runs_folder(), f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}", plan.read_bytes())
    with opened(folder) as journal:
        journal.write(
            "begun",
            time=now.isoformat(timespec="seconds"),
            root=str(world.wired.root),
            plan=PLAN,
            plan_sha256=document.sha256,
            needs_approval=approved,
            choices=asdict(world.choices),
        )
        note(f"run {journal.run}")
        yield journal


def _executed(world: World, journal: Journal, timeout: float) -> Any:
    from driftgate.cli.remediate_gate import use_approval
    from driftgate.cli.remediate_world import run_of
    from driftgate.remediate.execute.run import execute, first_versions, later_versions

    approved = bool(journal.begun["needs_approval"])
    if approved and journal.of("approved") is None:
        journal.write("approved", id=use_approval(world.document, journal.run, world.wired.root))
    with run_of(world, journal, approved=approved, lock_timeout=timeout) as run:
        run.at = first_versions(world.document, world.steps) | later_versions(run)
        return execute(run)


def _resume(name: str, yes: bool, timeout: float, output: str, out: Path | None) -> int:
    from driftgate.cli.remediate_ended import show, show_foreseen
    from driftgate.remediate.execute.journal import JournalError, opened

    with opened(resumable(name)) as journal:
        if journal.ended:
            raise JournalError(f"run {journal.run} has ended: {journal.ended}", next_step="plan again")
        world = world_of(journal)
        if not yes:
            return show_foreseen(world, output, out, journal=journal)
        return show(world, journal, _executed(world, journal, timeout), output, out)


def resumable(name: str) -> Path:
    """The folder of run `name`, for "" of the last one that was begun and has not ended. Raises JournalError."""
    from driftgate.remediate.execute.journal import JournalError, find_run, read, runs_in

    if name:
        return find_run(runs_folder(), name)
    for folder in reversed(runs_in(runs_folder())):
        events = {record["event"] for record in read(folder)}
        if events and "ended" not in events:
            return folder
    raise JournalError("there is no run that could go on", next_step="`dg remediate runs` lists them all")


def world_of(journal: Journal) -> World:
    """What a run was begun with. Raises JournalError when its plan is not what it was."""
    from driftgate.cli.remediate_world import Choices, open_world
    from driftgate.remediate.execute.document import chosen, read_document
    from driftgate.remediate.execute.journal import PLAN, JournalError

    if not journal.records or journal.begun["event"] != "begun":
        raise JournalError(f"run {journal.run} was never begun", next_step="nothing was done in it")
    document = read_document((journal.folder / PLAN).read_bytes(), f"the plan of run {journal.run}")
    if document.sha256 != journal.begun["plan_sha256"]:
        raise JournalError(f"the plan of run {journal.run} is not the one that it was begun with")
    said: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in journal.begun["choices"].items()}
    choices: Choices = Choices(**said)
    steps = chosen(document, choices.only)
    return open_world(document, steps, Path(journal.begun["root"]), choices, dict(os.environ))

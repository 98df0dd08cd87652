"""What all `dg state` commands that write share: their options, the dry run with its diff, and the guarded write."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.options import output_options, unit_options
from driftgate.cli.state_target import find_unit
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.backends.lock import LockHeldError, LockInfo
    from driftgate.state.diff import StateDiff
    from driftgate.state.rollback import Consequence
    from driftgate.state.writer import Draft, Guards, Intent, Place
    from driftgate.unit import Unit

    Foresee = Callable[[StateDiff], Sequence[Consequence]]

F = TypeVar("F", bound=Callable[..., Any])
DRY_RUN = """\b
Nothing is written without --yes: you see what would change. With it the state is locked, read again, backed up,
written on condition that nobody else wrote, and read back. Exit codes: 0 done or nothing to do, 1 error, 4 locked.
"""
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in newer stubs only
    """Seconds, spelled as Terraform's durations: `30s`, `5m`, `1h30m`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = _DURATION.fullmatch(value) if value else None
        if value == "0":
            return 0.0
        if found is None:
            self.fail(f"`{value}` is not a duration; write it like 30s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return float(hours * 3600 + minutes * 60 + seconds)


def lock_options(function: F) -> F:
    """`--lock-timeout`, `--reason` and `--yes`."""
    for option in (
        click.option("--reason", metavar="TEXT", default="", help="Why, for the audit log."),
        click.option(
            "--lock-timeout", metavar="TIME", type=Duration(), default="0s", show_default=True,
            help="Wait that long for the lock, as terraform does.",
        ),
        click.option("--yes", is_flag=True, help="Do it; without, only show what would happen."),
    ):  # fmt: skip
        function = option(function)
    return function


def write_options(function: F) -> F:
    """The options of a command that writes a state: what `guarded_write` takes as `options`."""
    return output_options(["table", "json"])(unit_options(lock_options(function)))


def guarded_write(target: Path, intent: Intent, **options: Any) -> int:
    """Show what `intent` changes in the state of `target` and, with `--yes`, write it. `options`: `write_options`.

    Raises whatever `state.writer` raises.
    """
    choices = {name: options.pop(name) for name in ("workspace", "backend_config", "tool")}
    return write_at(place_of(target, **choices), intent, **options)


def write_at(place: Place, intent: Intent, *, foresee: Foresee = lambda diff: (), **how: Any) -> int:
    """`guarded_write` at a place that is known; `foresee` tells from the difference what will follow from it."""
    from driftgate.state.writer import check_writable, draft, write

    check_writable(place)
    if not how["yes"]:
        made = place.ask(lambda _: draft(place, intent))
        _show(made, None, foresee, how)
        _note_dry_run(made)
        return ExitCode.CLEAN
    done = write(place, intent, guards(intent.action, how["lock_timeout"], how["reason"]))
    try:
        _show(done.draft, done.backup, foresee, how)
    finally:  # whatever becomes of the output, the state is written
        _note_done(place, done.changed, done.backup, done.notes)
    return ExitCode.CLEAN


def place_of(target: Path, **choices: Any) -> Place:
    """Where the state of the unit in the folder `target` is, or the state file `target`; `choices`: `unit_options`.

    Raises RepoError, BackendError and MissingExtra.
    """
    from driftgate.backends.local import LocalBackend
    from driftgate.cli.emit import note
    from driftgate.safety.backup import Subject
    from driftgate.state.writer import Place

    if target.is_file():
        path = target.absolute()
        return Place(LocalBackend(path, path.parent), Subject(f"local://{path}"), str(target))
    root, unit = find_unit(target, **choices)
    place = place_of_unit(unit, root, dict(os.environ))
    for sentence in place.backend.notes:
        note(sentence)
    return place


def place_of_unit(unit: Unit, root: Path, env: Mapping[str, str]) -> Place:
    """Where the state of a unit of the repo at `root` is written. Raises BackendError and MissingExtra."""
    from driftgate import process
    from driftgate.pipeline.back_up import identity_of
    from driftgate.safety.backup import Subject
    from driftgate.state.circuit import circuit_of
    from driftgate.state.reader import source_of, unit_backend
    from driftgate.state.writer import Place

    backend = unit_backend(unit, root=root, env=env, run=process.run)
    subject = Subject(identity_of(unit), str(unit.path), unit.backend.workspace)
    return Place(backend, subject, source_of(unit), circuit_of(unit, env))


def guards(action: str, lock_timeout: float = 0.0, reason: str = "") -> Guards:
    """Backups, audit log and lock record as the settings and this process have them."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.open import open_audit, open_backups
    from driftgate.state.writer import Guards

    env, settings = dict(os.environ), settings_in_force().settings
    return Guards(
        open_backups(settings.backup, env),
        open_audit(settings.audit, env, reason=reason),
        own_lock(action, reason),
        lock_timeout,
        on_wait=_say_that_we_wait,
    )


def own_lock(action: str, reason: str = "") -> LockInfo:
    """A record for a lock of this process; everybody who meets the lock is shown it."""
    from driftgate.safety.actor import actor
    from driftgate.safety.redact import Redactor
    from driftgate.state.owner import our_lock

    who, why = actor(dict(os.environ)), Redactor().text(reason)
    return our_lock(f"dg {action}", actor=who, now=datetime.now(UTC), lock_id=str(uuid.uuid4()), why=why)


def _say_that_we_wait(held: LockHeldError) -> None:
    from driftgate.cli.emit import note
    from driftgate.safety.redact import Redactor

    note(Redactor().text(f"waiting: {held.message}"))


def _show(made: Draft, backup: str | None, foresee: Foresee, how: dict[str, Any]) -> None:
    """The difference and what follows from it, without secrets; `backup` None: a dry run."""
    from driftgate.cli.emit import emit, wants_color, width
    from driftgate.report.json_report import laid_out
    from driftgate.report.state_diff import following, full
    from driftgate.state.diff import diff
    from driftgate.state.diff_view import diff_tree, redactor_of

    if how["output"] == "table" and not made.changes:
        return
    found, redactor = diff(made.before, made.after), redactor_of(made.before, made.after)
    tree = diff_tree(found, redactor)
    tree |= following(foresee(found), redactor)
    if how["output"] == "table":
        emit(full(tree, color=wants_color(how["out"]), width=width()), how["out"])
        return
    ended = {"changed": made.changes, "written": backup is not None and made.changes, "backup": backup or None}
    emit(laid_out({**tree, **ended}), how["out"])


def _note_dry_run(made: Draft) -> None:
    from driftgate.cli.emit import note

    note("dry run: nothing is written; --yes writes it" if made.changes else "nothing to do")


def _note_done(place: Place, changed: bool, backup: str, notes: tuple[str, ...]) -> None:
    from driftgate.cli.emit import note

    for sentence in notes:
        note(sentence)
    kept = f"; what stood there is backup {backup}" if backup else ""
    note(f"{place.source} is written{kept}" if changed else "nothing to do: the state is stored already")

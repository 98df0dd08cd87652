"""`dg state lock`, `unlock` and `locks`: Terraform's own locks, taken, given back and looked at."""

from __future__ import annotations

import os
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import absolute_files, output_options, unit_argument, unit_options
from driftgate.cli.state_write import lock_options, own_lock, place_of
from driftgate.errors import DriftgateError, ExitCode

if TYPE_CHECKING:
    from driftgate.backends.lock import LockInfo
    from driftgate.state.owner import Fate
    from driftgate.state.writer import Place

LOCK_EPILOG = """\b
Examples:
  dg state lock live/app --yes --reason "maintenance until 14:00"
  dg state unlock live/app --id 6a2b… --yes

\b
terraform sees this lock and says who holds it, as with its own. Exit codes: 0 taken, 1 error, 4 somebody else holds it.
"""
UNLOCK_EPILOG = """\b
Examples:
  dg state unlock live/app             who holds the lock, and whether it may be broken
  dg state unlock live/app --yes       break it, when its holder is known to have ended
  dg state unlock live/app --id 6a2b… --force --yes

\b
A holder counts as living until its process or its CI run is seen to have ended; --force breaks its lock all the same.
The record is kept in the audit log. Exit codes: 0 free, 1 error, 4 held by somebody who may be at work.
"""
LOCKS_EPILOG = """\b
Examples:
  dg state locks                       every lock held in the repo you stand in
  dg state locks live/prod -o json

\b
Whether the CI run that took a lock has ended is asked of GitHub (GITHUB_TOKEN) or GitLab (GITLAB_TOKEN) when the record
names the run; driftgate's own locks do. Exit codes: 0 all looked at, 1 some could not be.
"""


@click.command(name="lock", epilog=LOCK_EPILOG)
@unit_argument
@lock_options
@unit_options
def lock(target: Path, yes: bool, lock_timeout: float, reason: str, **choices: Any) -> int:
    """Take the lock of a state and leave it taken, so that nobody applies meanwhile."""
    from driftgate.backends.lock import LockBreaker, Locker, LockInspector, SessionLock, acquire
    from driftgate.cli.emit import emit, note

    place = place_of(target, **choices)
    backend = place.backend
    if not isinstance(backend, Locker) or not isinstance(backend, LockBreaker) or isinstance(backend, SessionLock):
        raise DriftgateError(
            f"{place.source} cannot be locked for longer than a process runs",
            next_step="only backends whose lock is stored can: s3, azurerm, gcs, http, kubernetes, cloud",
        )
    if not yes:
        holder = backend.holder() if isinstance(backend, LockInspector) else None
        note(f"{place.source} is {'held: ' + _sentence(holder) if holder else 'free'}; --yes takes the lock")
        return ExitCode.CLEAN
    lock_id = place.ask(lambda _: acquire(backend, own_lock("state lock", reason), timeout=lock_timeout))
    try:
        _record(place, "state lock", reason, {"lock": lock_id})
    except BaseException:  # nobody would be told that it is taken
        backend.unlock(lock_id)
        raise
    unit = shlex.quote(str(target))
    note(f"{place.source} is locked; give it back with `dg state unlock {unit} --id {lock_id} --force --yes`")
    emit(lock_id, None)
    return ExitCode.CLEAN


@click.command(name="unlock", epilog=UNLOCK_EPILOG)
@unit_argument
@click.option("--id", "lock_id", metavar="ID", help="Only when the lock has this id.")
@click.option("--force", is_flag=True, help="Also when its holder may still be at work.")
@click.option("--reason", metavar="TEXT", default="", help="Why, for the audit log.")
@click.option("--yes", is_flag=True, help="Do it; without, only show what would happen.")
@unit_options
def unlock(target: Path, lock_id: str | None, force: bool, reason: str, yes: bool, **choices: Any) -> int:
    """Break a lock whose holder is gone, as `terraform force-unlock` does."""
    from driftgate.backends.lock import LockBreaker, LockHeldError, LockInspector, LooksByLocking
    from driftgate.cli.emit import note

    place = place_of(target, **choices)
    backend = place.backend
    if not isinstance(backend, LockInspector):
        return _unlock_unseen(place, lock_id, force, reason, yes)
    holder = place.ask(lambda _: backend.holder())
    if holder is None:
        note(f"{place.source} is not locked")
        return ExitCode.CLEAN
    if not isinstance(backend, LockBreaker):
        raise LockHeldError(
            place.source, holder, next_step="its lock ends with the process that holds it: wait, or end that process"
        )
    if lock_id is not None and lock_id != holder.id:
        raise DriftgateError(
            f"{place.source} is locked under id {holder.id}, not {lock_id}", next_step="name the present one"
        )
    fate = _fate(holder)
    _refuse_living(place, holder, fate, force)
    if not yes:
        note(f"{place.source} is held: {_sentence(holder)}; {fate.why or 'its holder may be at work'}; --yes breaks it")
        return ExitCode.CLEAN
    details = {"lock": holder.to_json().decode(), "fate": fate.why, "forced": force}
    _record(place, "state unlock", reason, details, outcome="begun")
    place.ask(lambda _: backend.break_lock(holder.id))
    _record(place, "state unlock", reason, details)
    left = None if isinstance(backend, LooksByLocking) else place.ask(lambda _: backend.holder())
    if left is not None:  # s3 has two places for a lock; or somebody was waiting for this one
        raise LockHeldError(f"the lock {holder.id} is broken, but {place.source}", left)
    note(f"{place.source} is free again; it was held: {_sentence(holder)}")
    return ExitCode.CLEAN


def _unlock_unseen(place: Place, lock_id: str | None, force: bool, reason: str, yes: bool) -> int:
    """Break a lock that only a refused command has told of: its id has to be named, and nobody knows its holder."""
    from driftgate.backends.lock import LockBreaker
    from driftgate.cli.emit import note

    backend = place.backend
    if not isinstance(backend, LockBreaker):
        raise DriftgateError(f"{place.source}: its backend has no lock", next_step="there is nothing to give back")
    if lock_id is None or not force:
        raise DriftgateError(
            f"{place.source}: its backend cannot tell who holds the lock",
            next_step="name its id, as a refused command says it, with --id, make sure that its holder is gone and "
            "add --force",
        )
    if not yes:
        note(f"{place.source}: --yes breaks its lock, if it is held under {lock_id}")
        return ExitCode.CLEAN
    _record(place, "state unlock", reason, {"lock": lock_id, "forced": True}, outcome="begun")
    place.ask(lambda _: backend.break_lock(lock_id))
    _record(place, "state unlock", reason, {"lock": lock_id, "forced": True})
    note(f"{place.source} is free again; it was held under {lock_id}")
    return ExitCode.CLEAN


@click.command(name="locks", epilog=LOCKS_EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@output_options(["table", "json"])
@unit_options
@click.option(
    "--parallelism", type=click.IntRange(1, 64), default=8, show_default=True, help="States looked at at once."
)
def locks(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    workspace: str | None,
    backend_config: tuple[str, ...],
    tool: str | None,
    parallelism: int,
) -> int:
    """List every lock that is held in a repo: by whom, for how long, and whether its holder has ended."""
    from driftgate.cli.emit import emit, wants_color, width
    from driftgate.discover.root import no_units, repo_of
    from driftgate.discover.units import discover
    from driftgate.report.locks_view import to_json, to_table
    from driftgate.safety.redact import Redactor
    from driftgate.state.held_locks import held_locks

    root, under = repo_of(paths, Path.cwd())
    env = dict(os.environ)
    units = discover(root, env=env, under=under, backend_config=absolute_files(backend_config),
                     workspace=workspace, tool=tool)  # fmt: skip
    if not units:
        raise no_units(root, under)
    held, untold = held_locks(units, root=root, env=env, fate_of=_fate, parallelism=parallelism)
    now = datetime.now(UTC)
    table = to_table(held, untold, now=now, color=wants_color(out), width=width())
    emit(Redactor().text(to_json(held, untold, now=now) if output == "json" else table), out)
    return ExitCode.ERROR if any(item.failed for item in untold) else ExitCode.CLEAN


def _fate(info: LockInfo) -> Fate:
    import platform

    from driftgate.pipeline.ci_runs import fate_of

    return fate_of(info, env=dict(os.environ), host=platform.node(), sleep=time.sleep)


def _refuse_living(place: Place, info: LockInfo, fate: Fate, force: bool) -> None:
    from driftgate.backends.lock import LockHeldError

    if fate.ended or force:
        return
    raise LockHeldError(
        place.source,
        info,
        next_step=f"{fate.why or 'nobody can tell whether it is still at work'}: wait, or make sure that it is "
        "gone and add --force",
    )


def _sentence(info: LockInfo | None) -> str:
    from driftgate.backends.lock import by
    from driftgate.safety.redact import Redactor

    return Redactor().text(by(info).strip())


def _record(place: Place, action: str, reason: str, details: dict[str, object], *, outcome: str = "ok") -> None:
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.audit import Event
    from driftgate.safety.open import open_audit

    log = open_audit(settings_in_force().settings.audit, dict(os.environ), reason=reason)
    log.append(Event(action, place.subject, outcome, details))

"""`dg audit verify`, `checkpoint` and `keygen`: what makes the log worth believing."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.audit import EPILOG, audit_settings, log_file, log_option
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.safety.signing import VerifyKey
    from driftgate.safety.trail.checkpoint import Checkpoint


@click.command(epilog=EPILOG)
@click.option("--public-key", "keys", multiple=True, metavar="KEY",
              help="Trust what this key signed: a file, or `ed25519:…`. Repeatable. Default: the one set.")  # fmt: skip
@click.option("--checkpoint", "held", multiple=True, metavar="PLACE",
              help="Hold the log against those in this file, folder or `s3://bucket/prefix`. Repeatable.")  # fmt: skip
@output_options(["table", "json"])
@log_option
def verify(keys: tuple[str, ...], held: tuple[str, ...], output: str, out: Path | None, log: Path | None) -> int:
    """Find the first record that was altered, dropped, repeated or put elsewhere.

    The chain shows every such change but one: somebody who rewrote all that follows, or cut the end off. Those show
    against signed checkpoints, those beside the log and, better, those that you kept elsewhere.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.report.audit_view import verdict_json, verdict_text
    from driftgate.safety.trail.log import lines
    from driftgate.safety.trail.verify import verify as judge

    # a log that is gone altogether is what a checkpoint from elsewhere shows
    path, trusted = log if log and held else log_file(log), _trusted(keys)
    checkpoints = _checkpoints(path, held)
    verdict = judge(lines(path), checkpoints, trusted)
    if not trusted and checkpoints and verdict.records:
        note("checkpoints were not looked at: name the key that signed them with --public-key")
    emit(verdict_json(verdict, str(path)) if output == "json" else verdict_text(verdict, str(path)), out)
    return ExitCode.FINDINGS if verdict.problem else ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path),
              help="Sign with this private key. Default: the one that is set ([audit] signing_key).")  # fmt: skip
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the checkpoint to FILE too, to be kept away from the log.")  # fmt: skip
@click.option("--to", "places", multiple=True, metavar="PLACE",
              help="Keep a copy in this folder or `s3://bucket/prefix`, for this log alone. Repeatable.")  # fmt: skip
@log_option
def checkpoint(key: Path | None, out: Path | None, places: tuple[str, ...], log: Path | None) -> int:
    """Sign the log as it is now.

    The checkpoint stands beside the log and is printed: keep copies where those who can write the log cannot. A log
    that is not whole is not signed.
    """
    from driftgate.cli.emit import emit
    from driftgate.safety.audit import AuditError
    from driftgate.safety.backups.destination import open_store
    from driftgate.safety.checkpoint_copies import keep
    from driftgate.safety.signing import MAKE_ONE, SigningError, read_signing_key
    from driftgate.safety.trail.log import checkpoint_now, lines
    from driftgate.safety.trail.verify import verify as judge

    given = key or (Path(audit_settings().signing_key) if audit_settings().signing_key else None)
    if given is None:
        raise SigningError("no signing key is set", next_step=f"give one with --key; {MAKE_ONE}")
    path, signing_key = log_file(log), read_signing_key(given)
    problem = judge(lines(path)).problem
    if problem:
        raise AuditError(f"{path} is not signed: {problem.message}", next_step="`dg audit verify` says more")
    made = checkpoint_now(path, signing_key, datetime.now(UTC))
    for place in places:
        keep(made, open_store(place, dict(os.environ)))
    emit(made.to_line().decode("ascii"), out)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def keygen(file: Path) -> int:
    """Make an Ed25519 key: the private half in FILE (0600), the public one beside it in FILE.pub, and printed.

    It signs checkpoints of the audit log ([audit] signing_key) and approvals of plans. A key is never overwritten.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.safety.signing import generate_key, write_key

    key = generate_key()
    public = write_key(key, file)
    note(f"wrote {file} (keep it secret) and {public}")
    emit(str(key.public), None)
    return ExitCode.CLEAN


def _trusted(keys: tuple[str, ...]) -> list[VerifyKey]:
    from driftgate.safety.signing import parse_verify_key

    own = audit_settings().signing_key
    return [parse_verify_key(key) for key in keys or ((own,) if own else ())]


def _checkpoints(log: Path, held: tuple[str, ...]) -> list[Checkpoint]:
    from driftgate.cli.emit import note
    from driftgate.report.view import plural
    from driftgate.safety.trail.checkpoint import checkpoint_file

    beside = checkpoint_file(log)
    found = []
    for place in [*([str(beside)] if beside.is_file() else []), *held]:
        checkpoints, broken = _kept_in(place)
        found += checkpoints
        if broken:
            note(f"{plural(broken, 'line')} of {place} cannot be read as a checkpoint")
        elif not checkpoints:
            note(f"no checkpoints in {place}")
    return found


def _kept_in(place: str) -> tuple[list[Checkpoint], int]:
    from driftgate.safety.audit import AuditError
    from driftgate.safety.backups.destination import open_store
    from driftgate.safety.checkpoint_copies import kept
    from driftgate.safety.trail.checkpoint import parse_checkpoints

    if "://" in place or Path(place).is_dir():
        return kept(open_store(place, dict(os.environ)))
    try:
        return parse_checkpoints(Path(place).read_bytes())
    except OSError as error:
        raise AuditError(f"cannot read {place}: {error.strerror}", next_step="name where checkpoints are") from None

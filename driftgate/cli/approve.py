"""`dg approve`: the group; its commands stand in `commands.py`. What they have in common is here."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.commands import APPROVE
from driftgate.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from driftgate.safety.approvals.book import Book
    from driftgate.safety.approvals.statement import Statement
    from driftgate.safety.signing import SigningKey

F = TypeVar("F", bound=Callable[..., Any])

_TEN_YEARS = 87_600.0

EPILOG = """\b
Examples:
  dg terraform plan -out=change.tfplan
  dg approve request change.tfplan --reason "CHG-1234"
  dg approve list                                       as the approver
  dg approve grant 3f9a1c --yes
  dg approve verify --plan change.tfplan                exit 0 if it may be applied, else 5
  dg terraform apply change.tfplan                      uses the approval up

\b
Exit codes: 0 done, 1 error, 5 (verify) not approved, 64 usage.
"""


@click.group(name="approve", cls=LazyGroup, table=APPROVE, epilog=EPILOG)
def group() -> None:
    """Ask for and give approval of a saved plan.

    An approval is for the exact bytes of one plan, made from one version of one state. It is signed, expires, is used
    once, and comes from somebody else than who asked for it. It is kept beside the backups, or in
    the repo's git notes.
    """


def key_option(function: F) -> F:
    """`--key FILE`: who signs."""
    return click.option(
        "--key",
        metavar="FILE",
        envvar="DG_APPROVAL_KEY",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Your private key (made by `dg audit keygen`). Variable: DG_APPROVAL_KEY.",
    )(function)


def expires_option(function: F) -> F:
    """`--expires HOURS`."""
    return click.option(
        "--expires", "hours", metavar="HOURS", type=click.FloatRange(min=0.01), default=24.0, show_default=True,
        help="For so long it is good.", callback=_within_years,
    )(function)  # fmt: skip


def _within_years(_ctx: click.Context, _parameter: click.Parameter, hours: float) -> float:
    if not hours <= _TEN_YEARS:  # nor is `nan`
        raise click.BadParameter("that is more than ten years")
    return hours


def own_key(key: Path | None) -> SigningKey:
    """The key that the user signs with. Raises SigningError."""
    from driftgate.safety.signing import MAKE_ONE, SigningError, read_signing_key

    if key is None:
        raise SigningError("no key to sign with", next_step=f"name one with --key; {MAKE_ONE}")
    return read_signing_key(key)


def open_book() -> Book:
    """The approvals that the settings name. Raises SettingsError, BackupError, SigningError, MissingExtra."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.open import open_approvals

    return open_approvals(settings_in_force().settings, os.environ, folder=Path.cwd())


def who() -> str:
    """The user, as far as the environment tells."""
    from driftgate.safety.actor import actor, name_of

    return name_of(actor(os.environ))


def record(statement: Statement) -> None:
    """Write it into the audit log too. Raises AuditError."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.audit import Event
    from driftgate.safety.backup import Subject
    from driftgate.safety.open import open_audit

    bound = statement.bound
    subject = Subject(bound.identity, "", bound.workspace, bound.lineage, bound.serial)
    details = {"plan_sha256": bound.plan_sha256, "key": statement.key, "expires": statement.expires.isoformat()}
    log = open_audit(settings_in_force().settings.audit, os.environ, reason=statement.reason)
    log.append(Event(f"approve {statement.kind}", subject, details=details))


def now() -> datetime:
    """This moment, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def full_id(book: Book, given: str) -> str:
    """The id that `given` is, or is the beginning of. Raises ApprovalError for none and for several."""
    from driftgate.safety.approvals.statement import ApprovalError

    found = [plan for plan in book.plans() if plan.startswith(given)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} requests begin with {given}" if found else f"no approval was requested for {given}"
    raise ApprovalError(what, next_step="`dg approve list` shows them all")

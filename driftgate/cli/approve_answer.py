"""`dg approve grant` and `deny`: an approver's answer."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from driftgate.cli.approve import EPILOG, expires_option, full_id, key_option, now, open_book, own_key, record, who
from driftgate.errors import ExitCode

_YES = click.option("--yes", is_flag=True, help="Do it. Without: only show what would be done.")
_REASON = click.option("--reason", metavar="TEXT", default="", help="Why.")


@click.command(epilog=EPILOG)
@click.argument("plan_id", metavar="ID")
@_REASON
@_YES
@expires_option
@key_option
def grant(plan_id: str, reason: str, yes: bool, hours: float, key: Path | None) -> int:
    """Approve the plan of the request ID: it may then be applied once."""
    return _answer("grant", plan_id, reason, yes, hours, key)


@click.command(epilog=EPILOG)
@click.argument("plan_id", metavar="ID")
@_REASON
@_YES
@key_option
def deny(plan_id: str, reason: str, yes: bool, key: Path | None) -> int:
    """Say no to the request ID, for good: a new plan needs a new request."""
    return _answer("denial", plan_id, reason, yes, 0.0, key)


def _answer(kind: str, plan_id: str, reason: str, yes: bool, hours: float, key: Path | None) -> int:
    from driftgate.cli.emit import emit, note
    from driftgate.report.text import clean
    from driftgate.safety.approvals.book import State
    from driftgate.safety.approvals.statement import ApprovalError, Kind, Statement, sign
    from driftgate.safety.redact import Redactor

    book, signing_key, moment = open_book(), own_key(key), now()
    standing = book.standing(full_id(book, plan_id), moment)
    request = standing.request
    if request is None or standing.state not in (State.REQUESTED, State.GRANTED):
        raise ApprovalError(f"there is nothing to answer: {standing.why}", next_step="dg approve list --all")
    expires = moment + timedelta(hours=hours) if hours else request.expires
    said = Statement(Kind(kind), request.bound, who(), moment, min(expires, request.expires), Redactor().text(reason))
    signed = sign(said, signing_key)
    if signed.signed_by(book.approvers) is None:
        raise ApprovalError(f"the key {signing_key.public} approves nothing", next_step="add it to [gate] approvers")
    if signed.kind is Kind.GRANT and (signed.key == request.key or signed.by == request.by):
        raise ApprovalError("nobody approves a request of their own", next_step="ask another approver")
    act = "granted" if signed.kind is Kind.GRANT else "denied"
    if not yes:
        emit(clean(f"would be {act}: {request.bound.id}, requested by {request.by}: {request.reason}"), None)
        emit("\n".join(clean(line) for line in _told(request.details)), None)
        note("nothing was done: repeat with --yes")
        return ExitCode.CLEAN
    if not book.write(signed):
        raise ApprovalError(f"{request.bound.id} was {act} before", next_step="dg approve list --all")
    record(signed)
    note(f"{act} {request.bound.id}")
    return ExitCode.CLEAN


def _told(details: object) -> list[str]:
    """The request's details, one a line."""
    if not isinstance(details, dict):
        return []
    return [f"{name}: {value}" for name, value in sorted(details.items()) if value]

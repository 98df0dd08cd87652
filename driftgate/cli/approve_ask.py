"""`dg approve request`, `verify` and `list`: what is asked for, and how it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.approve import EPILOG, expires_option, key_option, now, open_book, own_key, record, who
from driftgate.cli.options import output_options
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.safety.approvals.book import Standing
    from driftgate.safety.approvals.statement import Bound
    from driftgate.wrap.saved_plan import SavedPlan
    from driftgate.wrap.target import Target


@click.command(epilog=EPILOG)
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", metavar="TEXT", default="", help="Why this should be applied.")
@click.option("--tool", type=click.Choice(["terraform", "tofu"]),
              help="What made the plan. Default: which of them is installed.")  # fmt: skip
@expires_option
@key_option
def request(plan: Path, reason: str, tool: str | None, hours: float, key: Path | None) -> int:
    """Ask for approval of PLAN: a saved plan, or what `dg remediate plan -o json` wrote. Stand in its unit's folder."""
    from driftgate.cli.emit import emit
    from driftgate.safety.approvals.statement import ApprovalError, Kind, Statement, sign
    from driftgate.safety.redact import Redactor

    signing_key, book = own_key(key), open_book()
    bound, details = _asked(plan, tool)
    created = now()
    asked = Statement(Kind.REQUEST, bound, who(), created, created + timedelta(hours=hours), Redactor().text(reason),
                      details)  # fmt: skip
    signed = sign(asked, signing_key)
    if signed.signed_by([*book.requesters, *book.approvers]) is None:
        raise ApprovalError(
            f"the key {signing_key.public} may not ask for approval", next_step="add it to [gate] requesters"
        )
    if not book.write(signed):
        raise ApprovalError(f"approval of this plan was requested before, as {bound.id}", next_step="dg approve list")
    record(signed)
    emit(bound.id, None)
    return ExitCode.CLEAN


@click.command(epilog=EPILOG)
@click.option("--plan", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The plan.")
def verify(plan: Path) -> int:
    """Say whether the saved plan may be applied: exit 0, or 5. Nothing is used up. Stand in the folder of its unit."""
    from driftgate.cli.emit import emit
    from driftgate.remediate.execute.document import is_document, read_document
    from driftgate.remediate.execute.foreseen import bound_of
    from driftgate.safety.approvals.book import State
    from driftgate.tfexec.planfile import read_plan_file
    from driftgate.wrap.saved_plan import bound_to

    data = plan.read_bytes()
    if is_document(data):
        bound = bound_of(read_document(data, str(plan)))
    else:
        bound = bound_to(read_plan_file(data), _target("terraform"))  # the binding does not name the tool
    standing = open_book().check(bound, now())
    emit(f"{bound.id}: {standing.why}", None)
    return ExitCode.CLEAN if standing.state is State.GRANTED else ExitCode.APPROVAL


@click.command(name="list", epilog=EPILOG)
@click.option("--all", "everything", is_flag=True, help="Those that are used, denied or expired, too.")
@output_options(["table", "json"])
def list_(everything: bool, output: str, out: Path | None) -> int:
    """List what was asked for and how it stands."""
    from driftgate.cli.emit import emit
    from driftgate.report.text import clean
    from driftgate.safety.approvals.book import State

    book, moment = open_book(), now()
    rows = [_row(plan, book.standing(plan, moment)) for plan in book.plans()]
    live = (State.REQUESTED, State.GRANTED)
    shown = [row for row in rows if everything or row["state"] in live]
    if output == "json":
        emit(json.dumps({"format_version": "1.0", "approvals": shown}, indent=2, ensure_ascii=False), out)
    else:
        emit("\n".join(clean(_line(row)) for row in shown) or "nothing waits for an approval", out)
    return ExitCode.CLEAN


def _target(tool: str) -> Target:
    from driftgate.wrap.options import Options
    from driftgate.wrap.target import target_of
    from driftgate.wrap.terraform_argv import TerraformCommand

    return target_of(TerraformCommand("", "apply", []), Options([]), tool=tool, cwd=Path.cwd(), env=os.environ)


def _asked(plan: Path, tool: str | None) -> tuple[Bound, Mapping[str, Any]]:
    """What approval is asked for, and what the approver should know of it."""
    from driftgate.remediate.execute.document import is_document, read_document
    from driftgate.remediate.execute.foreseen import bound_of

    data = plan.read_bytes()
    if is_document(data):
        from driftgate.cli.remediate_gate import details_of

        document = read_document(data, str(plan))
        return bound_of(document), details_of(document)
    saved, target = _read(plan, tool)
    return saved.bound(target), _details(saved, target)


def _read(plan: Path, tool: str | None) -> tuple[SavedPlan, Target]:
    from driftgate import process
    from driftgate.tfexec.binary import find_binary
    from driftgate.tfexec.guard import read_only
    from driftgate.wrap.saved_plan import read_saved

    binary = find_binary(os.environ, run=read_only(process.run), tool=tool)
    target = _target(binary.name)
    return read_saved(plan.resolve(), target, binary.path, os.environ), target


def _details(saved: SavedPlan, target: Target) -> Mapping[str, Any]:
    """What an approver should know, without values: what is destroyed, and what the gate says."""
    from driftgate.cli.settings import settings_in_force
    from driftgate.safety.taint import taint_of
    from driftgate.wrap.drift_check import drifted, judge
    from driftgate.wrap.gate import Proposal, destroyed
    from driftgate.wrap.gate import judge as verdict

    known = taint_of(saved.plan)  # an instance key can be a secret
    drift = drifted(judge(target, os.environ, saved.plan))
    blocks = verdict(Proposal(saved.plan, drift), settings_in_force().settings.gate)
    acts: dict[str, int] = {}
    for change in saved.plan.resource_changes:
        name = "+".join(change.change.actions)
        acts[name] = acts.get(name, 0) + 1
    return {
        "unit": target.name,
        "actions": {name: count for name, count in sorted(acts.items()) if name not in ("no-op", "read")},
        "destroys": [known.text(address) for address in destroyed(saved.plan)[:50]],
        "gate": [known.text(f"{block.message} ({block.rule})") for block in blocks],
    }


def _row(plan: str, standing: Standing) -> dict[str, Any]:
    request = standing.request
    return {
        "id": plan,
        "state": str(standing.state),
        "why": standing.why,
        "requester": request.by if request else None,
        "expires": request.expires.isoformat() if request else None,
        "identity": _identity(request.bound) if request else None,
        "reason": request.reason if request else "",
        "details": dict(request.details) if request else {},
    }


def _identity(bound: Bound) -> str:
    return f"{bound.identity} at serial {bound.serial}"


def _line(row: Mapping[str, Any]) -> str:
    acts = ", ".join(f"{count} {name}" for name, count in row["details"].get("actions", {}).items()) or "no changes"
    why = f": {row['reason']}" if row["reason"] else ""
    return f"{row['id']}  {row['state']}  {row['details'].get('unit', '')}  {acts}  {row['why']}{why}"

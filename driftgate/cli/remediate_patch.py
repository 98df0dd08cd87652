"""`dg remediate patch`: the code takes on what is live, as a unified diff that a plan of a patched copy has proved."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.clock import stamp
from driftgate.cli.options import output_options
from driftgate.cli.remediate import patch_options
from driftgate.errors import DriftgateError, ExitCode

if TYPE_CHECKING:
    from driftgate.finding import Report
    from driftgate.remediate.proposal import Accepted, Proposal, Refused
    from driftgate.safety.redact import Redactor

EPILOG = """\b
Examples:
  dg remediate patch                       scan, trace, patch a copy, plan that, print what held
  dg remediate patch live/app --out p.diff
  dg remediate patch | git apply --index   take it
  dg remediate patch --no-verify -o json   what could be changed, quickly, without a proof

\b
Exit codes: 0 every drifted attribute has a patch (or nothing drifted), 2 some have none, 1 something could not be read.
Nothing is changed: the patch is printed, and proved on a private copy.
"""


@click.command(name="patch", epilog=EPILOG)
@output_options(["patch", "json"], default="patch")
@patch_options
def command(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    no_verify: bool,
    wide: bool,
    parallelism: int,
    **choices: Any,
) -> int:
    """Print the smallest patch that makes the code say what is live.

    Each drifted attribute that the next apply would put back is traced to the literal it comes from, through locals,
    variables, tfvars, modules, for_each and functions. What cannot be traced says why. What [[remediate.rules]] in the
    settings close in another way is left.
    """
    from driftgate.cli.emit import emit, note
    from driftgate.cli.remediate_accept import proposed, scanned
    from driftgate.cli.remediate_choice import for_patches
    from driftgate.cli.scan import wire
    from driftgate.remediate.patch import unified_diff
    from driftgate.safety.redact import Redactor

    redactor, env = Redactor(), dict(os.environ)
    wired = wire(paths, redactor, env=env, **choices)
    started = stamp()
    report = scanned(wired, started=started, parallelism=parallelism)
    proposal, plans = proposed(
        wired, report, env, wide=wide, verify=not no_verify, parallelism=parallelism,
        only=for_patches(lambda text: note(redactor.text(text))),
    )  # fmt: skip
    diff = unified_diff(proposal.before, proposal.after)
    refuse_secrets(diff, redactor)
    refuse_to_show(diff, redactor, out)
    if output == "json":
        emit(redactor.text(_json(proposal, diff, proved=not no_verify)), out)
    elif diff:
        emit(diff, out)
    say(proposal, report, redactor, plans=plans, proved=not no_verify)
    if report.errors:
        return ExitCode.ERROR
    return ExitCode.FINDINGS if proposal.refused else ExitCode.CLEAN


def refuse_secrets(diff: str, redactor: Redactor) -> None:
    """Raises DriftgateError for a diff that adds a secret: a masked one would not apply."""
    added = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    if redactor.text(added) != added:
        raise DriftgateError("the patch would write a secret into the code", next_step="patch the other units by name")


def refuse_to_show(diff: str, redactor: Redactor, out: Path | None) -> None:
    """Raises DriftgateError for a diff on stdout with a secret in the lines around a change."""
    if out is None and redactor.text(diff) != diff:
        raise DriftgateError(
            "the code beside a change holds a secret, which must not be printed", next_step="write it to a file: --out"
        )


def say(proposal: Proposal, report: Report, redactor: Redactor, *, plans: int, proved: bool) -> None:
    """Say on stderr what is patched, what is left and why, and what proved it."""
    from driftgate.cli.emit import note
    from driftgate.remediate.proposal import targets

    lines = [f"patched  {_name(item)}  {' ← '.join(reversed(item.change.trail))}" for item in proposal.accepted]
    lines += [f"left     {_name(item)}  {item.reason}{_next(item.next_step)}" for item in proposal.refused]
    for unit in report.errors:
        lines.append(f"unread   {unit.path}  {unit.error}{_next(unit.next_step)}")
    for line in lines:
        note(redactor.text(line))
    count = len(proposal.accepted)
    if count and proved:
        made = f"{plans} plans" if plans != 1 else "a plan"
        note(
            f"proved by {made} of a patched copy: the next apply leaves {'it' if count == 1 else f'all {count}'} alone"
        )
    elif count:
        note("not proved: no plan was made of it (--no-verify)")
    elif not proposal.refused and not report.errors:
        drifted = targets(report.findings)
        note("nothing to patch: " + ("all of it is left" if drifted else "the next apply would put nothing back"))


def _name(item: Accepted | Refused) -> str:
    target = item.target
    return f"{target.finding.unit}  {target.finding.address}.{target.attribute.path}"


def _next(step: str) -> str:
    return f" → {step}" if step else ""


def _json(proposal: Proposal, diff: str, *, proved: bool) -> str:
    def row(item: Accepted | Refused) -> dict[str, Any]:
        target = item.target
        return {
            "unit": target.finding.unit,
            "workspace": target.finding.workspace,
            "address": target.finding.address,
            "attribute": target.attribute.path,
            "fingerprint": target.finding.fingerprint,
        }

    document = {
        "format_version": "1.0",
        "proved": proved,
        "patched": [
            row(item) | {"file": item.change.path, "trail": list(item.change.trail)} for item in proposal.accepted
        ],
        "left": [row(item) | {"reason": item.reason, "next_step": item.next_step} for item in proposal.refused],
        "patch": diff,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)

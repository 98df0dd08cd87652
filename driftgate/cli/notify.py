"""`dg notify`: a saved scan as a message to a webhook or to Slack."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from driftgate.cli.clock import stamp
from driftgate.cli.options import results_argument
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.report.view import ReportView

WEBHOOK_EPILOG = """\b
Examples:
  DG_WEBHOOK_URL=https://hooks.example.com/drift DG_WEBHOOK_SECRET=… dg notify webhook drift.json
  dg notify webhook drift.json --dry-run

\b
With DG_WEBHOOK_SECRET each message is signed: X-Driftgate-Signature-256 is `sha256=` and the HMAC-SHA256 of the
header X-Driftgate-Sent, a full stop, and the body.
"""
SLACK_EPILOG = """\b
Examples:
  DG_SLACK_URL=https://hooks.slack.com/services/… dg notify slack drift.json
"""


GROUP_EPILOG = """\b
Examples:
  dg drift scan -o json --out drift.json
  DG_SLACK_URL=https://hooks.slack.com/services/… dg notify slack drift.json
  dg notify webhook drift.json --dry-run
"""


@click.group(name="notify", epilog=GROUP_EPILOG)
def group() -> None:
    """Tell a webhook or a chat about a saved scan. Silent while there is nothing to say."""


def _options(function: Callable[..., int]) -> Callable[..., int]:
    function = click.option("--always", is_flag=True, help="Also when all is clean.")(function)
    function = click.option("--dry-run", is_flag=True, help="Print the message, send nothing.")(function)
    return results_argument(function)


@group.command(epilog=WEBHOOK_EPILOG)
@_options
def webhook(results: tuple[Path, ...], always: bool, dry_run: bool) -> int:
    """Post the verdict and the gravest findings as signed JSON. The address is DG_WEBHOOK_URL."""
    from driftgate.report.post.notice import signed_headers, webhook_body

    sent = stamp()
    secret = os.environ.get("DG_WEBHOOK_SECRET", "")
    view = _view(results)
    body = webhook_body(view, sent, _links())
    return _send("DG_WEBHOOK_URL", view, body, signed_headers(secret, sent, body), always=always, dry_run=dry_run)


@group.command(epilog=SLACK_EPILOG)
@_options
def slack(results: tuple[Path, ...], always: bool, dry_run: bool) -> int:
    """Post the verdict and the gravest findings to a channel. The incoming webhook is DG_SLACK_URL."""
    from driftgate.report.post.notice import slack_body

    view = _view(results)
    return _send("DG_SLACK_URL", view, slack_body(view, _links()), {}, always=always, dry_run=dry_run)


def _send(variable: str, view: ReportView, body: bytes, headers: dict[str, str], *, always: bool, dry_run: bool) -> int:
    from driftgate.cli.emit import emit, note
    from driftgate.report.post.notice import deliver
    from driftgate.report.post.upsert import has_news

    if dry_run:
        emit(body.decode(), None)
        return ExitCode.CLEAN
    if not (always or has_news(view)):
        note("nothing to say: no drift")
        return ExitCode.CLEAN
    url = os.environ.get(variable, "")
    if not url:
        raise click.UsageError(f"{variable} is not set: it holds the address, which is a secret")
    deliver(url, body, headers, dict(os.environ), time.sleep)
    note("sent")
    return ExitCode.CLEAN


def _view(results: tuple[Path, ...]) -> ReportView:
    from driftgate.cli.report import load
    from driftgate.report.build import view_of
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    return view_of(redact_report(load(results), Redactor()))


def _links() -> dict[str, str]:
    from driftgate.wrap.ci import github_run, gitlab_run

    env = dict(os.environ)
    url = github_run(env, lambda path: Path(path).read_bytes()).url or gitlab_run(env).url
    return {"run": url} if url else {}

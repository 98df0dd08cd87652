"""`dg comment`: a saved scan on the pull or merge request, or as issues."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.ledgers import ledger_option
from driftgate.cli.options import SEVERITIES, results_argument, template_option
from driftgate.errors import ExitCode

if TYPE_CHECKING:
    from driftgate.cli.posting import Job, Posted
    from driftgate.wrap.ci import Run

RULES = """\b
One comment for each --marker, edited in place, left alone when nothing changed; none while there never was a finding.
Where it cannot be posted (a fork's token, a rate limit), the report goes to the step summary or stdout, and the exit
code stays 0 unless --require is given.
"""
GITHUB_EPILOG = f"""\b
Examples:
  dg comment github drift.json                      in Actions: repository and number are known
  dg comment github drift.json --pr 7 --repo acme/infra
  dg comment github drift.json --marker prod        a comment of its own for each root set
  dg comment github drift.json --issues             an issue per unit: opened, updated, closed
  dg comment github drift.json --check              a check run on the commit, with annotations
  dg comment github drift.json --dry-run            print what would be posted

{RULES}
\b
Token: GITHUB_TOKEN or GH_TOKEN, with `pull-requests: write` (`issues: write` for --issues,
`checks: write` for --check).
"""
GITLAB_EPILOG = f"""\b
Examples:
  dg comment gitlab drift.json                      in a merge request pipeline
  dg comment gitlab drift.json --mr 7 --project acme/infra
  dg comment gitlab drift.json --issues             in a scheduled pipeline: an issue per unit

{RULES}
\b
Token: GITLAB_TOKEN, of a bot with the `api` scope; CI_JOB_TOKEN may not write notes or issues.
"""


GROUP_EPILOG = """\b
Examples:
  dg drift scan -o json --out drift.json
  dg comment github drift.json              the comment on the run's pull request
  dg comment gitlab drift.json --issues     an issue per unit, for a schedule
  dg comment github drift.json --dry-run    only print it
"""


@click.group(name="comment", epilog=GROUP_EPILOG)
def group() -> None:
    """Put a saved scan where people review it."""


def _options(function: Callable[..., int]) -> Callable[..., int]:
    for option in (
        click.option(
            "--marker", metavar="NAME", default="all", show_default=True, help="Which root set this is about."
        ),
        ledger_option,
        click.option(
            "--state-diff",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Show what an apply changed, from `dg state diff -o json`.",
        ),
        click.option("--always", is_flag=True, help="Comment even when nothing was ever found."),
        click.option("--require", is_flag=True, help="Exit 1 when it cannot be posted."),
        click.option("--dry-run", is_flag=True, help="Print the comment, post nothing."),
        template_option,
    ):
        function = option(function)
    return results_argument(function)


@group.command(epilog=GITHUB_EPILOG)
@_options
@click.option("--pr", "number", type=int, metavar="N", help="The pull request. Default: the run's own.")
@click.option("--repo", "repository", metavar="OWNER/NAME", help="Default: the run's own.")
@click.option("--author", metavar="LOGIN", help="Who writes with this token, for app tokens that cannot ask.")
@click.option("--issues", is_flag=True, help="Keep one issue per unit instead of a comment.")
@click.option("--check", is_flag=True, help="Put a check run with annotations on the commit instead of a comment.")
@click.option("--sha", metavar="COMMIT", help="The commit of the check run. Default: the run's own.")
@click.option("--fail-on", type=click.Choice(SEVERITIES),
              help="The check run fails from this severity on. Default: as for `dg drift scan`.")  # fmt: skip
def github(
    results: tuple[Path, ...],
    number: int | None,
    repository: str | None,
    author: str | None,
    issues: bool,
    check: bool,
    sha: str | None,
    fail_on: str | None,
    **how: Any,
) -> int:
    """Comment on a pull request, keep an issue per unit that drifted, or put a check run on the commit."""
    from driftgate.cli.posting import check_run, issues_of, pull_request_comment
    from driftgate.cli.settings import settings_in_force
    from driftgate.wrap.ci import github_run

    if issues and check:
        raise click.UsageError("--issues and --check are two things: call it once for each")

    env = dict(os.environ)
    run = github_run(env, lambda path: Path(path).read_bytes())
    run = replace(run, number=number or run.number, repository=repository or run.repository, sha=sha or run.sha)

    def send(job: Job) -> Posted:
        if check:
            return check_run(job, run, env, fail_on or settings_in_force().settings.drift.fail_on)
        return (issues_of if issues else pull_request_comment)(job, run, env, author or "")

    return _post(results, run, env, send, **how)


@group.command(epilog=GITLAB_EPILOG)
@_options
@click.option("--mr", "number", type=int, metavar="N", help="The merge request. Default: the pipeline's own.")
@click.option("--project", "repository", metavar="ID|PATH", help="Default: the pipeline's own.")
@click.option("--issues", is_flag=True, help="Keep one issue per unit instead of a note.")
def gitlab(results: tuple[Path, ...], number: int | None, repository: str | None, issues: bool, **how: Any) -> int:
    """Comment on a merge request, or keep an issue per unit that drifted."""
    from driftgate.cli.posting import merge_request_note, project_issues
    from driftgate.wrap.ci import gitlab_run

    env = dict(os.environ)
    run = gitlab_run(env)
    run = replace(run, number=number or run.number, repository=repository or run.repository)
    send = project_issues if issues else merge_request_note
    return _post(results, run, env, lambda job: send(job, run, env), **how)


def _post(
    results: tuple[Path, ...],
    run: Run,
    env: dict[str, str],
    send: Callable[[Job], Posted],
    *,
    require: bool,
    dry_run: bool,
    **how: Any,
) -> int:
    from driftgate.cli.emit import emit
    from driftgate.cli.posting import Job, post
    from driftgate.cli.report import load
    from driftgate.report.comment import pr_comment

    job = Job.of(load(results), run, env, **how)
    if dry_run:
        emit(pr_comment(job.view, job.about), None)
        return ExitCode.CLEAN
    posted = post(job, lambda: send(job))
    return ExitCode.ERROR if require and not posted.ok else ExitCode.CLEAN

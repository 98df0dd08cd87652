"""Posts a report for `dg comment` and the GitHub Action, and brings it elsewhere where posting fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate.errors import DriftgateError
from driftgate.finding import Report
from driftgate.report.build import view_of
from driftgate.report.comment import STEP_SUMMARY, About, pr_comment
from driftgate.report.post.client import PostError
from driftgate.report.view import ReportView, plural
from driftgate.wrap.ci import CiError, Run

if TYPE_CHECKING:
    from driftgate.report.post.issues import Issues

Env = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be posted, and how. `summary` is the step summary's file, "" where there is none."""

    report: Report
    view: ReportView
    about: About
    summary: str
    always: bool

    @classmethod
    def of(
        cls,
        report: Report,
        run: Run,
        env: Env,
        *,
        marker: str,
        always: bool,
        ledger: str = "",
        state_diff: Path | None = None,
        template_dirs: tuple[Path, ...] = (),
    ) -> Job:
        """The job for a report, which is redacted once more here."""
        from driftgate.cli.emit import look
        from driftgate.safety.findings import redact_report
        from driftgate.safety.redact import Redactor

        safe, how = redact_report(report, Redactor()), look(None, template_dirs)
        about = About(
            name=marker,
            day=datetime.now(UTC).strftime("%Y%m%d"),
            run=run.id,
            links=(("run", run.url),) if run.url else (),
            since=_since(ledger),
            state_diff=_state_diff(state_diff),
            show_values=how.show_values,
            template_dirs=how.template_dirs,
        )
        return cls(safe, view_of(safe), about, env.get("GITHUB_STEP_SUMMARY", ""), always)


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it, in words, and where to see it; `ok` is False where nothing could be posted."""

    said: str
    url: str = ""
    ok: bool = True


def post(job: Job, send: Callable[[], Posted], *, fallback: bool = True) -> Posted:
    """Send, and say what came of it; where that fails the report goes, with `fallback`, to summary or stdout."""
    from driftgate.cli.emit import emit, note

    try:
        posted = send()
        note(posted.said)
        return posted
    except (PostError, CiError) as error:
        why = error.message + (f"; {error.next_step}" if error.next_step else "")
    note(f"not posted: {why}")
    if fallback:
        text = pr_comment(job.view, job.about, STEP_SUMMARY)
        if job.summary and append_summary(Path(job.summary), text):
            note("the report is in the step summary instead")
        else:
            emit(text, None)
    return Posted(why, ok=False)


def pull_request_comment(job: Job, run: Run, env: Env, author: str) -> Posted:
    """Keep the comment on the run's pull request. Raises PostError and CiError."""
    from driftgate.report.post import github
    from driftgate.report.post.upsert import upsert

    client = github.github(run.api, token_in(env, "GITHUB_TOKEN", "GH_TOKEN"), env, time.sleep)
    known = run.number or (github.pull_of(client, run.repository, run.head, run.sha) if run.head else None)
    number = _number(replace(run, number=known))
    login = author or github.login_of(client)
    comments = github.PullRequestComments(client, run.repository, number, login)
    outcome = upsert(comments, job.view, job.about, always=job.always)
    return Posted(f"comment on {run.repository}#{number}: {outcome.did} {outcome.url}".rstrip(), outcome.url)


def issues_of(job: Job, run: Run, env: Env, author: str) -> Posted:
    """Keep an issue for each unit in a GitHub repository. Raises PostError and CiError."""
    from driftgate.report.post import github

    client = github.github(run.api, token_in(env, "GITHUB_TOKEN", "GH_TOKEN"), env, time.sleep)
    login = author or github.login_of(client)
    return _keep(job, github.RepositoryIssues(client, _repository(run), login))


def project_issues(job: Job, run: Run, env: Env) -> Posted:
    """Keep an issue for each unit in a GitLab project. Raises PostError and CiError."""
    from driftgate.report.post import gitlab
    from driftgate.report.post.gitlab_issues import ProjectIssues

    client = gitlab.gitlab(run.api, token_in(env, "GITLAB_TOKEN"), env, time.sleep)
    return _keep(job, ProjectIssues(client, _repository(run), gitlab.user_of(client)))


def _keep(job: Job, issues: Issues) -> Posted:
    from driftgate.cli.emit import note
    from driftgate.report.post.issues import sync

    count = 0
    for outcome in sync(issues, job.report, job.about):
        note(f"{outcome.unit}: {outcome.did} {outcome.url}")
        count += 1
    return Posted(f"{plural(count, 'issue')} looked after")


def check_run(job: Job, run: Run, env: Env, fail_on: str) -> Posted:
    """Put a check run on the run's commit; it fails from `fail_on` on. Raises PostError and CiError."""
    from driftgate.cli.drift_scan import exit_code
    from driftgate.report.ci.checks import Check, check_annotations, conclusion
    from driftgate.report.post import github
    from driftgate.report.post.github_checks import CheckRuns

    if not run.sha:
        raise CiError("it is not known which commit this is about", next_step="name it with --sha")
    check = Check(
        name="driftgate" if job.about.name == "all" else f"driftgate ({job.about.name})",
        sha=run.sha,
        conclusion=conclusion(job.view, failed=bool(exit_code(job.report, fail_on, strict=False))),
        title=job.view.verdict.headline,
        summary=pr_comment(job.view, job.about).partition("\n")[2],  # without the marker: nobody looks for it here
        annotations=check_annotations(job.view),
        url=run.url,
    )
    client = github.github(run.api, token_in(env, "GITHUB_TOKEN", "GH_TOKEN"), env, time.sleep)
    url = CheckRuns(client, _repository(run)).create(check)
    return Posted(f"check run on {run.repository}@{run.sha[:12]}: {check.conclusion} {url}".rstrip(), url)


def merge_request_note(job: Job, run: Run, env: Env) -> Posted:
    """Keep the note on the pipeline's merge request. Raises PostError and CiError."""
    from driftgate.report.post import gitlab
    from driftgate.report.post.upsert import upsert

    number = _number(run)
    client = gitlab.gitlab(run.api, token_in(env, "GITLAB_TOKEN"), env, time.sleep)
    notes = gitlab.MergeRequestNotes(client, run.repository, number, gitlab.user_of(client), run.page)
    outcome = upsert(notes, job.view, job.about, always=job.always)
    return Posted(f"note on {run.repository}!{number}: {outcome.did} {outcome.url}".rstrip(), outcome.url)


def append_summary(file: Path, text: str) -> bool:
    """Add to the step summary; False where it has no room or cannot be written: an over-long one is dropped whole."""
    data = text.encode()
    try:
        if (file.stat().st_size if file.exists() else 0) + len(data) > STEP_SUMMARY.budget:
            return False
        with file.open("ab") as summary:
            summary.write(data + b"\n")
    except OSError:
        return False
    return True


def _since(place: str) -> dict[str, str]:
    """The day of the first sight of each finding, where a ledger was named. Raises what reading it raises."""
    if not place:
        return {}
    from driftgate.cli.ledgers import ledger_at
    from driftgate.ledger.document import days

    return days(ledger_at(place, Path.cwd()).load())


def _state_diff(file: Path | None) -> str:
    """What `dg state diff -o json` wrote to `file`, in forty lines. Raises DriftgateError for anything else."""
    if file is None:
        return ""
    from driftgate.report.state_diff import summary

    try:
        return summary(json.loads(file.read_bytes()), lines=40)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DriftgateError(
            f"{file} is no difference of two states: {error}",
            next_step="make it with `dg state diff A B -o json --out FILE`",
        ) from None


def _repository(run: Run) -> str:
    if not run.repository:
        raise CiError("this run belongs to no repository", next_step="name one with --repo (--project)")
    return run.repository


def _number(run: Run) -> int:
    if not run.repository or run.number is None:
        raise CiError(
            "this run belongs to no pull request", next_step="name one with --pr (--mr) and --repo (--project)"
        )
    return run.number


def token_in(env: Env, *names: str) -> str:
    """The first of the variables that is set. Raises CiError where none is."""
    token = next((given for name in names if (given := env.get(name, "").strip())), "")
    if not token:
        raise CiError(f"there is no token in {' or '.join(names)}", next_step="pass one in the step's `env`")
    return token

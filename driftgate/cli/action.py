"""`dg action`: the body of the GitHub Action."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from driftgate.errors import DriftgateError, ExitCode

if TYPE_CHECKING:
    from driftgate.finding import Report
    from driftgate.wrap.action import Inputs
    from driftgate.wrap.ci import Run

EPILOG = """\b
Run by action.yml, which passes its inputs as DG_ACTION_… variables. See docs/ci/github.md.
Exit codes: those of `dg drift scan`.
"""


@click.command(name="action", epilog=EPILOG)
def command() -> int:
    """Do what the GitHub Action was asked to do, in a job of GitHub Actions."""
    from driftgate.wrap.action import inputs, refuse_fork_code
    from driftgate.wrap.ci import github_run

    env = dict(os.environ)
    given, run = inputs(env), github_run(env, lambda path: Path(path).read_bytes())
    refuse_fork_code(run, given)
    _change_to(given.working_directory)
    with _private_folder(env) as private:
        if given.command == "comment":
            if run.base or run.from_fork:
                _believe_no_settings(private)
            return _comment_only(given, run, env)
        _use_real_tools(given, env)
        target = Path(given.report_json or f"{env.get('RUNNER_TEMP', tempfile.gettempdir())}/driftgate/drift.json")
        code = _scan(_scan_arguments(given, run, private, target.absolute()), target.absolute())
        return _show(given, run, env, code, target.absolute())


def _scan_arguments(given: Inputs, run: Run, private: Path, target: Path) -> list[str]:
    argv = ["-o", "json", "--out", str(target)]
    if run.base:
        argv += _base(run, private, given)
    elif given.config:
        os.environ["DG_CONFIG"] = os.path.abspath(given.config)
    argv += ["--tool", given.tool] if given.tool else []
    argv += ["--fail-on", given.fail_on] if given.fail_on else []
    argv += ["--shard", given.shard] if given.shard else []
    argv += ["--ledger", given.ledger] if given.ledger else ["--no-ledger"]
    return [*argv, *given.extra_args]


def _base(run: Run, private: Path, given: Inputs) -> list[str]:
    """Settings, ignores and templates as the base branch has them: a pull request cannot approve itself."""
    from driftgate import process
    from driftgate.discover.root import repo_root
    from driftgate.wrap.base import base_commit, lay_out_base
    from driftgate.wrap.hooks.git import git_in, scrubbed

    here = Path.cwd()
    root = repo_root(here)
    git = git_in(root, scrubbed(os.environ), process.run)
    commit = base_commit(git, run.base)
    folder = PurePosixPath(here.relative_to(root))
    settings, ignores = lay_out_base(git, commit, private, folder, given.config)
    os.environ["DG_CONFIG"] = str(settings)
    return ["--ignore-file", str(ignores), *(["--changed-since", commit] if given.changed_only else [])]


def _believe_no_settings(private: Path) -> None:
    """The folder may hold whatever the request's own job has left for this one: settings and templates, too."""
    settings = private / "none.toml"
    settings.touch(mode=0o600)
    os.environ["DG_CONFIG"] = str(settings)


def _use_real_tools(given: Inputs, env: dict[str, str]) -> None:
    from driftgate.wrap.action import real_tools, wrapped

    os.environ.update(real_tools(env, {path: os.path.isfile(path) for path in wrapped(env)}))
    if given.terraform_path:
        tool = "TOFU" if Path(given.terraform_path).name.startswith("tofu") else "TERRAFORM"
        os.environ[f"DG_REAL_{tool}"] = os.path.abspath(given.terraform_path)


def _scan(argv: Sequence[str], target: Path) -> int:
    """Scan, then hide from the log what was learnt to be secret, before anything else is printed.

    What goes wrong once the report is in `target`, as with a ledger, is said, and keeps nobody from reading that.
    """
    from driftgate.cli.drift_scan import REDACTOR
    from driftgate.cli.drift_scan import command as scan
    from driftgate.cli.settings import option_defaults
    from driftgate.wrap.action import masks

    with scan.make_context("dg drift scan", list(argv), default_map=option_defaults()["drift"]["scan"]) as ctx:
        with suppress(OSError):
            target.unlink()  # another step's
        failed = None
        try:
            code = scan.invoke(ctx)
        except DriftgateError as error:
            if not target.is_file():
                raise
            failed = error
        for mask in masks(ctx.meta[REDACTOR].secrets):
            click.echo(mask)
    return _told(failed) if failed else int(code)


def _told(error: DriftgateError) -> int:
    from driftgate.cli.emit import note

    note(f"error: {error.message}" + (f"; {error.next_step}" if error.next_step else ""))
    return error.exit_code


def _show(given: Inputs, run: Run, env: dict[str, str], code: int, target: Path) -> int:
    from driftgate.cli.emit import look
    from driftgate.cli.report import load
    from driftgate.report.formats import to_text
    from driftgate.wrap.action import unread_by_the_runner

    report, how = load((target,)), look(target)
    click.echo(unread_by_the_runner(to_text(report, "table", how), secrets.token_hex(16)))
    if given.annotations:
        click.echo(to_text(report, "github", how), nl=False)
    url = _post(given, run, env, report)
    drift = [finding for finding in report.findings if finding.cls.is_drift]
    _output(env, {
        "has-drift": str(bool(drift)).lower(),
        "drift-count": str(len(drift)),
        "exit-code": str(code),
        "blocked": str(bool(code)).lower(),
        "report-json": str(target),
        "sarif-file": given.sarif_file,
        "html-file": given.html_file,
        "comment-url": url,
    })  # fmt: skip
    for format, file in (("sarif", given.sarif_file), ("html", given.html_file)):
        if file:
            _write(Path(file), to_text(report, format, how))
    return code


def _comment_only(given: Inputs, run: Run, env: dict[str, str]) -> int:
    """The second job for forks: a report made without secrets, commented with them. It is data and nothing else."""
    from driftgate.cli.report import load
    from driftgate.wrap.ci import CiError

    if not given.report_json:
        raise CiError("`command: comment` needs `report-json`", next_step="name the report that the first job made")
    report = load(tuple(map(Path, given.report_json.split())))
    url = _post(given, run, env, report)
    _output(env, {"comment-url": url, "exit-code": "0", "blocked": "false"})
    return ExitCode.CLEAN


def _post(given: Inputs, run: Run, env: dict[str, str], report: Report) -> str:
    """The whole report to the step summary, the comment, the issues, the check run. Nothing of this fails the job."""
    from driftgate.cli.emit import note
    from driftgate.cli.posting import Job, append_summary, check_run, issues_of, post, pull_request_comment
    from driftgate.cli.settings import settings_in_force
    from driftgate.report.comment import STEP_SUMMARY, pr_comment

    of = partial(Job.of, report, run, env, marker=given.marker, always=given.comment == "always")
    try:
        job = of(ledger=given.ledger)
    except DriftgateError as error:
        _told(error)
        job = of()
    summary = env.get("GITHUB_STEP_SUMMARY", "")
    if given.summary and summary:
        if not append_summary(Path(summary), pr_comment(job.view, job.about, STEP_SUMMARY)):
            note("the step summary has no room for the report")
        job = replace(job, summary="")  # it is there already
    if given.issues:
        post(job, lambda: issues_of(job, run, env, given.author), fallback=not given.summary)
    if given.check:
        fail_on = given.fail_on or settings_in_force().settings.drift.fail_on
        post(job, lambda: check_run(job, run, env, fail_on), fallback=not given.summary)
    if given.comment == "never" or (run.number is None and not run.head):
        return ""
    return post(job, lambda: pull_request_comment(job, run, env, given.author), fallback=not given.summary).url


def _output(env: dict[str, str], values: dict[str, str]) -> None:
    from driftgate.wrap.action import outputs

    if env.get("GITHUB_OUTPUT"):
        with Path(env["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.write(outputs(values, f"dg-{secrets.token_hex(16)}"))


def _change_to(folder: str) -> None:
    from driftgate.wrap.ci import CiError

    try:
        os.chdir(folder)
    except OSError as error:
        said = f"the input working-directory names {folder}: {error.strerror}"
        raise CiError(said, next_step="name a folder of the repo") from None


def _write(file: Path, text: str) -> None:
    from driftgate.wrap.ci import CiError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CiError(f"cannot write {file}: {error.strerror}", next_step="name another file") from None


@contextmanager
def _private_folder(env: dict[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="driftgate-", dir=env.get("RUNNER_TEMP") or None) as folder:
        yield Path(folder).resolve()

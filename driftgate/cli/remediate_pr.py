"""`dg remediate pr`: the proven patches as a branch and a pull or merge request, which the next run keeps."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.clock import stamp
from driftgate.cli.options import output_options
from driftgate.cli.remediate import scan_options
from driftgate.errors import DriftgateError, ExitCode
from driftgate.wrap.forge import FORGES

if TYPE_CHECKING:
    from driftgate.cli.fix_request import Place, Sent
    from driftgate.finding import Report
    from driftgate.remediate.clone import Clone
    from driftgate.remediate.proposal import Accepted, Refused, Target
    from driftgate.report.fix_request import Proof
    from driftgate.report.post.requests import Requests, Text
    from driftgate.safety.redact import Redactor
    from driftgate.wrap.ci import Run
    from driftgate.wrap.forge import Forge

EPILOG = """\b
Examples:
  dg remediate pr --dry-run             what would be sent: branch, commits, title, body
  dg remediate pr                       push it, open the request or bring it up to date
  dg remediate pr live/app --marker app
  dg remediate pr --draft

\b
The same branch and request each time. Nothing is pushed when nothing changed; a request that people closed is not
opened again for the same change; commits of people on the branch are not overwritten; when nothing is left to fix the
request is closed. Work tree, index and branches of this clone stay as they are.

\b
Token: GITHUB_TOKEN or GH_TOKEN with `contents: write` and `pull-requests: write`; GITLAB_TOKEN with `api` and
`write_repository`. Pushing over https uses it too, where git is not set up to sign in.

\b
Exit codes: 0 every drifted attribute has a patch (or nothing drifted), 2 some have none, 1 something could not be read
or sent.
"""


@click.command(name="pr", epilog=EPILOG)
@output_options(["text", "json"], default="text")
@click.option("--dry-run", is_flag=True, help="Print what would be sent; no token is needed.")
@click.option("--draft", is_flag=True, help="Open it as a draft.")
@click.option("--marker", metavar="NAME", default="all", show_default=True, help="Which root set this is about.")
@click.option("--base", metavar="BRANCH", help="The branch it is for. Default: the one that is checked out.")
@click.option("--branch", metavar="BRANCH", help="The branch to push. Default: driftgate/fix/BASE/MARKER.")
@click.option("--remote", metavar="NAME", default="origin", show_default=True, help="Where to push it.")
@click.option("--forge", type=click.Choice(FORGES), help="What the remote is, where its name does not say it.")
@click.option("--repo", "repository", metavar="OWNER/NAME", help="Default: the run's own, else the remote's.")
@scan_options
def command(
    paths: tuple[Path, ...], output: str, out: Path | None, dry_run: bool, draft: bool, marker: str, base: str | None,
    branch: str | None, remote: str, forge: str | None, repository: str | None, **choices: Any,
) -> int:  # fmt: skip
    """Propose the patches that accept what is live, as a pull request with the proof.

    Scans, patches and proves as `dg remediate patch` does, then commits once for each unit on top of the remote's
    branch and keeps one request for it.
    """
    from driftgate.cli.emit import emit
    from driftgate.cli.fix_request import place_of, send
    from driftgate.discover.root import repo_of
    from driftgate.remediate.clone import open_clone, remote_url
    from driftgate.safety.redact import Redactor
    from driftgate.wrap.forge import forge_of

    env, redactor = dict(os.environ), Redactor()
    root, _ = repo_of(paths, Path.cwd())
    url = remote_url(root, remote)
    at = forge_of(url, env, lambda path: Path(path).read_bytes(), kind=forge, repository=repository)
    token = _token(at, env, needed=not dry_run)
    redactor.add(token)
    base = _base(root, base, env)
    user = "x-access-token" if at.kind == "github" else "oauth2"
    with open_clone(root, remote, url, token=token if at.is_at(url) else "", user=user, env=env) as clone:
        place = place_of(clone, base, branch or f"driftgate/fix/{base}/{marker}")
        requests = None if dry_run else _requests(at, token, env, place)
        offer = _offer(clone, place, paths, redactor, at.run, env, name=f"{base}/{marker}", **choices)
        sent = None
        if requests is not None:
            sent = send(clone, requests, place, offer.proof, offer.text, offer.report, draft=draft)
    emit(redactor.text(_json(offer, place, sent) if output == "json" else _text(offer, place, sent)), out)
    if offer.report.errors:
        return ExitCode.ERROR
    return ExitCode.FINDINGS if offer.proof.left else ExitCode.CLEAN


@dataclass(frozen=True, slots=True)
class _Offer:
    """What this run has to propose."""

    report: Report
    proof: Proof
    text: Text


def _token(at: Forge, env: Mapping[str, str], *, needed: bool) -> str:
    from driftgate.cli.posting import token_in

    names = ("GITHUB_TOKEN", "GH_TOKEN") if at.kind == "github" else ("GITLAB_TOKEN",)
    return token_in(env, *names) if needed else next((env[name] for name in names if env.get(name)), "")


def _base(root: Path, given: str | None, env: Mapping[str, str]) -> str:
    from driftgate.remediate.clone import current_branch
    from driftgate.wrap.forge import branch_of

    found = given or current_branch(root) or branch_of(env)
    if not found:
        raise DriftgateError(
            f"{root} has a commit checked out and no branch", next_step="name the branch that it is for with --base"
        )
    return found


def _requests(at: Forge, token: str, env: Mapping[str, str], place: Place) -> Requests:
    """The requests of the repository, asked once before the long work: a wrong token fails here."""
    from driftgate.report.post.github import PullRequests, github
    from driftgate.report.post.gitlab import MergeRequests, gitlab
    from driftgate.report.post.requests import standing

    found: Requests
    if at.kind == "github":
        found = PullRequests(github(at.run.api, token, env, time.sleep), at.run.repository)
    else:
        found = MergeRequests(gitlab(at.run.api, token, env, time.sleep), at.run.repository)
    standing(found, place.branch)
    return found


def _offer(
    clone: Clone, place: Place, paths: tuple[Path, ...], redactor: Redactor, run: Run, env: Mapping[str, str], *,
    name: str, wide: bool, parallelism: int, **choices: Any,
) -> _Offer:  # fmt: skip
    """Scan, patch and prove, against the code as the remote has it."""
    from driftgate.cli.emit import look, note
    from driftgate.cli.remediate_accept import proposed, scanned
    from driftgate.cli.remediate_choice import for_patches
    from driftgate.cli.remediate_patch import refuse_secrets, say
    from driftgate.cli.scan import wire
    from driftgate.remediate.commits import by_unit, not_as_in, not_files
    from driftgate.report.fix_request import Proof, done_text, request_text

    wired = wire(paths, redactor, env=env, **choices)
    report = scanned(wired, started=stamp(), parallelism=parallelism)

    def refuse(accepted: Sequence[Accepted]) -> list[Refused]:
        refused = not_as_in(clone, place.base_sha, wired.units, accepted, env=env)
        rest = [item for item in accepted if all(item.target is not other.target for other in refused)]
        return [*refused, *not_files(clone, place.base_sha, rest)]

    only = for_patches(lambda text: note(redactor.text(text)))
    proposal, plans = proposed(
        wired, report, env, wide=wide, verify=True, parallelism=parallelism, only=only, refuse=refuse
    )
    commits = tuple(by_unit(proposal.accepted, redactor.text))
    for one in commits:
        refuse_secrets(one.patch, redactor)
    say(proposal, report, redactor, plans=plans, proved=True)
    proof, links = Proof(commits, plans, proposal.refused), (("run", run.url),) if run.url else ()
    if not commits:
        return _Offer(report, proof, done_text(name, run=run.id, links=links))
    dirs = look(None).template_dirs
    text = request_text(proof, name, redactor.text, run=run.id, links=links, template_dirs=dirs)
    return _Offer(report, proof, text)


def _text(offer: _Offer, place: Place, sent: Sent | None) -> str:
    if sent is not None:
        pushed = f"; pushed {place.branch}" if sent.pushed else ""
        return " ".join(filter(None, [f"{sent.did}{pushed}", sent.url, f"({sent.why})" if sent.why else ""]))
    if not offer.proof.commits:
        return "nothing to propose"
    lines = [f"branch  {place.branch}  {_standing(place)}", f"into    {place.base}  {place.base_sha[:10]}"]
    for one in offer.proof.commits:
        lines += ["", f"commit  {one.subject}", *(f"        {line}" for line in one.body.splitlines()), "", one.patch]
    return "\n".join([*lines, f"title   {offer.text.title}", "", offer.text.body])


def _standing(place: Place) -> str:
    if place.tip is None:
        return "(new)"
    return "(there already)" if place.tip.ours else f"(has a commit of people: {place.tip.said})"


def _json(offer: _Offer, place: Place, sent: Sent | None) -> str:
    document = {
        "format_version": "1.0",
        "did": "dry run" if sent is None else str(sent.did),
        "why": sent.why if sent is not None else "",
        "url": sent.url if sent is not None else "",
        "pushed": sent is not None and sent.pushed,
        "branch": place.branch,
        "base": {"branch": place.base, "commit": place.base_sha},
        "commits": [
            {"unit": one.unit, "workspace": one.workspace, "subject": one.subject, "patch": one.patch,
             "accepted": [_target(item.target) for item in one.items]}
            for one in offer.proof.commits
        ],
        "title": offer.text.title,
        "body": offer.text.body,
        "left": [
            _target(item.target) | {"reason": item.reason, "next_step": item.next_step} for item in offer.proof.left
        ],
    }  # fmt: skip
    return json.dumps(document, indent=2, ensure_ascii=False)


def _target(target: Target) -> dict[str, str]:
    finding = target.finding
    return {"unit": finding.unit, "address": finding.address, "attribute": target.attribute.path}

"""Whether a CI run has ended, asked of GitHub or GitLab by the run's address in a lock's record.

A token goes only to the service it belongs to: anybody who can write a lock can write an address into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from driftgate.backends.lock import LockInfo
from driftgate.report.post.client import Client, PostError, connect
from driftgate.report.post.github import API as GITHUB_API
from driftgate.report.post.github import github
from driftgate.report.post.gitlab import API as GITLAB_API
from driftgate.report.post.gitlab import gitlab
from driftgate.state.owner import LEFT_TAKEN, Fate, process_fate

Sleep = Callable[[float], None]
Answered = tuple[bool | None, str]
"""Whether a run has ended, and how; None: why that is not known."""

_GITHUB = re.compile(r"https://[^\s/]+/([\w.-]+/[\w.-]+)/actions/runs/(\d+)(?:/attempts/(\d+))?")
_GITLAB = re.compile(r"https?://[^\s/]+/([\w./-]+)/-/jobs/(\d+)")
_ENDED_JOB = frozenset({"success", "failed", "canceled", "skipped"})


def fate_of(info: LockInfo, *, env: Mapping[str, str], host: str, sleep: Sleep) -> Fate:
    """What became of the holder of a lock: its process when it was one of this `host`, else its CI run.

    Neither tells anything of a lock that was to outlast them.
    """
    if info.operation == LEFT_TAKEN:
        return Fate(None, f"it was left taken on purpose, by `{LEFT_TAKEN}`")
    fate = process_fate(info, host)
    url = run_of(info)
    if fate.ended is not None or not url:
        return fate
    try:
        ended, why = _asked(url, env, sleep)
    except PostError as error:
        return Fate(None, f"its CI run {url} could not be looked at: {error.message}")
    if ended is None:
        return Fate(None, f"its CI run {url} was not looked at: {why}")
    return Fate(ended, f"its CI run {'has ended' if ended else 'goes on'} ({why}): {url}")


def run_of(info: LockInfo) -> str:
    """The address of the CI run that took the lock, "" when the record has none."""
    text = f"{info.info} {info.who}"
    found = _GITHUB.search(text) or _GITLAB.search(text)
    return found[0] if found else ""


def _asked(url: str, env: Mapping[str, str], sleep: Sleep) -> Answered:
    """What its service says of the run at `url`, to the token of `env` for it."""
    if found := _GITHUB.fullmatch(url):
        return _github(url, found, env, sleep)
    found = _GITLAB.fullmatch(url)
    assert found is not None
    return _gitlab(url, found, env, sleep)


def _github(url: str, found: re.Match[str], env: Mapping[str, str], sleep: Sleep) -> Answered:
    own = urlsplit(env.get("GITHUB_SERVER_URL") or "https://github.com").netloc
    token = env.get("GITHUB_TOKEN") or env.get("GH_TOKEN")
    if urlsplit(url).netloc != own or not token:
        return _unasked(url, own, "GITHUB_TOKEN")
    client = github(env.get("GITHUB_API_URL") or GITHUB_API, token, env, sleep)
    repository, run, attempt = found.groups()
    tree = client.get(f"repos/{repository}/actions/runs/{run}" + (f"/attempts/{attempt}" if attempt else "")).tree
    ended = tree.get("status") == "completed"
    return ended, str(tree.get("conclusion") if ended else tree.get("status"))


def _gitlab(url: str, found: re.Match[str], env: Mapping[str, str], sleep: Sleep) -> Answered:
    own = urlsplit(env.get("CI_SERVER_URL") or "https://gitlab.com").netloc
    client = _gitlab_client(env, sleep)
    if urlsplit(url).netloc != own or client is None:
        return _unasked(url, own, "GITLAB_TOKEN")
    project, job = found.groups()
    status = str(client.get(f"projects/{quote(project, safe='')}/jobs/{job}").tree.get("status"))
    return status in _ENDED_JOB, status


def _gitlab_client(env: Mapping[str, str], sleep: Sleep) -> Client | None:
    api = env.get("CI_API_V4_URL") or GITLAB_API
    if env.get("GITLAB_TOKEN"):
        return gitlab(api, env["GITLAB_TOKEN"], env, sleep)
    if env.get("CI_JOB_TOKEN"):
        return connect(api, {"JOB-TOKEN": env["CI_JOB_TOKEN"], "User-Agent": "driftgate"}, env, sleep)
    return None


def _unasked(url: str, own: str, token: str) -> tuple[None, str]:
    host = urlsplit(url).netloc
    return None, f"{token} is not set" if host == own else f"{token} is for {own}, not for {host}"

"""Which GitHub or GitLab a clone's remote is at, which repository there, and how its API is reached. No network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from driftgate.report.post.github import API as GITHUB_API
from driftgate.report.post.gitlab import API as GITLAB_API
from driftgate.wrap.ci import CiError, Run, github_run, gitlab_run

FORGES = ("github", "gitlab")
_SCP = re.compile(r"(?:[^/@:]+@)?(?P<host>[^/@:]+):(?P<path>[^/].*)")


@dataclass(frozen=True, slots=True)
class Forge:
    """`kind` is one of FORGES. `run` is the CI run, with the API and the repository there."""

    kind: str
    run: Run

    def is_at(self, url: str) -> bool:
        """Whether a remote's URL is at this forge: only then its token may be sent there."""
        api = urlsplit(self.run.api).hostname or ""
        return remote_place(url)[0] == ("github.com" if api == "api.github.com" else api)


def forge_of(
    url: str, env: Mapping[str, str], read: Callable[[str], bytes], *, kind: str | None, repository: str | None
) -> Forge:
    """The forge of the remote at `url`: as said, else as the CI says, else the one whose host that is. Raises CiError.

    Any other host is only trusted with a token where somebody said what it is.
    """
    host, path = remote_place(url)
    known = kind or _by_ci(env) or next((name for name in FORGES if host == f"{name}.com"), "")
    if not known:
        raise CiError(
            f"it is not known whether {host or url} is GitHub or GitLab", next_step="say --forge github (or gitlab)"
        )
    run = github_run(env, read) if known == "github" else gitlab_run(env)
    given = env.get("GITHUB_API_URL" if known == "github" else "CI_API_V4_URL")
    name = repository or run.repository or path
    if not name:
        raise CiError(f"the remote {url} does not say which repository it is", next_step="name it with --repo")
    return Forge(known, replace(run, api=given or _api(known, host), repository=name))


def remote_place(url: str) -> tuple[str, str]:
    """Host and repository (`owner/name`) of a remote's URL; both "" for a folder."""
    parts = urlsplit(url)
    if parts.scheme in ("https", "http", "ssh", "git"):
        return (parts.hostname or "").lower(), _repository(parts.path)
    found = _SCP.fullmatch(url)
    return (found["host"].lower(), _repository(found["path"])) if found else ("", "")


def branch_of(env: Mapping[str, str]) -> str:
    """The branch that a CI run is for, "" where it is for something else: CI checks out commits, not branches."""
    ref = env.get("GITHUB_REF", "")
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else env.get("CI_COMMIT_BRANCH", "")


def _by_ci(env: Mapping[str, str]) -> str:
    return "github" if env.get("GITHUB_ACTIONS") else "gitlab" if env.get("GITLAB_CI") else ""


def _api(kind: str, host: str) -> str:
    """Where the API of a host is: https://docs.github.com/en/enterprise-server/rest/quickstart, GitLab's is the same
    everywhere."""
    if kind == "gitlab":
        return f"https://{host}/api/v4" if host else GITLAB_API
    return GITHUB_API if host in ("", "github.com") else f"https://{host}/api/v3"


def _repository(path: str) -> str:
    return path.strip("/").removesuffix(".git")

"""Which CI runs this, for which pull or merge request: from the environment and GitHub's event file, no network.

Variables: https://docs.github.com/en/actions/reference/workflows-and-actions/variables and
https://docs.gitlab.com/ci/variables/predefined_variables/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.errors import DriftgateError
from driftgate.report.post.github import API as GITHUB_API
from driftgate.report.post.gitlab import API as GITLAB_API


class CiError(DriftgateError):
    """The environment does not say enough, or says something that must not be done."""


@dataclass(frozen=True, slots=True)
class Run:
    """A CI run. `number` is the pull or merge request's, None where there is none; `id` grows from run to run, 0 when
    unknown; `url` is the run's page, `page` the request's. `base` is the branch that it would be merged into. `sha` is
    the commit that it is about: a pull request's own, not the merge that is tried. A run that follows another one has
    that one's commit and `head` (`owner:branch`)."""

    api: str
    repository: str
    number: int | None
    id: int
    url: str
    page: str
    event: str = ""
    base: str = ""
    from_fork: bool = False
    head: str = ""
    sha: str = ""


def github_run(env: Mapping[str, str], read: Callable[[str], bytes]) -> Run:
    """The GitHub Actions run of `env`, whose event file `read` reads. Raises CiError for one that is not JSON."""
    event = _event(env, read)
    server, repository = env.get("GITHUB_SERVER_URL") or "https://github.com", env.get("GITHUB_REPOSITORY", "")
    number = _github_number(env, event)
    run = env.get("GITHUB_RUN_ID", "")
    return Run(
        api=env.get("GITHUB_API_URL") or GITHUB_API,
        repository=repository,
        number=number,
        id=int(run) if run.isdecimal() else 0,
        url=f"{server}/{repository}/actions/runs/{run}" if run and repository else "",
        page=f"{server}/{repository}/pull/{number}" if number else "",
        event=env.get("GITHUB_EVENT_NAME", ""),
        base=env.get("GITHUB_BASE_REF") or _base(event),
        from_fork=_from_fork(event),
        head=_head(event),
        sha=str(
            _path(event, "workflow_run", "head_sha")
            or _path(event, "pull_request", "head", "sha")
            or env.get("GITHUB_SHA", "")
        ),
    )


def gitlab_run(env: Mapping[str, str]) -> Run:
    """The GitLab CI job of `env`."""
    number, pipeline = env.get("CI_MERGE_REQUEST_IID", ""), env.get("CI_PIPELINE_ID", "")
    project = env.get("CI_MERGE_REQUEST_PROJECT_URL") or env.get("CI_PROJECT_URL", "")
    source, target = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), env.get("CI_MERGE_REQUEST_PROJECT_ID")
    return Run(
        api=env.get("CI_API_V4_URL") or GITLAB_API,
        repository=env.get("CI_MERGE_REQUEST_PROJECT_ID") or env.get("CI_PROJECT_ID", ""),
        number=int(number) if number.isdecimal() else None,
        id=int(pipeline) if pipeline.isdecimal() else 0,
        url=env.get("CI_JOB_URL") or env.get("CI_PIPELINE_URL", ""),
        page=f"{project}/-/merge_requests/{number}" if project and number else "",
        event=env.get("CI_PIPELINE_SOURCE", ""),
        base=env.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        from_fork=bool(source and target and source != target),
    )


def _event(env: Mapping[str, str], read: Callable[[str], bytes]) -> Any:
    path = env.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        return json.loads(read(path))
    except (OSError, ValueError) as error:
        raise CiError(f"the event file {path} cannot be read: {error}", next_step="unset GITHUB_EVENT_PATH") from None


def _github_number(env: Mapping[str, str], event: Any) -> int | None:
    ref = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", env.get("GITHUB_REF", ""))
    found = (
        _path(event, "pull_request", "number")
        or (_path(event, "issue", "number") if _path(event, "issue", "pull_request") else None)
        or _path(_first(event), "number")
        or (int(ref[1]) if ref else None)
    )
    return found if isinstance(found, int) else None


def _first(event: Any) -> Any:
    """The pull request of a `workflow_run`; GitHub lists none for forks."""
    pulls = _path(event, "workflow_run", "pull_requests")
    return pulls[0] if isinstance(pulls, list) and pulls else None


def _base(event: Any) -> str:
    """The branch that a pull request would be merged into; where the event keeps it to itself, the default one."""
    named = _path(event, "pull_request", "base", "ref") or _path(_first(event), "base", "ref")
    follows = str(_path(event, "workflow_run", "event")).startswith("pull_request")
    about_a_request = follows or _path(event, "issue", "pull_request") is not None
    return str(named or (_path(event, "repository", "default_branch") if about_a_request else "") or "")


def _head(event: Any) -> str:
    owner, branch = (
        _path(event, "workflow_run", "head_repository", "owner", "login"),
        _path(event, "workflow_run", "head_branch"),
    )
    return f"{owner}:{branch}" if owner and branch else ""


def _from_fork(event: Any) -> bool:
    """Whether the code comes from another repository; a head without one is a fork that was deleted.

    The event of a comment on a pull request does not say: it may.
    """
    pull, run = _path(event, "pull_request"), _path(event, "workflow_run")
    if pull:
        return bool(_path(pull, "head", "repo", "full_name") != _path(pull, "base", "repo", "full_name"))
    if _path(event, "issue", "pull_request") is not None:
        return True
    return bool(run and _path(run, "head_repository", "full_name") != _path(event, "repository", "full_name"))


def _path(tree: Any, *names: str) -> Any:
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree

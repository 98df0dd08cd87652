from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from driftgate.wrap.ci import CiError, Run, github_run, gitlab_run

ACTIONS = {"GITHUB_REPOSITORY": "acme/infra", "GITHUB_RUN_ID": "123", "GITHUB_EVENT_NAME": "pull_request"}


def pull(head: str | None = "acme/infra") -> dict[str, Any]:
    repo = None if head is None else {"full_name": head}
    return {
        "pull_request": {
            "number": 7,
            "head": {"repo": repo, "sha": "c0ffee"},
            "base": {"ref": "main", "repo": {"full_name": "acme/infra"}},
        }
    }


def run_of(event: object, **env: str) -> Run:
    return github_run({**ACTIONS, "GITHUB_EVENT_PATH": "event.json", **env}, lambda _: json.dumps(event).encode())


def test_outside_of_ci_nothing_is_known() -> None:
    run = github_run({}, lambda _: b"")
    assert (run.number, run.repository, run.id, run.url, run.from_fork) == (None, "", 0, "", False)
    assert gitlab_run({}).number is None


def test_a_pull_request() -> None:
    run = run_of(
        pull(), GITHUB_BASE_REF="main", GITHUB_API_URL="https://ghe.test/api/v3", GITHUB_SERVER_URL="https://ghe.test"
    )
    assert run == Run(
        api="https://ghe.test/api/v3",
        repository="acme/infra",
        number=7,
        id=123,
        url="https://ghe.test/acme/infra/actions/runs/123",
        page="https://ghe.test/acme/infra/pull/7",
        event="pull_request",
        base="main",
        from_fork=False,
        sha="c0ffee",
    )


@pytest.mark.parametrize(
    ("event", "fork"),
    [
        ({}, False),
        (pull(), False),
        (pull("mallory/infra"), True),
        (pull(None), True),
        (
            {
                "workflow_run": {"head_repository": {"full_name": "acme/infra"}},
                "repository": {"full_name": "acme/infra"},
            },
            False,
        ),
        (
            {
                "workflow_run": {"head_repository": {"full_name": "mallory/x"}},
                "repository": {"full_name": "acme/infra"},
            },
            True,
        ),
        ({"workflow_run": {"head_repository": None}, "repository": {"full_name": "acme/infra"}}, True),
        ({"issue": {"number": 7}}, False),
        ({"issue": {"number": 7, "pull_request": {}}}, True),
    ],
    ids=[
        "push", "own", "fork", "deleted fork", "own run", "fork's run", "deleted fork's run", "comment on an issue",
        "comment on a request, whose event does not say",
    ],
)  # fmt: skip
def test_whose_code_it_is(event: dict[str, Any], fork: bool) -> None:
    assert run_of(event).from_fork is fork


@pytest.mark.parametrize(
    ("event", "env", "number"),
    [
        ({}, {}, None),
        ({}, {"GITHUB_REF": "refs/pull/12/merge"}, 12),
        ({}, {"GITHUB_REF": "refs/heads/pull/12/merge"}, None),
        ({"issue": {"number": 5, "pull_request": {"url": "x"}}}, {}, 5),
        ({"issue": {"number": 5}}, {}, None),
        ({"workflow_run": {"pull_requests": [{"number": 9}]}}, {}, 9),
        ({"workflow_run": {"pull_requests": []}}, {}, None),
        ({"pull_request": {"number": "7; rm -rf /"}}, {}, None),
        ([], {}, None),
    ],
)
def test_which_pull_request(event: Any, env: dict[str, str], number: int | None) -> None:
    assert run_of(event, **env).number == number


def test_an_event_file_that_is_none() -> None:
    with pytest.raises(CiError, match="cannot be read"):
        github_run({"GITHUB_EVENT_PATH": "x"}, lambda _: b"{")
    with pytest.raises(CiError, match="cannot be read"):
        github_run({"GITHUB_EVENT_PATH": "/nonexistent"}, lambda path: Path(path).read_bytes())


def test_a_merge_request_pipeline() -> None:
    env = {
        "CI_API_V4_URL": "https://gl.test/api/v4",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_PIPELINE_ID": "55",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_PROJECT_URL": "https://gl.test/acme/infra",
        "CI_JOB_URL": "https://gl.test/acme/infra/-/jobs/1",
        "CI_PIPELINE_SOURCE": "merge_request_event",
    }
    assert gitlab_run(env) == Run(
        api="https://gl.test/api/v4",
        repository="3",
        number=7,
        id=55,
        url="https://gl.test/acme/infra/-/jobs/1",
        page="https://gl.test/acme/infra/-/merge_requests/7",
        event="merge_request_event",
        base="main",
        from_fork=True,
    )


@pytest.mark.parametrize(
    ("event", "base"),
    [
        pytest.param({"repository": {"default_branch": "main"}}, "", id="push"),
        pytest.param({"issue": {"number": 7}, "repository": {"default_branch": "main"}}, "", id="comment on an issue"),
        pytest.param({"issue": {"number": 7, "pull_request": {}}, "repository": {"default_branch": "main"}}, "main", id="comment on a request"),
        pytest.param({"workflow_run": {"event": "push"}, "repository": {"default_branch": "main"}}, "", id="run of a push"),
        pytest.param({"workflow_run": {"event": "pull_request", "pull_requests": []}, "repository": {"default_branch": "main"}}, "main", id="run of a fork's request"),
        pytest.param({"workflow_run": {"event": "pull_request", "pull_requests": [{"number": 7, "base": {"ref": "next"}}]}, "repository": {"default_branch": "main"}}, "next", id="run of a request"),
    ],
)  # fmt: skip
def test_the_branch_whose_settings_count(event: dict[str, Any], base: str) -> None:
    assert run_of(event).base == base


def test_a_merge_request_is_at_the_project_that_it_is_for_wherever_its_pipeline_runs() -> None:
    at_a_fork = {
        "CI_MERGE_REQUEST_IID": "7", "CI_PROJECT_URL": "https://gl.test/mallory/infra",
        "CI_MERGE_REQUEST_PROJECT_URL": "https://gl.test/acme/infra",
    }  # fmt: skip
    assert gitlab_run(at_a_fork).page == "https://gl.test/acme/infra/-/merge_requests/7"

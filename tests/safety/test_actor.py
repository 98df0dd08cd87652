from __future__ import annotations

import os
import platform
import pwd
from typing import Any

import pytest

from driftgate.safety.actor import actor

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "ada",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "o/r",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "2",
}


@pytest.mark.parametrize(
    ("env", "ci"),
    [
        pytest.param({}, None, id="no CI"),
        pytest.param({"CI": "false"}, None, id="CI denied"),
        pytest.param({"CI": "1"}, {"system": "ci"}, id="some CI"),
        pytest.param(
            GITHUB,
            {"system": "github", "actor": "ada", "run": "https://github.example/o/r/actions/runs/7/attempts/2"},
            id="github",
        ),
        pytest.param(
            {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada", "GITHUB_TRIGGERING_ACTOR": "bob"},
            {"system": "github", "actor": "bob"},
            id="github, run again by another",
        ),
        pytest.param(
            {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada", "CI_JOB_URL": "https://gitlab.example/-/jobs/1"},
            {"system": "gitlab", "actor": "ada", "run": "https://gitlab.example/-/jobs/1"},
            id="gitlab",
        ),
        pytest.param(
            {"TF_BUILD": "True", "BUILD_REQUESTEDFOR": "ada", "BUILD_BUILDID": "3", "SYSTEM_COLLECTIONURI": "https://d/o/", "SYSTEM_TEAMPROJECT": "p"},
            {"system": "azure-pipelines", "actor": "ada", "run": "https://d/o/p/_build/results?buildId=3"},
            id="azure pipelines",
        ),
        pytest.param(
            {"BITBUCKET_BUILD_NUMBER": "9", "BITBUCKET_REPO_FULL_NAME": "o/r"},
            {"system": "bitbucket", "run": "https://bitbucket.org/o/r/pipelines/results/9"},
            id="bitbucket",
        ),
    ],
)  # fmt: skip
def test_ci(env: dict[str, str], ci: dict[str, str] | None) -> None:
    assert actor(env).get("ci") == ci


@pytest.mark.parametrize(
    ("env", "given", "cloud"),
    [
        pytest.param({}, "", None, id="unknown"),
        pytest.param({"AWS_ROLE_ARN": "arn:r", "AWS_PROFILE": "p"}, "", {"aws": "arn:r"}, id="claimed"),
        pytest.param({"ARM_CLIENT_ID": "c", "AWS_PROFILE": "p"}, "", {"aws": "p", "azure": "c"}, id="two clouds"),
        pytest.param({"AWS_PROFILE": "p"}, "arn:aws:sts::1:x", "arn:aws:sts::1:x", id="confirmed"),
    ],
)
def test_cloud(env: dict[str, str], given: str, cloud: object) -> None:
    assert actor(env, given).get("cloud") == cloud


def test_the_user_is_the_kernels_and_not_the_environments() -> None:
    found = actor({"USER": "mallory", "LOGNAME": "mallory"})

    assert found["user"] == pwd.getpwuid(os.getuid()).pw_name
    assert found["host"] == platform.node()


def test_a_number_that_no_user_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> Any:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert actor({})["user"] == f"uid {os.getuid()}"

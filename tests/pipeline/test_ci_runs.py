from __future__ import annotations

import json
import os
import platform
from typing import Any

import pytest
from loopback import Answer, Request, serve

from driftgate.backends.lock import LockInfo
from driftgate.pipeline.ci_runs import fate_of, run_of

GITHUB = "https://github.com/acme/infra/actions/runs/42/attempts/2"
GITLAB = "https://gitlab.com/acme/sub/infra/-/jobs/7"


def record(info: str = "", who: str = "runner@host") -> LockInfo:
    return LockInfo("id", "dg state push", who, "2026-01-01T00:00:00Z", info=info)


@pytest.mark.parametrize(
    ("info", "run"),
    [
        ("", ""),
        ("held by hand", ""),
        (f"why, {GITHUB}", GITHUB),
        (f"{GITLAB}", GITLAB),
        ("https://ghe.acme.test/a/b/actions/runs/1", "https://ghe.acme.test/a/b/actions/runs/1"),
        ("https://evil.test/?x=/actions/runs/1", ""),
    ],
)
def test_the_run_in_a_record(info: str, run: str) -> None:
    assert run_of(record(info)) == run


def ask(info: str, env: dict[str, str]) -> Any:
    return fate_of(record(info), env=env, host="elsewhere", sleep=lambda seconds: None)


def test_nothing_known() -> None:
    fate = ask("", {})

    assert (fate.ended, fate.why) == (None, "")


@pytest.mark.parametrize(
    ("tree", "ended", "why"),
    [
        ({"status": "completed", "conclusion": "cancelled"}, True, "has ended (cancelled)"),
        ({"status": "in_progress", "conclusion": None}, False, "goes on (in_progress)"),
    ],
)
def test_github_is_asked(tree: dict[str, Any], ended: bool, why: str) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, json.dumps(tree).encode())

    with serve(answer) as url:
        fate = ask(GITHUB, {"GITHUB_TOKEN": "t0ken", "GITHUB_API_URL": url})

    assert fate.ended is ended
    assert why in fate.why
    assert seen[0].path == "/repos/acme/infra/actions/runs/42/attempts/2"
    assert seen[0].headers["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("token", "header"), [({"GITLAB_TOKEN": "t0ken"}, "Private-Token"), ({"CI_JOB_TOKEN": "t0ken"}, "Job-Token")]
)
def test_gitlab_is_asked(token: dict[str, str], header: str) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, b'{"status": "failed"}')

    with serve(answer) as url:
        fate = ask(GITLAB, {**token, "CI_API_V4_URL": url})

    assert fate.ended
    assert seen[0].path == "/projects/acme%2Fsub%2Finfra/jobs/7"
    assert {name.title(): value for name, value in seen[0].headers.items()}[header] == "t0ken"


@pytest.mark.parametrize(
    ("info", "env", "why"),
    [
        (GITHUB, {}, "GITHUB_TOKEN is not set"),
        (GITLAB, {}, "GITLAB_TOKEN is not set"),
        ("https://ghe.acme.test/a/b/actions/runs/1", {"GITHUB_TOKEN": "t"}, "GITHUB_TOKEN is for github.com, not for"),
        ("https://git.acme.test/a/b/-/jobs/1", {"GITLAB_TOKEN": "t"}, "GITLAB_TOKEN is for gitlab.com, not for"),
    ],
)
def test_a_token_goes_only_where_it_belongs(info: str, env: dict[str, str], why: str) -> None:
    fate = ask(info, {**env, "GITHUB_API_URL": "http://127.0.0.1:9", "CI_API_V4_URL": "http://127.0.0.1:9"})

    assert fate.ended is None
    assert why in fate.why


def test_a_service_that_does_not_answer_leaves_it_open() -> None:
    with serve(lambda request: Answer(404, b"{}")) as url:
        fate = ask(GITHUB, {"GITHUB_TOKEN": "t", "GITHUB_API_URL": url})

    assert fate.ended is None
    assert "could not be looked at" in fate.why


def test_a_process_of_this_host_needs_no_service() -> None:
    namespace = os.readlink("/proc/self/ns/pid")
    info = record(f"process {os.getpid()} in {namespace}", f"ada@{platform.node()}")
    fate = fate_of(info, env={}, host=platform.node(), sleep=lambda seconds: None)

    assert fate.ended is False
    assert fate_of(info, env={}, host="elsewhere", sleep=lambda seconds: None).ended is None


@pytest.mark.parametrize("number", ["99999999999", "9" * 5000], ids=["no process id", "no number at all"])
def test_a_process_that_cannot_be_is_nothing_known(number: str) -> None:
    namespace = os.readlink("/proc/self/ns/pid")
    info = record(f"process {number} in {namespace}", f"ada@{platform.node()}")

    assert fate_of(info, env={}, host=platform.node(), sleep=lambda seconds: None).ended is None

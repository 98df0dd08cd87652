from __future__ import annotations

from collections.abc import Iterator

import pytest
from forges import TOKEN, FakeGitHub, answer, fake_github

from driftgate.report.ci.checks import Check
from driftgate.report.post.client import PostError
from driftgate.report.post.github import github
from driftgate.report.post.github_checks import CheckRuns


@pytest.fixture
def forge() -> Iterator[FakeGitHub]:
    with fake_github() as forge:
        yield forge


@pytest.fixture
def runs(forge: FakeGitHub) -> CheckRuns:
    return CheckRuns(github(forge.url, TOKEN, {}, lambda _: None), "acme/infra")


def check(annotations: int) -> Check:
    return Check(
        "driftgate", "c0ffee", "failure", "Drift", "all of it", [{"message": str(n)} for n in range(annotations)]
    )


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (500, 10)])
def test_fifty_annotations_in_a_request(forge: FakeGitHub, runs: CheckRuns, count: int, requests: int) -> None:
    assert runs.create(check(count)) == "https://github.test/r/101"
    assert len(forge.writes()) == requests
    (made,) = forge.checks
    assert [one["message"] for one in made["output"]["annotations"]] == [str(n) for n in range(count)]
    assert "details_url" not in made


def test_a_token_without_the_right(forge: FakeGitHub, runs: CheckRuns) -> None:
    forge.read_only.add(TOKEN)
    with pytest.raises(PostError) as failed:
        runs.create(check(1))
    assert failed.value.status == 403


def test_a_limit_half_way_is_waited_for(forge: FakeGitHub, runs: CheckRuns) -> None:
    forge.fail("PATCH", "/check-runs/101", answer(403, {"message": "secondary rate limit"}, Retry_After="1"))
    runs.create(check(60))
    assert len(forge.checks[0]["output"]["annotations"]) == 60

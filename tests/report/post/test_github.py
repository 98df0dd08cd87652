from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from forges import TOKEN, FakeGitHub, answer, fake_github
from report.post.comments_contract import ABOUT, MIXED, CommentsContract, racer

from driftgate.report.post.client import PostError
from driftgate.report.post.github import ACTIONS_BOT, PullRequestComments, github, login_of
from driftgate.report.post.upsert import upsert


@pytest.fixture
def forge() -> Iterator[FakeGitHub]:
    with fake_github() as forge:
        yield forge


@pytest.fixture
def comments(forge: FakeGitHub) -> PullRequestComments:
    return PullRequestComments(github(forge.url, TOKEN, {}, lambda _: None), "acme/infra", 7, ACTIONS_BOT)


@pytest.fixture
def bodies(forge: FakeGitHub) -> Callable[[], list[str]]:
    return lambda: [comment["body"] for comment in forge.comments[7]]


@pytest.fixture
def foreign(forge: FakeGitHub) -> Callable[[str], object]:
    return lambda body: forge.add(body, "mallory")


@pytest.fixture
def racing(forge: FakeGitHub) -> Callable[[Callable[[], None]], None]:
    return racer(forge)


class TestPullRequestComments(CommentsContract):
    def test_a_fork_s_token_may_not_write(self, forge: FakeGitHub, comments: PullRequestComments) -> None:
        forge.read_only.add(TOKEN)
        with pytest.raises(PostError, match="Resource not accessible by integration") as failed:
            upsert(comments, MIXED, ABOUT)
        assert failed.value.status == 403
        assert "fork" in failed.value.next_step

    def test_where_to_see_it(self, comments: PullRequestComments) -> None:
        assert upsert(comments, MIXED, ABOUT).url == "https://github.test/c/101"


def test_an_installation_token_writes_as_the_bot_of_actions(forge: FakeGitHub) -> None:
    assert login_of(github(forge.url, TOKEN, {}, lambda _: None)) == "github-actions[bot]"


def test_a_person_s_token_is_asked(forge: FakeGitHub) -> None:
    forge.installation = False
    assert login_of(github(forge.url, "human", {}, lambda _: None)) == "mallory"


def test_a_wrong_token_is_an_error(forge: FakeGitHub) -> None:
    forge.fail("GET", "/user", answer(401, {"message": "Bad credentials"}))
    with pytest.raises(PostError, match="Bad credentials"):
        login_of(github(forge.url, "wrong", {}, lambda _: None))

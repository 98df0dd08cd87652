from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from forges import TOKEN, FakeGitLab, fake_gitlab
from report.post.comments_contract import ABOUT, MIXED, CommentsContract, racer

from driftgate.report.post.gitlab import MergeRequestNotes, gitlab, user_of
from driftgate.report.post.upsert import Did, upsert


@pytest.fixture
def forge() -> Iterator[FakeGitLab]:
    with fake_gitlab() as forge:
        yield forge


@pytest.fixture
def comments(forge: FakeGitLab) -> MergeRequestNotes:
    client = gitlab(f"{forge.url}/api/v4", TOKEN, {}, lambda _: None)
    return MergeRequestNotes(
        client, "acme/infra", 7, user_of(client), "https://gitlab.test/acme/infra/-/merge_requests/7"
    )


@pytest.fixture
def bodies(forge: FakeGitLab) -> Callable[[], list[str]]:
    return lambda: [note["body"] for note in forge.notes]


@pytest.fixture
def foreign(forge: FakeGitLab) -> Callable[[str], object]:
    return lambda body: forge.add(body, 66)


@pytest.fixture
def racing(forge: FakeGitLab) -> Callable[[Callable[[], None]], None]:
    return racer(forge)


class TestMergeRequestNotes(CommentsContract):
    def test_what_gitlab_itself_notes_is_not_ours(self, forge: FakeGitLab, comments: MergeRequestNotes) -> None:
        forge.add("assigned to @drift-bot", 42, system=True)
        assert list(comments.mine()) == []

    def test_where_to_see_it(self, comments: MergeRequestNotes) -> None:
        outcome = upsert(comments, MIXED, ABOUT)
        assert (outcome.did, outcome.url) == (Did.CREATED, "https://gitlab.test/acme/infra/-/merge_requests/7#note_101")

"""Pull and merge requests for a branch: which are ours; what happens to them is tested with `dg remediate pr`."""

from __future__ import annotations

from forges import TOKEN, fake_github, fake_gitlab

from driftgate.report.marker import Marker
from driftgate.report.post.github import PullRequests, github
from driftgate.report.post.gitlab import MergeRequests, gitlab
from driftgate.report.post.requests import Did, Requests, Text, is_refused, keep, standing

MARKER = Marker("fix", "main/all", 1, "abc")
TEXT = Text("title", f"{MARKER}\nbody", MARKER)


def told(requests: Requests) -> None:
    """What both services must do."""
    assert standing(requests, "b") is None
    did, first = keep(requests, None, "b", "main", TEXT, draft=False)
    assert (did, first.is_open, first.marker) == (Did.OPENED, True, MARKER)
    assert keep(requests, standing(requests, "b"), "b", "main", TEXT, draft=False) == (Did.UNCHANGED, first)
    assert standing(requests, "other") is None

    requests.edit(first, "title", TEXT.body, close=True)
    closed = standing(requests, "b")
    assert closed is not None
    assert not closed.is_open
    assert is_refused(closed, TEXT)
    assert keep(requests, closed, "b", "main", TEXT, draft=False)[0] is Did.OPENED
    assert standing(requests, "b") != closed, "the open one counts"


def test_pull_requests() -> None:
    with fake_github() as forge:
        requests = PullRequests(github(forge.url, TOKEN, {}, lambda _: None), "acme/infra")
        told(requests)
        fork = {"number": 1, "state": "open", "head": {"label": "acme:f", "repo": {"full_name": "mallory/infra"}}}
        forge.pulls.append(fork)
        assert standing(requests, "f") is None, "a fork's branch of the same name"
        forge.pulls.append({**fork, "head": {"label": "acme:f", "repo": None}})
        assert standing(requests, "f") is None, "a fork that is gone"


def test_merge_requests() -> None:
    with fake_gitlab() as forge:
        requests = MergeRequests(gitlab(f"{forge.url}/api/v4", TOKEN, {}, lambda _: None), "acme/infra")
        told(requests)
        fork = {"iid": 1, "state": "opened", "source_branch": "f", "source_project_id": 2, "target_project_id": 1}
        forge.requests.append(fork)
        assert standing(requests, "f") is None, "a fork's branch of the same name"

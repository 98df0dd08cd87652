from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from forges import TOKEN, FakeGitHub, FakeGitLab, fake_github, fake_gitlab
from report import samples

from driftgate.report.comment import About
from driftgate.report.post.github import ACTIONS_BOT, RepositoryIssues, github
from driftgate.report.post.gitlab import gitlab, user_of
from driftgate.report.post.gitlab_issues import ProjectIssues
from driftgate.report.post.issues import Issues, sync

ABOUT = About(name="nightly", day="20261124")
DRIFTED = samples.report(samples.NETWORK, samples.STORAGE)
CHANGED = samples.report(replace(samples.NETWORK, findings=(samples.BUCKET,)), samples.STORAGE)
CLEAN = samples.report(replace(samples.NETWORK, findings=()), samples.STORAGE)


class OnGitHub:
    """GitHub's issues, and what the tests ask of them in the forge's own words."""

    def __init__(self, forge: FakeGitHub) -> None:
        self.forge = forge
        self.issues: Issues = RepositoryIssues(github(forge.url, TOKEN, {}, lambda _: None), "acme/infra", ACTIONS_BOT)

    def shown(self) -> list[tuple[str, bool, list[str]]]:
        """Title, whether it is open, and labels of each issue."""
        named = ((issue, [label["name"] for label in issue["labels"]]) for issue in self.forge.issues)
        return [(issue["title"], issue["state"] == "open", labels) for issue, labels in named]

    def close(self, number: int) -> None:
        self.forge.issues[number]["state"] = "closed"

    def body(self, number: int) -> str:
        return str(self.forge.issues[number]["body"])

    def give_away(self, number: int) -> None:
        """Make somebody else its author."""
        self.forge.issues[number]["user"] = {"login": "mallory"}

    def add(self, title: str, body: str = "") -> Any:
        return self.forge.open_issue({"title": title, "body": body}, ACTIONS_BOT)


class OnGitLab:
    """The same of GitLab's."""

    def __init__(self, forge: FakeGitLab) -> None:
        self.forge = forge
        client = gitlab(f"{forge.url}/api/v4", TOKEN, {}, lambda _: None)
        self.issues: Issues = ProjectIssues(client, "acme/infra", user_of(client))

    def shown(self) -> list[tuple[str, bool, list[str]]]:
        return [(issue["title"], issue["state"] == "opened", issue["labels"]) for issue in self.forge.issues]

    def close(self, number: int) -> None:
        self.forge.issues[number]["state"] = "closed"

    def body(self, number: int) -> str:
        return str(self.forge.issues[number]["description"])

    def give_away(self, number: int) -> None:
        self.forge.issues[number]["author"] = {"id": 66}

    def add(self, title: str, body: str = "") -> Any:
        return self.forge.open_issue({"title": title, "description": body}, 42)


Place = OnGitHub | OnGitLab


@pytest.fixture(params=["github", "gitlab"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "github":
        with fake_github() as hub:
            yield OnGitHub(hub)
    else:
        with fake_gitlab() as lab:
            yield OnGitLab(lab)


def did(place: Place, report: samples.Report) -> list[tuple[str, str]]:
    return [(outcome.unit, str(outcome.did)) for outcome in sync(place.issues, report, ABOUT)]


def test_clean_units_get_no_issue(place: Place) -> None:
    assert did(place, CLEAN) == []
    assert place.forge.writes() == []


def test_opened_kept_up_to_date_and_closed(place: Place) -> None:
    assert did(place, DRIFTED) == [("live/network", "opened")]
    assert place.shown() == [("Drift in live/network", True, ["drift"])]
    assert did(place, DRIFTED) == [("live/network", "unchanged")]
    assert did(place, CHANGED) == [("live/network", "updated")]
    assert did(place, CLEAN) == [("live/network", "closed")]
    assert place.shown() == [("Drift in live/network", False, ["drift"])]
    assert "🟢" in place.body(0)
    assert did(place, CLEAN) == [("live/network", "unchanged")]
    assert did(place, DRIFTED) == [("live/network", "reopened")]
    assert len(place.shown()) == 1


def test_what_people_closed_stays_closed_until_it_changes(place: Place) -> None:
    did(place, DRIFTED)
    place.close(0)
    assert did(place, DRIFTED) == [("live/network", "unchanged")]
    assert not place.shown()[0][1]
    assert did(place, CHANGED) == [("live/network", "reopened")]


def test_a_unit_that_could_not_be_read_is_not_closed(place: Place) -> None:
    did(place, DRIFTED)
    broken = samples.report(replace(samples.BROKEN, path="live/network"))
    assert did(place, broken) == [("live/network", "updated")]
    assert place.shown()[0][1]


def test_units_that_were_not_scanned_keep_theirs(place: Place) -> None:
    did(place, DRIFTED)
    assert did(place, samples.report(samples.STORAGE)) == []
    assert place.shown()[0][1]


def test_workspaces_and_markers_are_told_apart(place: Place) -> None:
    did(place, samples.report(samples.NETWORK, replace(samples.NETWORK, workspace="prod")))
    assert [title for title, *_ in place.shown()] == ["Drift in live/network", "Drift in live/network (prod)"]
    list(sync(place.issues, DRIFTED, replace(ABOUT, name="other")))
    assert len(place.shown()) == 3


def test_foreign_issues_are_left_alone(place: Place) -> None:
    did(place, DRIFTED)
    place.give_away(0)
    assert did(place, DRIFTED) == [("live/network", "opened")]


def test_pull_requests_are_no_issues() -> None:
    with fake_github() as forge:
        place = OnGitHub(forge)
        did(place, DRIFTED)
        body = place.body(0)
        place.give_away(0)
        place.add("a pull request", body)["pull_request"] = {"url": "x"}
        assert did(place, DRIFTED) == [("live/network", "opened")]


def test_one_of_a_thousand_is_found(place: Place) -> None:
    did(place, DRIFTED)
    for n in range(350):
        place.add(f"bot {n}")
    assert did(place, DRIFTED) == [("live/network", "unchanged")]

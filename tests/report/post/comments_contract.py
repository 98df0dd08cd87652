"""What every service's comments must do; each service's test file runs it against its stand-in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from forges import Forge
from report import samples

from driftgate.report.build import view_of
from driftgate.report.comment import About, pr_comment
from driftgate.report.marker import parse
from driftgate.report.post.client import PostError
from driftgate.report.post.upsert import Comments, Did, Posted, upsert

ABOUT = About(name="live", day="20261124", run=10)
MIXED, CLEAN = view_of(samples.mixed()), view_of(samples.clean())
NETWORK = view_of(samples.report(samples.NETWORK))


def racer(forge: Forge) -> Callable[[Callable[[], None]], None]:
    """A function that runs another one right before the next write, once."""

    def once(act: Callable[[], None]) -> None:
        def before(method: str, path: str) -> None:
            if method != "GET":
                forge.before = lambda method, path: None
                act()

        forge.before = before

    return once


class CommentsContract:
    """Needs the fixtures `comments` (empty, ours), `bodies` (what stands there, oldest first), `foreign` (adds a comment
    by somebody else), `racing` (runs a function right before the next write)."""

    def test_nothing_is_said_when_there_never_was_a_finding(
        self, comments: Comments, bodies: Callable[[], list[str]]
    ) -> None:
        assert upsert(comments, CLEAN, ABOUT).did is Did.NOTHING_TO_SAY
        assert bodies() == []

    def test_unless_it_is_asked_for(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        assert upsert(comments, CLEAN, ABOUT, always=True).did is Did.CREATED
        assert len(bodies()) == 1

    def test_what_could_not_be_read_is_said(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        assert upsert(comments, view_of(samples.failed()), ABOUT).did is Did.CREATED

    def test_one_comment_is_edited_in_place(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        assert upsert(comments, MIXED, ABOUT).did is Did.CREATED
        assert upsert(comments, NETWORK, replace(ABOUT, run=11)).did is Did.EDITED
        (body,) = bodies()
        assert "−2 resolved" in body

    def test_an_unchanged_report_writes_nothing(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        upsert(comments, MIXED, ABOUT)
        before = bodies()
        later = replace(ABOUT, run=11, day="20261201", links=(("run", "https://x.y/11"),))
        assert upsert(comments, MIXED, later).did is Did.UNCHANGED
        assert bodies() == before

    def test_resolved_turns_it_green_once(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        upsert(comments, MIXED, ABOUT)
        assert upsert(comments, CLEAN, ABOUT).did is Did.EDITED
        assert "### 🟢 No drift (−5 resolved)" in bodies()[0]
        assert upsert(comments, CLEAN, ABOUT).did is Did.UNCHANGED
        assert upsert(comments, MIXED, ABOUT).did is Did.EDITED
        assert "🔴" in bodies()[0]

    def test_root_sets_have_comments_of_their_own(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        upsert(comments, MIXED, ABOUT)
        assert upsert(comments, MIXED, replace(ABOUT, name="other")).did is Did.CREATED
        assert upsert(comments, CLEAN, replace(ABOUT, name="other")).did is Did.EDITED
        assert [("🔴" in body) for body in bodies()] == [True, False]

    def test_a_marker_that_somebody_else_pasted_is_not_ours(
        self, comments: Comments, bodies: Callable[[], list[str]], foreign: Callable[[str], None]
    ) -> None:
        forged = pr_comment(MIXED, ABOUT)
        foreign(forged)
        assert upsert(comments, NETWORK, ABOUT).did is Did.CREATED
        assert bodies()[0] == forged
        assert len(bodies()) == 2

    def test_our_words_without_the_marker_at_the_start_are_not_it(
        self, comments: Comments, bodies: Callable[[], list[str]]
    ) -> None:
        comments.create("see:\n" + pr_comment(MIXED, ABOUT))
        assert upsert(comments, MIXED, ABOUT).did is Did.CREATED

    def test_it_is_found_behind_many_others(
        self, comments: Comments, bodies: Callable[[], list[str]], foreign: Callable[[str], None]
    ) -> None:
        for n in range(230):
            foreign(f"comment {n}")
        upsert(comments, MIXED, ABOUT)
        assert upsert(comments, NETWORK, ABOUT).did is Did.EDITED
        assert len(bodies()) == 231

    def test_a_comment_deleted_meanwhile_is_written_anew(
        self, comments: Comments, bodies: Callable[[], list[str]], racing: Callable[[Callable[[], None]], None]
    ) -> None:
        upsert(comments, MIXED, ABOUT)
        (ours,) = comments.mine()
        racing(lambda: comments.delete(ours))
        assert upsert(comments, NETWORK, ABOUT).did is Did.CREATED
        assert len(bodies()) == 1

    def test_two_runs_that_post_at_once_leave_one_comment(
        self, comments: Comments, bodies: Callable[[], list[str]], racing: Callable[[Callable[[], None]], None]
    ) -> None:
        racing(lambda: upsert(comments, MIXED, replace(ABOUT, run=9)) and None)
        assert upsert(comments, NETWORK, ABOUT).did is Did.EDITED
        (body,) = bodies()
        marker = parse(body)
        assert marker is not None
        assert marker.run == 10

    def test_an_older_run_that_ends_late_does_not_overwrite(
        self, comments: Comments, bodies: Callable[[], list[str]]
    ) -> None:
        upsert(comments, MIXED, ABOUT)
        before = bodies()
        assert upsert(comments, CLEAN, replace(ABOUT, run=9)).did is Did.SUPERSEDED
        assert bodies() == before

    def test_twins_of_an_earlier_race_are_cleared_away(
        self, comments: Comments, bodies: Callable[[], list[str]]
    ) -> None:
        for _ in range(2):
            comments.create(pr_comment(MIXED, ABOUT))
        assert upsert(comments, NETWORK, ABOUT).did is Did.EDITED
        assert len(bodies()) == 1

    def test_five_thousand_findings_fit(self, comments: Comments, bodies: Callable[[], list[str]]) -> None:
        assert upsert(comments, view_of(samples.large()), ABOUT).did is Did.CREATED

    def test_the_largest_body_is_refused(self, comments: Comments) -> None:
        with pytest.raises(PostError):
            comments.create("x" * 70_000)

    def test_deleting_twice_is_an_error_that_says_so(self, comments: Comments) -> None:
        with pytest.raises(PostError) as failed:
            comments.delete(Posted(1, "", ""))
        assert failed.value.status == 404

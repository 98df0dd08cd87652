from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.remediate.execute.diff import DiffError, apply_diff
from driftgate.remediate.patch import unified_diff

LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=12)


def test_no_diff_changes_nothing() -> None:
    assert apply_diff("", {"a.tf": "x\n"}) == {}


@given(LINES, LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_our_diffs_say_is_what_comes_out(old: list[str], new: list[str], end: str, last: bool) -> None:
    before, after = (end.join(lines) + (end if last and lines else "") for lines in (old, new))

    diff = unified_diff({"m/a.tf": before}, {"m/a.tf": after})

    assert apply_diff(diff, {"m/a.tf": before}).get("m/a.tf", before) == after


def test_a_new_file() -> None:
    diff = unified_diff({}, {"new.tf": "a\nb"})

    assert apply_diff(diff, {}) == {"new.tf": "a\nb"}


@pytest.mark.parametrize(
    ("diff", "why"),
    [
        pytest.param("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "not the text", id="another text"),
        pytest.param("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n+b\n", "middle of a hunk", id="cut off"),
        pytest.param("@@ -1 +1 @@\n-a\n+b\n", "which file", id="no file"),
        pytest.param("--- a/x\n+++ b/x\n@@ here @@\n", "says not where", id="no place"),
        pytest.param("rm -rf x\n", "none of a diff", id="something else"),
        pytest.param("--- a/x\n+++ b/x\n--- a/x\n+++ b/x\n", "twice", id="a file twice"),
    ],
)
def test_what_is_no_diff_of_this_text(diff: str, why: str) -> None:
    with pytest.raises(DiffError, match=why):
        apply_diff(diff, {"x": "other\n"})

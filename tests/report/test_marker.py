from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.report.marker import REMEMBERED, Marker, parse, remembered

days = st.sampled_from(["", "20261124", "20270101"])
prints = st.text(st.sampled_from("0123456789abcdef"), min_size=12, max_size=12)
markers = st.builds(
    Marker,
    st.sampled_from(["drift", "issue"]),
    st.text(max_size=30) | st.sampled_from(["live/prod", "a --> b", "x seen=~ -->", "a\nb", "-->"]),
    st.integers(0, 10**12),
    st.text(st.sampled_from("0123456789abcdef"), max_size=16),
    st.none() | st.dictionaries(prints, days, max_size=5),
)


def encodable(text: str) -> bool:
    return all(not "\ud800" <= character <= "\udfff" for character in text)


@given(markers.filter(lambda marker: encodable(marker.name)), st.text())
def test_round_trip(marker: Marker, rest: str) -> None:
    line = str(marker)
    assert "\n" not in line
    assert line.count("-->") == line.count("<!--") == 1
    assert "--" not in line[4:-3]
    assert parse(f"{line}\n{rest}") == marker
    assert parse(f"{line}\r\n{rest}") == marker


def test_it_looks_like_this() -> None:
    marker = Marker("drift", "live/prod", 7, "abc", {"bbbb": "20261124", "aaaa": "20261124", "cccc": "20261125"})
    assert str(marker) == (
        "<!-- driftgate:v1 kind=drift name=live/prod run=7 sha=abc seen=20261124:aaaa,bbbb;20261125:cccc -->"
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        " <!-- driftgate:v1 kind=drift name=all run=1 sha=a seen= -->",
        "> <!-- driftgate:v1 kind=drift name=all run=1 sha=a seen= -->",
        "text\n<!-- driftgate:v1 kind=drift name=all run=1 sha=a seen= -->",
        "<!-- driftgate:v2 kind=drift name=all run=1 sha=a seen= -->",
        "<!-- driftgate:v1 kind=drift run=1 sha=a seen= -->",
        "<!-- driftgate:v1 kind=drift name=all run=x sha=a seen= -->",
        "<!-- driftgate:v1 kind=drift name=all run=1 sha=a seen= --> and more",
        "<!-- driftgate:v1 -->",
    ],
)
def test_what_is_no_marker(body: str) -> None:
    assert parse(body) is None


def test_too_many_findings_are_not_remembered() -> None:
    assert remembered((f"{n:012}", "") for n in range(REMEMBERED)) is not None
    assert remembered((f"{n:012}", "") for n in range(REMEMBERED + 1)) is None
    assert parse(str(Marker("drift", "all", seen=None))) == Marker("drift", "all", seen=None)

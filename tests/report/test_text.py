from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.report.text import clean, clip, clip_middle, columns, pad, strip_controls, wrap


@pytest.mark.parametrize("text", ["", "plain", "größer 日本 🙂", 'aws_x.y["a b"]', "a — b"])
def test_harmless_text_is_kept(text: str) -> None:
    assert clean(text) == text
    assert strip_controls(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\x1b[31mb\x1b[0m", "ab", id="colour"),
        pytest.param("a\x1b]0;title\x07b", "ab", id="window title"),
        pytest.param("a\x1b]8;;http://x\x1b\\b", "ab", id="hyperlink"),
        pytest.param("a\x9b2Jb", "a2Jb", id="C1"),
        pytest.param("a\x00\x07\x7fb", "ab", id="C0"),
        pytest.param(" a\r\n\tb  c ", "a b c", id="white space"),
        pytest.param("a\u202eb\u2066c\ufeffd", "abcd", id="reordering"),
        pytest.param("a\u200bb\u00adc", "abc", id="zero width"),
        pytest.param("a\ud800b", "ab", id="lone surrogate"),
        pytest.param("a\u2028b", "a b", id="line separator"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_document_keeps_its_lines_and_wanted_colours() -> None:
    assert strip_controls("a\n\tb\x1b[1mc\x1b[0m\x1b[2J\x07") == "a\n\tbc"
    assert strip_controls("a\n\tb\x1b[1mc\x1b[0m\x1b[2J\x07", keep_styles=True) == "a\n\tb\x1b[1mc\x1b[0m"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\x1b[1mab\x1b[0m", 2), ("", 0)])
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…")],
)
def test_clip(text: str, width: int, expected: str) -> None:
    assert clip(text, width) == expected


def test_clip_middle_keeps_both_ends() -> None:
    assert clip_middle("module.very_long.aws_x.name", 30) == "module.very_long.aws_x.name"
    assert clip_middle("module.very_long.aws_x.name", 11) == "modul….name"


def test_pad_and_wrap() -> None:
    assert pad("日", 4) == "日  "
    assert pad("long", 2) == "long"
    assert wrap("one two three", 8) == "one two\nthree"
    assert wrap("one two three", 7, 2) == "one two\n  three"
    assert wrap("incomprehensibilities ok", 5) == "incomprehensibilities\nok"
    assert wrap("", 5) == ""


@given(st.text())
def test_clean_leaves_nothing_hidden(text: str) -> None:
    result = clean(text)
    assert not [c for c in result if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202e\u2066\u200b"]
    assert clean(result) == result


@given(st.text(), st.integers(2, 40))
def test_clipped_text_fits(text: str, width: int) -> None:
    assert columns(clip(clean(text), width)) <= width
    assert columns(clip_middle(clean(text), width)) <= width


@given(st.text(), st.integers(1, 40))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    flat = " ".join(clean(text).split(" "))
    assert wrap(flat, width).replace("\n", " ") == flat

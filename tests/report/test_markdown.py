from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from driftgate.report.markdown import code, fenced, md, url
from driftgate.report.text import clean

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@pytest.mark.parametrize("text", ["plain words", "modules/my_app/main.tf:12", "a, b (c) + d = e", "50 % of 3"])
def test_ordinary_text_is_kept(text: str) -> None:
    assert md(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@octocat", "@&#8203;octocat"),
        ("see #12 and GH-7 and !3", "see #&#8203;12 and GH-&#8203;7 and !&#8203;3"),
        ("http://x.y", "http:&#8203;//x.y"),
        ("www.x.y", "www.&#8203;x.y"),
        ("a|b", "a&#124;b"),
        ("<b>", "&#60;b&#62;"),
        ("_a_ __b__", "&#95;a&#95; &#95;&#95;b&#95;&#95;"),
        ("a\nb", "a b"),
        ("[a](b)", "&#91;a&#93;(b)"),
        ("~label $1", "&#126;&#8203;label &#36;&#8203;1"),
    ],
)
def test_structure_and_references_are_neutralised(text: str, expected: str) -> None:
    assert md(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_x.y", "`aws_x.y`"),
        ("@octocat #1", "`@octocat #1`"),
        ("a`b", "<code>a&#96;b</code>"),
        ("a|b", "<code>a&#124;b</code>"),
        ("x <!-- y -->", "<code>x &#60;!-&#45; y -&#45;&#62;</code>"),
        ("", "<code></code>"),
        ("\n", "<code></code>"),
    ],
)
def test_code(text: str, expected: str) -> None:
    assert code(text) == expected


def rendered(markdown: str) -> str:
    shown = PARSER.render(f"| a | b |\n| - | - |\n| {markdown} | end |\n")
    cells = re.findall(r"<td>(.*?)</td>", shown, re.DOTALL)
    assert len(cells) == 2
    assert cells[1] == "end"
    return str(cells[0])


nasty = st.text(st.sampled_from("`|\\<>@#*_~[]()!&-:/. aGHw1\n$"), max_size=25) | st.text()


@given(nasty)
def test_a_cell_shows_the_text_and_nothing_else(text: str) -> None:
    shown = html.unescape(rendered(md(text))).replace("\u200b", "")
    assert shown == clean(text)


@given(nasty)
def test_a_cell_shows_the_code_and_nothing_else(text: str) -> None:
    shown = rendered(code(text))
    assert re.fullmatch("<code>[^<>]*</code>", shown)
    assert html.unescape(shown[6:-7]).replace("\u200b", "") == clean(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb", "```sh\na\nb\n```"),
        ("a ``` b", "````sh\na ``` b\n````"),
        ("`````\n", "``````sh\n`````\n``````"),
        ("a\x1b[31mb\x07", "```sh\nab\n```"),
    ],
)
def test_a_fence_is_longer_than_what_it_holds(text: str, expected: str) -> None:
    assert fenced(text, "sh") == expected


@given(st.text(st.sampled_from("`~a\n <>-!|")))
def test_no_text_leaves_its_fence(text: str) -> None:
    tokens = PARSER.parse(f"before\n\n{fenced(text)}\n\nafter\n")
    assert [token.type for token in tokens].count("fence") == 1
    assert tokens[-2].content == "after"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://x.y/a?b=1&c=2#d", "https://x.y/a?b=1&c=2#d"),
        ("https://x.y/) [a](b", "https://x.y/%29%20%5Ba%5D%28b"),
        ("javascript:alert(1)", ""),
    ],
)
def test_urls(text: str, expected: str) -> None:
    assert url(text) == expected

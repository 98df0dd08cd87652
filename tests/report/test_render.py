from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.report.render import TemplateFailed, render, template_dir


def template(folder: Path, text: str, name: str = "t.txt") -> Path:
    (folder / name).write_text(text)
    return folder


def test_the_built_in_templates_are_found() -> None:
    assert {"report.txt.j2", "report.html.j2", "report.css", "pr_comment.md.j2"} <= {
        p.name for p in template_dir().iterdir()
    }


def test_own_templates_come_first(tmp_path: Path) -> None:
    template(tmp_path, "mine {{ width }}", "report.txt.j2")
    assert render("report.txt.j2", template_dirs=[tmp_path], width=80) == "mine 80"


@pytest.mark.parametrize(
    ("text", "plain", "colored"),
    [
        ("{{ 'a' | style('bold red') }}", "a", "\x1b[1;31ma\x1b[0m"),
        ("{{ '' | style('bold') }}", "", ""),
        ("{{ 'a' | style('') }}", "a", "a"),
        ("{{ 'a' | pad(3) }}|", "a  |", "a  |"),
        ("{{ 'abcdef' | clip(3) }}", "ab…", "ab…"),
        ("{{ 'a_|' | md }}{{ 'b' | code }}", "a&#95;&#124;`b`", "a&#95;&#124;`b`"),
    ],
)
def test_filters(tmp_path: Path, text: str, plain: str, colored: str) -> None:
    folder = template(tmp_path, text)
    assert render("t.txt", template_dirs=[folder]) == plain
    assert render("t.txt", template_dirs=[folder], color=True) == colored


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    template(tmp_path, "{{ x }}", "a.html.j2")
    template(tmp_path, "{{ x }}", "a.txt.j2")
    assert render("a.html.j2", template_dirs=[tmp_path], x="<b>") == "&lt;b&gt;"
    assert render("a.txt.j2", template_dirs=[tmp_path], x="<b>") == "<b>"


def test_a_missing_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed, match="'nothing' is undefined"):
        render("t.txt", template_dirs=[template(tmp_path, "{{ nothing }}")])


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{{ x.append(1) }}"])
def test_templates_cannot_reach_out_or_change_anything(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateFailed, match="unsafe"):
        render("t.txt", template_dirs=[template(tmp_path, text)], x=[])


def test_controls_in_values_do_not_come_through(tmp_path: Path) -> None:
    folder = template(tmp_path, "{{ x }}\n")
    assert render("t.txt", template_dirs=[folder], x="a\x1b[2Jb\x07") == "ab\n"
    assert render("t.txt", template_dirs=[folder], x="a\x1b[2Jb\x07", color=True) == "ab\n"

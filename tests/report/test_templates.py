"""A user's own templates: found first, confined to a sandbox, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from report import samples

from driftgate.report.formats import Look, to_text
from driftgate.report.render import TemplateFailed


def rendered(folder: Path, text: str, template: str = "pr_comment.md.j2", format: str = "markdown") -> str:
    (folder / template).write_text(text)
    return to_text(samples.mixed(), format, Look(template_dirs=(folder,)))


@pytest.mark.parametrize(
    ("template", "format"), [("pr_comment.md.j2", "markdown"), ("report.txt.j2", "table"), ("report.html.j2", "html")]
)
def test_it_replaces_the_built_in_one(tmp_path: Path, template: str, format: str) -> None:
    text = rendered(tmp_path, "{{ view.verdict.headline }}\n", template, format)
    assert text.splitlines()[-1] == "Drift: 1 critical · 2 high · 2 medium"


def test_it_may_extend_what_is_built_in(tmp_path: Path) -> None:
    text = rendered(tmp_path, "{% include 'report.css' %}", "report.html.j2", "html")
    assert "prefers-color-scheme" in text


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ view.__init__.__globals__ }}",
        "{{ plural.__globals__['__builtins__'] }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ view.rows.__class__ }}",
        "{% include '../../pyproject.toml' %}",
        "{% include '/etc/passwd' %}",
        "{{ view.nothing }}",
        "{% for x in %}",
        "{{ 1 / 0 }}",
        "{{ range(10000000) | list | length }}",
        "{{ view.rows[0] + 1 }}",
        "{{ 'x' | no_such_filter }}",
    ],
)
def test_what_it_may_not_do_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(TemplateFailed, match=r"pr_comment.md.j2") as failed:
        rendered(tmp_path, text)
    assert failed.value.next_step
    assert "root:" not in failed.value.message


def test_control_characters_do_not_pass(tmp_path: Path) -> None:
    assert "\x1b" not in rendered(tmp_path, "a\x1b[31mb\x1b]0;x\x07c")


def test_a_comment_template_without_bounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed, match=r"60,000"):
        rendered(tmp_path, "x" * 70_000)

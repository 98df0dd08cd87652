from __future__ import annotations

import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from report import samples
from report.strategies import reports

from driftgate.report.formats import FORMATS, Look, to_text
from driftgate.report.text import columns
from driftgate.safety.findings import redact_report
from driftgate.safety.redact import Redactor

SUFFIX = {
    "table": "txt",
    "json": "json",
    "ndjson": "ndjson",
    "markdown": "md",
    "html": "html",
    "sarif": "sarif",
    "junit": "xml",
    "gitlab": "gitlab.json",
    "github": "github.txt",
    "csv": "csv",
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", samples.SAMPLES)
def test_whole_texts(name: str, format: str, golden: Callable[[str, str], None]) -> None:
    golden(f"report-{name}.{SUFFIX[format]}", to_text(samples.SAMPLES[name](), format))


@pytest.mark.parametrize("width", [80, 120])
def test_narrow_and_wide_terminals(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"report-mixed-{width}.txt", to_text(samples.mixed(), "table", Look(width=width)))


def test_colours_change_nothing_else() -> None:
    colored = to_text(samples.mixed(), "table", Look(color=True))
    plain = to_text(samples.mixed(), "table")
    assert "\x1b[1;31m" in colored
    assert "\x1b" not in plain
    assert [columns(line) for line in colored.splitlines()] == [columns(line) for line in plain.splitlines()]


@pytest.mark.parametrize("format", FORMATS)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(report=reports)
def test_any_report_in_any_format(format: str, report: samples.Report) -> None:
    for color in (False, True) if format == "table" else (False,):
        text = to_text(report, format, Look(color=color, width=80))
        text.encode()
        assert text.endswith("\n")
        hidden = {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")} - {"\n"}
        assert hidden <= ({"\x1b"} if color else set())
        assert not {"\u202e", "\ufeff"} & set(text)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_report_makes_the_same_bytes(format: str) -> None:
    assert to_text(samples.mixed(), format) == to_text(samples.mixed(), format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_forgotten_redaction_is_made_up_for(format: str) -> None:
    assert "Tr0ub4dor" not in to_text(samples.mixed(), format)


class Page(HTMLParser):
    """Collects what the page would load or run, and whether its elements close in order."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(deadline=None, max_examples=25)
@given(reports)
def test_a_page_loads_and_runs_nothing(report: samples.Report) -> None:
    page = Page()
    page.feed(to_text(report, "html"))
    assert page.open == []
    assert not page.tags & {"script", "img", "link", "iframe", "a", "form", "object"}
    assert not page.attributes & {"src", "href", "style", "onclick", "onload"}


def test_five_thousand_findings_are_redacted_and_counted_in_the_comment() -> None:
    """How long that takes is for `benchmarks/comment.py`."""
    report, taint = samples.large(), Redactor()
    for n in range(1_000):
        taint.add(f"secret-{n}-Xy{n * 7919}")
    text = to_text(redact_report(report, taint), "markdown")
    assert "Drift: 5,000 critical" in text

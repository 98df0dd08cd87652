"""No planted secret comes out of any sink, in any spelling; what is harmless stays readable."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from report import samples
from report.canary_corpus import HARMLESS, corpus, leaks, plan

from driftgate.drift.classify import classify
from driftgate.finding import AttributeChange, DriftClass, Report, Severity, UnitStatus
from driftgate.ledger.document import to_json as ledger_json
from driftgate.ledger.entry import remember
from driftgate.report.build import view_of
from driftgate.report.comment import STEP_SUMMARY, About, pr_comment
from driftgate.report.formats import FORMATS, Look, to_text
from driftgate.report.post.notice import slack_body, webhook_body
from driftgate.safety.findings import redact_report
from driftgate.safety.taint import taint_of


@cache
def safe() -> Report:
    """The scan of the canaries' plan, with copies of what is known to be secret in notes, errors, keys and arguments."""
    canaries = corpus()
    made = plan(canaries)
    findings = classify(made, unit="live/app", workspace="default", source=None)
    known = [canary.secret for canary in canaries if canary.beside or canary.marked]
    keyed = tuple(
        replace(finding, address=f'{finding.address}["{secret}"]', reason=f"because of {secret}")
        for finding, secret in zip(findings, known, strict=False)
    )
    unit = replace(
        samples.NETWORK,
        path="live/app",
        findings=(*keyed, *findings[len(keyed) :]),
        notes=tuple(f"terraform apply -var 'x={secret}'" for secret in known),
    )
    broken = [
        replace(
            samples.BROKEN,
            path=f"live/e{n}",
            status=UnitStatus.ERROR,
            error=f"Error: invalid `{secret}`",
            next_step=f"unset {secret}",
        )
        for n, secret in enumerate(known)
    ]
    return redact_report(samples.report(unit, *broken), taint_of(made))


def _summary(report: Report) -> str:
    return pr_comment(view_of(report), About(show_values=("*",)), STEP_SUMMARY)


SINKS: dict[str, Callable[[Report], str]] = {
    **{name: lambda report, name=name: to_text(report, name) for name in FORMATS},  # type: ignore[misc]
    "coloured": lambda report: to_text(report, "table", Look(color=True, width=140)),
    "comment with all values": lambda report: pr_comment(view_of(report), About(show_values=("*",))),
    "step summary": _summary,
    "webhook": lambda report: webhook_body(view_of(report), "", {}).decode(),
    "slack": lambda report: slack_body(view_of(report), {}).decode(),
    "ledger": lambda report: ledger_json(remember({}, report, "2026-11-26T00:00:00Z")[0].values()),
}


def test_the_corpus_is_large_and_planted() -> None:
    canaries = corpus()
    assert len(canaries) >= 300
    assert len({canary.secret for canary in canaries}) == len(canaries)
    assert len({canary.kind for canary in canaries}) >= 16
    assert len(classify(plan(canaries), unit="u", workspace="default", source=None)) == len(canaries)


@pytest.mark.parametrize("sink", SINKS)
def test_no_secret_comes_out(sink: str) -> None:
    leaked = leaks(SINKS[sink](safe()), corpus())
    print(f"{sink}: {len(corpus())} secrets planted, {len(leaked)} leaked")
    assert leaked == []


def test_the_corpus_would_be_seen() -> None:
    """The search finds every secret where nothing is redacted: else the test above would prove nothing."""
    canaries = corpus()
    raw = repr(plan(canaries))
    assert len(leaks(raw, canaries)) == len(canaries)


@pytest.mark.parametrize("format", ["table", "json", "html", "csv", "ndjson"])
def test_harmless_values_stay_readable(format: str) -> None:
    assert len(set(HARMLESS)) >= 100
    changes = tuple(
        AttributeChange(f"setting_{n}", DriftClass.REVERTED_BY_APPLY, Severity.LOW, "before", word, "before")
        for n, word in enumerate(HARMLESS)
    )
    finding = replace(samples.BUCKET, attributes=changes)
    report = redact_report(samples.report(replace(samples.NETWORK, findings=(finding,))), taint_of(plan(corpus())))
    text = html.unescape(to_text(report, format))
    assert [word for word in HARMLESS if word not in text] == []

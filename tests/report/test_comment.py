from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.comment import BUDGET, ROWS, About, comment_with_marker, pr_comment
from driftgate.report.formats import to_text
from driftgate.report.marker import Marker, parse, short
from driftgate.report.public import public_change

PARSER = MarkdownIt("commonmark").enable("table")
ALLOWED = re.compile(r"</?(?:code|br|sub|details|summary)>|<!-- driftgate:v1 [^<>]*-->")
RUN = ("run 7", "https://example.com/run/7")


def structure(text: str) -> list[str]:
    """The tags of all HTML in the comment; raises where anything but our own stands."""
    tags = []
    for token in PARSER.parse(text):
        for part in [token, *(token.children or [])]:
            assert part.type not in ("image", "code_block"), part
            assert part.type != "fence" or part.info in ("sh", "text"), part
            assert part.type != "link_open" or part.attrs["href"] == RUN[1], part
            if part.type in ("html_block", "html_inline"):
                rest = ALLOWED.sub("", part.content)
                assert "<" not in rest, part.content
                tags += re.findall(r"</?\w+>", part.content)
    return tags


def table_rows(text: str) -> int:
    rows = [token.type for token in PARSER.parse(text)].count("tr_open")
    return rows - [token.type for token in PARSER.parse(text)].count("thead_open")


@pytest.mark.parametrize("name", samples.SAMPLES)
def test_samples_have_only_our_own_structure(name: str) -> None:
    tags = structure(to_text(samples.SAMPLES[name](), "markdown"))
    for tag in ("details", "summary", "code", "sub"):
        assert tags.count(f"<{tag}>") == tags.count(f"</{tag}>")


@settings(deadline=None, max_examples=50)
@given(reports)
def test_any_report_is_valid_markdown_within_the_budget(report: samples.Report) -> None:
    text = to_text(report, "markdown")
    assert len(text.encode()) <= BUDGET
    tags = structure(text)
    assert tags.count("<details>") == tags.count("</details>") <= 3
    assert re.match("<!-- driftgate:v1 kind=drift name=all run=0 sha=[0-9a-f]{16} seen=[^ ]* -->\n### ", text)
    assert parse(text) is not None
    assert re.sub("^```.*?^```", "", text.partition("\n")[2], flags=re.DOTALL | re.MULTILINE).count("<!--") == 0


def test_at_most_fifteen_rows_and_the_rest_is_counted() -> None:
    text = to_text(samples.large(100), "markdown")
    assert table_rows(text) == ROWS
    assert "… and 85 findings more in the full report." in text


def test_a_caution_only_for_critical_findings() -> None:
    assert "[!CAUTION]" in to_text(samples.mixed(), "markdown")
    high = samples.report(samples.APP)
    assert "[!CAUTION]" not in to_text(high, "markdown")


def test_huge_texts_cost_rows_never_the_limit() -> None:
    wide = "日`|" * 5_000
    finding = replace(samples.SECURITY_GROUP, address=wide, reason=wide)
    pending = replace(samples.SUBNET_PENDING, address=wide, reason=wide)
    units = [
        replace(samples.NETWORK, path=f"{n}{wide}", findings=(finding, pending, replace(samples.UNREAD, reason=wide)))
        for n in range(60)
    ]
    broken = [replace(samples.BROKEN, path=f"{n}{wide}", error=wide, next_step=wide) for n in range(60)]
    text = to_text(samples.report(*units, *broken), "markdown")
    assert len(text.encode()) <= BUDGET
    structure(text)
    assert "in 60 of 120 units" in text


@pytest.mark.parametrize(
    ("path", "was", "now", "shown"),
    [
        ("tags.Name", "a", "b", '"a" → "b"'),
        ("instance_type", "t3.micro", "t3.large", '"t3.micro" → "t3.large"'),
        ("description", 1, True, "1 → true"),
        ("backup_retention_period", 7, 1, "7 → 1"),
        ("versioning_configuration[0].status", "Enabled", "Suspended", '"Enabled" → "Suspended"'),
        ("ingress", [samples.HTTPS], [samples.HTTPS, samples.rule(22, "0.0.0.0/0")], "+ tcp 22 0.0.0.0/0"),
        ("description", "free text", "other text", "changed"),
        ("policy", '{"a":1}', '{"a":2}', "changed"),
        ("name", "a", None, "changed"),
        ("tags.secret", "(sensitive)", "(sensitive, changed)", "(sensitive, changed)"),
    ],
)
def test_values_of_an_allow_list_only(path: str, was: object, now: object, shown: str) -> None:
    change = samples.changed(path, was, now, samples.Severity.LOW)
    finding = replace(samples.BUCKET, attributes=(change,))
    row = view_of(samples.report(replace(samples.NETWORK, findings=(finding,)))).rows[0]
    assert public_change(row.attributes[0]).text == shown


def test_what_may_not_be_shown_says_why_it_matters() -> None:
    row = next(row for row in view_of(samples.mixed()).rows if row.type == "aws_iam_role_policy")
    assert public_change(row.attributes[0]).text == "the policy now allows every action"


def test_a_marked_secret_is_said_to_have_changed() -> None:
    row = next(row for row in view_of(samples.mixed()).rows if row.type == "aws_db_instance")
    assert {a.path: public_change(a).text for a in row.attributes}["password"] == "(sensitive, changed)"


def test_the_same_report_makes_the_same_comment() -> None:
    assert pr_comment(view_of(samples.mixed())) == pr_comment(view_of(samples.mixed()))


def test_hostile_text_is_shown_and_does_nothing() -> None:
    shown = html.unescape(PARSER.render(to_text(samples.hostile(), "markdown")))
    assert "<script>alert(1)</script>" in shown


def test_patterns_let_more_values_in_and_never_a_masked_one() -> None:
    row = next(row for row in view_of(samples.mixed()).rows if row.type == "aws_db_instance")
    shown = {a.path: public_change(a, ("ca_cert_*", "password")).text for a in row.attributes}
    assert shown["ca_cert_identifier"] == '"rds-ca-2019" → "rds-ca-rsa2048-g1"'
    assert shown["password"] == "(sensitive, changed)"


def test_failures_are_the_first_rows() -> None:
    rows = [line for line in to_text(samples.mixed(), "markdown").splitlines() if line.startswith("| ")]
    assert rows[2].startswith("| ⚠️&nbsp;not&nbsp;read | `live/dns` | S3 bucket")
    assert rows[3].startswith("| 🔴&nbsp;critical | `module.web")


def test_the_first_sight_of_a_finding_is_remembered_from_comment_to_comment() -> None:
    view = view_of(samples.report(samples.NETWORK))
    first, text = comment_with_marker(view, About(day="20261124"))
    assert "<br>since&nbsp;2026&#8209;11&#8209;24 |" in text
    both = view_of(samples.report(samples.NETWORK, samples.APP))
    second, text = comment_with_marker(both, About(day="20261126", before=first))
    assert text.count("<br>since&nbsp;2026&#8209;11&#8209;24 |") == 3
    assert text.count("<br>since&nbsp;2026&#8209;11&#8209;26 |") == 2
    assert "medium (+2 new)" in text
    assert second.seen is not None
    assert second.seen[short(samples.BUCKET.fingerprint)] == "20261124"


def test_a_ledger_knows_better() -> None:
    about = About(day="20261124", since={samples.BUCKET.fingerprint: "20250101"})
    assert pr_comment(view_of(samples.mixed()), about).count("<br>since&nbsp;2025&#8209;01&#8209;01 |") == 1


def test_what_was_resolved_is_counted() -> None:
    before, _ = comment_with_marker(view_of(samples.mixed()), About())
    text = pr_comment(view_of(samples.clean()), About(before=before))
    assert "### 🟢 No drift (−5 resolved)" in text


def test_run_links_and_counts_of_the_change_do_not_make_a_new_version() -> None:
    view = view_of(samples.mixed())
    first, _ = comment_with_marker(view, About(run=1, links=(("run 1", "https://example.com/1"),)))
    before = replace(first, seen={})
    second, text = comment_with_marker(view, About(run=2, before=before, links=(RUN,)))
    assert first.sha == second.sha
    assert "[run 7](https://example.com/run/7)" in text
    third, _ = comment_with_marker(view_of(samples.report(samples.NETWORK)), About())
    assert third.sha != first.sha


def test_a_state_diff_stands_in_its_own_section() -> None:
    text = pr_comment(
        view_of(samples.clean()), About(state_diff="serial 1 → 2: 1 added\n+ aws_x.y ```` @me </details>")
    )
    assert "<summary>State: what the apply changed</summary>\n\n`````text\nserial 1 → 2" in text
    structure(text)


@settings(deadline=None, max_examples=25)
@given(reports, st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_a_report(report: samples.Report, name: str, state_diff: str) -> None:
    marker = Marker("drift", name, 3, "", {"a" * 12: "20261124"})
    about = About(name=name, day="20261126", run=4, before=marker, links=(RUN,), state_diff=state_diff)
    text = pr_comment(view_of(report), about)
    assert len(text.encode()) <= BUDGET
    structure(text)
    found = parse(text)
    assert found is not None
    assert found.run == 4


def test_a_day_with_five_thousand_findings_keeps_the_budget() -> None:
    view = view_of(samples.large())
    marker, text = comment_with_marker(view, About(day="20261124"))
    assert len(text.encode()) <= BUDGET
    assert marker.seen is None
    structure(text)

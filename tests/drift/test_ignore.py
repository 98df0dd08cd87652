from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report import samples

from driftgate.drift.ignore import Ignore, apply, parse, spell
from driftgate.finding import DriftClass, Severity

TODAY = date(2026, 11, 26)


def entries(text: str) -> tuple[Ignore, ...]:
    found, mistakes = parse(text)
    assert mistakes == ()
    return found


def classes(text: str, finding: samples.Finding = samples.SECURITY_GROUP) -> dict[str, str]:
    """What becomes of each attribute of a finding, and of the finding (under "")."""
    unit = replace(samples.NETWORK, findings=(finding,))
    (made,) = apply(samples.report(unit), entries(text), TODAY).findings
    return {"": str(made.cls), **{change.path: str(change.cls) for change in made.attributes}}


NOTHING = {
    "": "reverted-by-apply",
    "ingress": "reverted-by-apply",
    "tags.Owner": "reverted-by-apply",
    "tags.CostCenter": "pending",
}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# aws_security_group.web  reason",
        "aws_security_group.web  # not in the module",
        "module.web.aws_security_group.we  # half a name",
        'module.web.aws_security_group.web["green"]  # another instance',
        "type:aws_security_groups  # another type",
        "live/app:module.web  # another unit",
        "module.web.aws_security_group.web.ingress  # an attribute of no instance",
    ],
)
def test_what_is_not_named_is_not_ignored(line: str) -> None:
    assert classes(line) == NOTHING


@pytest.mark.parametrize(
    "line",
    [
        'module.web.aws_security_group.web["blue"]  # the instance',
        "module.web.aws_security_group.web  # every instance",
        "module.web  # the module",
        "module.*.aws_security_group.*  # globs",
        "*  # all",
        "type:aws_security_group  # the type",
        "live/network:module.web  # in this unit",
        "live/*:type:aws_security_group  # in these units",
    ],
)
def test_a_whole_finding(line: str) -> None:
    assert classes(line) == {"": "pending", "ingress": "ignored", "tags.Owner": "ignored", "tags.CostCenter": "pending"}


@pytest.mark.parametrize(
    "line",
    [
        'module.web.aws_security_group.web["blue"].tags  # all tags',
        'module.web.aws_security_group.web["blue"].tags.Owner  # one',
        "module.web.*.tags.Owner  # glob",
        "type:aws_security_group.tags  # by type",
    ],
)
def test_one_attribute(line: str) -> None:
    assert classes(line) == {**NOTHING, "tags.Owner": "ignored"}


def test_what_is_left_decides_class_and_severity() -> None:
    unit = replace(samples.NETWORK, findings=(samples.SECURITY_GROUP,))
    (made,) = apply(samples.report(unit), entries("type:aws_security_group.ingress  # on purpose"), TODAY).findings
    assert (made.cls, made.severity) == (DriftClass.REVERTED_BY_APPLY, Severity.INFO)


def test_a_missing_object() -> None:
    (made,) = apply(
        samples.report(replace(samples.APP, findings=(samples.QUEUE,))),
        entries("aws_sqs_queue.jobs  # moved by hand owner=@app"),
        TODAY,
    ).findings
    assert (made.cls, made.severity, made.reason) == (DriftClass.IGNORED, Severity.NONE, "moved by hand (@app)")


def test_unread_and_pending_cannot_be_ignored() -> None:
    report = samples.report(replace(samples.APP, findings=(samples.UNREAD, samples.SUBNET_PENDING)))
    assert apply(report, entries("*  # all"), TODAY) == report


@pytest.mark.parametrize(("day", "cls"), [("2026-11-26", "ignored"), ("2026-11-25", "reverted-by-apply")])
def test_the_last_day_counts_and_then_it_comes_back(day: str, cls: str) -> None:
    text = f"type:aws_security_group.ingress  # on purpose owner=@net expires={day}"
    unit = replace(samples.NETWORK, findings=(samples.SECURITY_GROUP,))
    (made,) = apply(samples.report(unit), entries(text), TODAY).findings
    assert made.attributes[0].cls == cls
    assert made.attributes[0].reason == (
        "on purpose (@net, until 2026-11-26)"
        if cls == "ignored"
        else "opens port 22 to the world; was ignored until 2026-11-25, @net"
    )


def test_an_entry_that_holds_comes_before_one_that_expired() -> None:
    text = "*  # old expires=2020-01-01\n*  # new"
    assert classes(text)["ingress"] == "ignored"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("aws_x.y", "has no reason"),
        ("aws_x.y  # owner=@me expires=2027-01-01", "has no reason"),
        ("aws_x.y  # r expires=soon", "expires=soon is no date"),
        ("aws_x.y  # r expires=", "expires= is no date"),
        ("live/app:  # r", "there is no address"),
        ("type:  # r", "there is no address"),
    ],
)
def test_mistakes_name_the_line_and_what_to_write(line: str, says: str) -> None:
    found, (mistake,) = parse(f"# head\n\n{line}\n")
    assert found == ()
    assert mistake.line == 3
    assert says in mistake.message
    assert mistake.next_step


def test_hashes_and_colons_in_an_instance_key_are_its_own() -> None:
    (entry,) = entries('aws_x.y["a: # b"].tags  # reason')
    assert (entry.unit, entry.pattern, entry.reason) == ("", 'aws_x.y["a: # b"].tags', "reason")


words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)


@given(
    st.from_regex(r'(type:)?[a-z_]+\.[a-z]+(\["[a-z #:]*"\])?(\.[a-z]+)?', fullmatch=True),
    st.just("") | st.from_regex(r"[a-z]+(/[a-z*]+)?", fullmatch=True).filter(lambda unit: unit != "type"),
    st.lists(words, min_size=1, max_size=4).map(" ".join),
    st.just("") | words.map(lambda word: f"@{word}"),
    st.none() | st.dates(),
)
def test_spelling_is_the_inverse_of_parsing(
    pattern: str, unit: str, reason: str, owner: str, expires: date | None
) -> None:
    line = spell(pattern, unit=unit, reason=reason, owner=owner, expires=expires)
    assert entries(line) == (Ignore(1, pattern, unit, reason, owner, expires),)


def test_a_byte_order_mark_belongs_to_no_line() -> None:
    entries, mistakes = parse("\ufeffaws_x.a  # by hand\n")

    assert [entry.pattern for entry in entries] == ["aws_x.a"]
    assert mistakes == ()

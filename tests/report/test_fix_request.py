from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from remediate.test_accept import finding
from report.test_comment import structure, table_rows

from driftgate.hcl.edit import Edit
from driftgate.remediate.commits import by_unit
from driftgate.remediate.proposal import Accepted, Refused, targets
from driftgate.remediate.trace.wanted import Change
from driftgate.report.comment import BUDGET
from driftgate.report.fix_request import Proof, done_text, request_text
from driftgate.report.marker import parse
from driftgate.report.render import TemplateFailed

HOSTILE = "@team #1 <script> | ``` --> </details> ![x](http://evil.test/y)"


def accepted(unit: str, address: str, attribute: str = "size", trail: str = "main.tf:1:8") -> Accepted:
    (target,) = targets([finding(unit, address, attribute, 2)])
    return Accepted(target, Change(f"{unit}/{address}.tf", "size = 1\n", (Edit(7, 8, "2"),), ("var.size", trail)))


def proof(*items: Accepted, left: tuple[Refused, ...] = ()) -> Proof:
    return Proof(tuple(by_unit(items, str)), 1, left)


def same(text: str) -> str:
    return text


def test_one_attribute() -> None:
    text = request_text(proof(accepted("app", "aws_x.a")), "main/all", same, run=7)

    assert text.title == "Accept what is live in 1 attribute of app"
    assert parse(text.body) == text.marker
    assert (text.marker.kind, text.marker.name, text.marker.run) == ("fix", "main/all", 7)
    assert "| low | `aws_x.a`<br>`size` | `main.tf:1:8` ← `var.size` |" in text.body
    assert "A plan of a copy of the code" in text.body
    assert "Left to you" not in text.body


def test_links_and_runs_are_no_news_and_patches_are() -> None:
    one = proof(accepted("app", "aws_x.a"))
    before = request_text(one, "n", same)

    assert request_text(one, "n", same, run=8, links=(("run", "https://x.test/8"),)).marker.sha == before.marker.sha
    other = replace(one, commits=(replace(one.commits[0], patch="+ another"),))
    assert request_text(other, "n", same).marker.sha != before.marker.sha


def test_what_is_left_says_why() -> None:
    item = accepted("app", "aws_x.b")
    left = Refused(item.target, "this literal also feeds net: aws_y.z", "give it a value of its own")
    body = request_text(proof(accepted("app", "aws_x.a"), left=(left,)), "n", same).body

    assert "- `aws_x.b` `size` in `app`: this literal also feeds net: aws" in body
    assert "Next: give it a value of its own" in body


@pytest.mark.parametrize(("units", "each"), [(1, 5_000), (3_000, 1), (60, 40)])
def test_it_has_room_whatever_there_is(units: int, each: int) -> None:
    items = [accepted(f"live/unit-{u}", f"aws_x.resource_{n}") for u in range(units) for n in range(each)]
    # One commit's patch per unit is what `by_unit` computes; the rows are what counts here.
    text = request_text(Proof(tuple(_commits(items)), units, ()), "n", same)

    assert len(text.body.encode()) <= BUDGET
    assert len(text.title) <= 200
    shown = table_rows(text.body)
    assert re.search(r"… and [\d,]+ (attribute|unit)s? more", text.body) or shown == len(items)


def test_names_from_the_cloud_do_nothing() -> None:
    item = accepted("app", HOSTILE, HOSTILE, HOSTILE)
    left = Refused(item.target, HOSTILE, HOSTILE)
    commit = replace(proof(accepted("app", "aws_x.a")).commits[0], items=(item,), unit=HOSTILE, patch="")

    body = request_text(Proof((commit,), 1, (left,)), "n", same).body
    assert structure(body).count("<details>") == 0


def test_everything_is_redacted() -> None:
    text = request_text(proof(accepted("app", "aws_x.s3cret")), "n", lambda said: said.replace("s3cret", "•"))
    assert "s3cret" not in text.title + text.body


def test_a_template_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "fix_request.md.j2").write_text("{{ headline }}")
    text = request_text(proof(accepted("app", "aws_x.a")), "n", same, template_dirs=(tmp_path,))
    assert text.body.endswith("-->\n1 attribute is not as the code says.")

    (tmp_path / "fix_request.md.j2").write_text("x" * 70_000)
    with pytest.raises(TemplateFailed, match="is over 60,000 bytes"):
        request_text(proof(accepted("app", "aws_x.a")), "n", same, template_dirs=(tmp_path,))


def test_the_last_words() -> None:
    text = done_text("main/all", run=9, links=(("run", "https://x.test/9"),))
    assert "**Nothing is left to fix.**" in text.body
    assert "[run](https://x.test/9)" in text.body
    assert parse(text.body) == text.marker


def _commits(items: list[Accepted]) -> list:
    grouped: dict[str, list[Accepted]] = {}
    for item in items:
        grouped.setdefault(item.target.finding.unit, []).append(item)
    (made,) = proof(items[0]).commits
    return [replace(made, unit=unit, items=tuple(group)) for unit, group in grouped.items()]

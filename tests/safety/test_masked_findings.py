from __future__ import annotations

from driftgate.finding import AttributeChange, DriftClass, Finding, Mark, Report, Severity, UnitResult, UnitStatus
from driftgate.safety.findings import redact_report, redactions
from driftgate.safety.redact import CHANGED, MASK, Redactor


def report(*attributes: AttributeChange, address: str = "aws_x.y", **unit: object) -> Report:
    finding = Finding("live/x", "default", address, "aws_x", DriftClass.REVERTED_BY_APPLY, Severity.LOW, attributes)
    result = UnitResult("live/x", "default", UnitStatus.OK, findings=(finding,), **unit)  # type: ignore[arg-type]
    return Report((result,), "plan", "", 0.0)


def attribute(path: str, state: object, live: object, planned: object, *, sensitive: bool = False) -> AttributeChange:
    return AttributeChange(path, DriftClass.REVERTED_BY_APPLY, Severity.LOW, state, live, planned, sensitive)


def masked(change: AttributeChange, taint: Redactor | None = None) -> tuple[object, object, object]:
    result = redact_report(report(change), taint or Redactor()).findings[0].attributes[0]
    return result.state, result.live, result.planned


def test_a_report_without_secrets_is_equal() -> None:
    plain = report(attribute("tags.Name", "a", "b", "a"), error=None, notes=("the state moved",))
    assert redact_report(plain, Redactor()) == plain
    assert redactions(plain) == 0


def test_a_changed_secret_says_so_and_its_marks_stay() -> None:
    assert masked(attribute("x", "a", "b", "a", sensitive=True)) == (MASK, CHANGED, MASK)
    assert masked(attribute("x", "a", "a", "b", sensitive=True)) == (MASK, MASK, CHANGED)
    assert masked(attribute("x", "a", Mark.ABSENT, Mark.UNKNOWN, sensitive=True)) == (MASK, Mark.ABSENT, Mark.UNKNOWN)
    assert masked(attribute("x", Mark.ABSENT, "b", "c", sensitive=True)) == (Mark.ABSENT, MASK, CHANGED)
    assert masked(attribute("x", Mark.ABSENT, Mark.ABSENT, "c", sensitive=True)) == (Mark.ABSENT, Mark.ABSENT, MASK)


def test_a_mark_inside_a_tree_stays() -> None:
    assert masked(attribute("x", {"a": 1}, {"a": 1}, {"a": Mark.UNKNOWN}))[2] == {"a": Mark.UNKNOWN}


def test_every_text_is_masked() -> None:
    taint = Redactor()
    taint.add("canary-value-1")
    leaky = report(
        attribute('tags["canary-value-1"]', "canary-value-1", "x canary-value-1", None),
        address='module.m["canary-value-1"].aws_x.y',
        error="failed: canary-value-1",
        next_step="try canary-value-1",
        notes=("see canary-value-1",),
        identity="pg://u:canary-value-1@h/db",
    )
    clean = redact_report(leaky, taint)
    assert "canary" not in repr(clean)
    assert clean.findings[0].address == 'module.m["(sensitive)"].aws_x.y'
    assert clean.units[0].path == "live/x"
    assert redactions(clean) == 6


def test_redacting_twice_changes_nothing() -> None:
    once = redact_report(
        report(attribute("password", "a", "b", "a"), attribute("x", "a", "b", "c", sensitive=True)), Redactor()
    )
    assert redact_report(once, Redactor()) == once

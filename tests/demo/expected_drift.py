"""What a scan of the tampered demo has to say, whichever way it was made."""

from __future__ import annotations

from typing import Any

from driftgate.demo.layout import PENDING
from driftgate.demo.tamper import TAMPERS

EXPECTED = {(t.unit, t.address): (t.cls.value, t.attribute) for t in TAMPERS}


def assert_every_tamper_is_found(report: dict[str, Any]) -> None:
    """Exactly the tampers are drift, each with its class; the change of the code is pending."""
    findings = {(unit["path"], f["address"]): f for unit in report["units"] for f in unit["findings"]}
    drift = {key: f for key, f in findings.items() if f["class"] not in ("pending", "computed")}

    assert {key: f["class"] for key, f in drift.items()} == {key: cls for key, (cls, _) in EXPECTED.items()}
    for key, (cls, attribute) in EXPECTED.items():
        if attribute:
            assert classes_at(drift[key], attribute) == {cls}, key
    pending = findings[PENDING.unit, PENDING.address]
    assert (pending["class"], classes_at(pending, PENDING.attribute)) == ("pending", {"pending"})


def classes_at(finding: dict[str, Any], attribute: str) -> set[str]:
    """The classes of an attribute that is reported as a whole or by its parts."""
    return {
        entry["class"]
        for entry in finding["attributes"]
        if entry["path"] == attribute or entry["path"].startswith((f"{attribute}.", f"{attribute}["))
    }

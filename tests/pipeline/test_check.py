"""The scan over fakes of its seams; the real parts are put together in tests/acceptance."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

from driftgate.backends.base import BackendError
from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Report, UnitResult, UnitStatus
from driftgate.live.base import LiveReader, Reading
from driftgate.pipeline.check import PARTIAL, Progress, Seams, check, judge_plan
from driftgate.safety.redact import Redactor
from driftgate.state.file import StateError
from driftgate.state.snapshot import SnapshotMeta
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.plan import Plan, parse_plan
from driftgate.unit import BackendConfig, StateLocation, Unit

SERIAL_7 = SnapshotMeta(7, "lineage", "1.11.4")
SERIAL_8 = SnapshotMeta(8, "lineage", "1.11.4")


def plan(*drifted: str, errored: bool = False) -> Plan:
    changes = [
        {
            "address": a,
            "type": "x_y",
            "change": {"actions": ["update"], "before": {"k": "live"}, "after": {"k": "state"}},
        }
        for a in drifted
    ]
    drift = [
        {
            "address": a,
            "type": "x_y",
            "change": {"actions": ["update"], "before": {"k": "state"}, "after": {"k": "live"}},
        }
        for a in drifted
    ]
    document = {"format_version": "1.2", "resource_changes": changes, "resource_drift": drift, "errored": errored}
    return parse_plan(json.dumps(document).encode())


def unit(path: str = "live/app", workspace: str = "default", error: str | None = None) -> Unit:
    location = StateLocation("s3://b/k", f"s3://b/{workspace}/k", None, "unknown")
    return Unit(PurePosixPath(path), BackendConfig("s3", workspace=workspace), location=location, error=error)


def reads(reading: Reading | Exception) -> LiveReader:
    def live(unit: Unit, on_read: Callable[[str], None]) -> Reading:
        on_read("x_y.a")
        if isinstance(reading, Exception):
            raise reading
        return reading

    return live


def snapshots(*found: SnapshotMeta | Exception | None) -> Callable[[Unit], SnapshotMeta | None]:
    """The state as stored, call after call; the last answer stays."""
    answers = list(found)

    def snapshot(unit: Unit) -> SnapshotMeta | None:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return snapshot


def scan(
    *units: Unit, live: LiveReader, snapshot: Callable[[Unit], SnapshotMeta | None], progress: Progress | None = None
) -> Report:
    seams = Seams(live, snapshot, lambda unit: None, Redactor(), progress or Progress())
    return check(units, seams, reader="plan", started="2026-01-01T00:00:00Z")


def one(live: Reading | Exception, *found: SnapshotMeta | Exception | None, of: Unit | None = None) -> UnitResult:
    return scan(of or unit(), live=reads(live), snapshot=snapshots(*found)).units[0]


def test_a_clean_unit() -> None:
    result = one(Reading(plan()), SERIAL_7)

    assert (result.status, result.error, result.findings, result.notes) == (UnitStatus.OK, None, (), ())
    assert (result.serial, result.lineage, result.identity) == (7, "lineage", "s3://b/k")


def test_a_drifted_unit() -> None:
    result = one(Reading(plan("x_y.a")), SERIAL_7)

    assert [(f.address, f.cls) for f in result.findings] == [("x_y.a", DriftClass.REVERTED_BY_APPLY)]


def test_a_plan_of_a_part_says_that_it_is_one() -> None:
    part = parse_plan(b'{"format_version":"1.2","resource_changes":[],"complete":false}')
    result = one(Reading(part, notes=("planned with the newest",)), SERIAL_7)

    assert result.notes == ("planned with the newest", PARTIAL)
    seams = Seams(reads(Reading(None)), snapshots(None), lambda unit: None, Redactor(), Progress())
    assert judge_plan(unit(), part, seams).notes == (PARTIAL,)


def test_no_units_is_an_empty_report() -> None:
    assert scan(live=reads(Reading(plan())), snapshot=snapshots(None)).units == ()


@pytest.mark.parametrize(
    ("live", "snapshot", "of", "error"),
    [
        pytest.param(Reading(plan()), SERIAL_7, unit(error="main.tf:1:2: broken"), "main.tf:1:2: broken", id="broken source"),
        pytest.param(Reading(plan()), StateError("not JSON"), unit(), "not JSON", id="broken state"),
        pytest.param(Reading(parse_plan(b'{"format_version":"0.1","resource_changes":[]}')), SERIAL_7, unit(),
                     "a plan of Terraform before 1.0 does not tell drift", id="a plan without drift"),
        pytest.param(DriftgateError("no terraform"), SERIAL_7, unit(), "no terraform", id="reader fails"),
        pytest.param(ZeroDivisionError("x"), SERIAL_7, unit(), "a bug in driftgate: ZeroDivisionError: x", id="a bug"),
        pytest.param(Reading(None, (Diagnostic("error", "S", "D"),)), SERIAL_7, unit(), "S: D", id="plan fails"),
        pytest.param(
            Reading(None, (Diagnostic("error", "S"),)), BackendError("bucket gone"), unit(), "bucket gone",
            id="our words for the backend are the better ones"),
        pytest.param(Reading(plan()), None, unit(workspace="w"), "workspace `w` has no state", id="workspace nobody made"),
    ],
)  # fmt: skip
def test_a_failure_is_a_value(
    live: Reading | Exception, snapshot: SnapshotMeta | Exception | None, of: Unit, error: str
) -> None:
    result = one(live, snapshot, of=of)

    assert result.status is UnitStatus.ERROR
    assert error in str(result.error)
    assert "\n" not in str(result.error)


def test_terraform_is_never_asked_about_a_workspace_that_does_not_exist() -> None:
    def live(unit: Unit, on_read: Callable[[str], None]) -> Reading:
        raise AssertionError("terraform would create its state")

    assert "has no state" in str(scan(unit(workspace="w"), live=live, snapshot=snapshots(None)).units[0].error)


def test_what_could_be_read_of_a_failing_unit_is_kept_and_the_rest_named() -> None:
    denied = Diagnostic("error", "denied", "AccessDenied", address="x_y.b")

    result = one(Reading(plan("x_y.a", errored=True), (denied,)), SERIAL_7)

    assert result.status is UnitStatus.ERROR
    assert [(f.address, f.cls) for f in result.findings] == [
        ("x_y.a", DriftClass.REVERTED_BY_APPLY),
        ("x_y.b", DriftClass.UNREAD),
    ]


def test_a_failing_unit_never_hides_the_others() -> None:
    def live(unit: Unit, on_read: Callable[[str], None]) -> Reading:
        if unit.path.name == "bad":
            raise RuntimeError("x")
        return Reading(plan("x_y.a"))

    report = scan(unit("a"), unit("bad"), unit("c"), live=live, snapshot=snapshots(SERIAL_7))

    assert [(u.path, u.status, len(u.findings)) for u in report.units] == [
        ("a", UnitStatus.OK, 1),
        ("bad", UnitStatus.ERROR, 0),
        ("c", UnitStatus.OK, 1),
    ]


@pytest.mark.parametrize(
    ("found", "serial", "note"),
    [
        pytest.param((SERIAL_7,), 7, None, id="still"),
        pytest.param((None,), None, "no state yet", id="never applied"),
        pytest.param((SERIAL_7, SERIAL_8, SERIAL_8), 8, None, id="moved once, read again"),
        pytest.param((SERIAL_7, SERIAL_8, SnapshotMeta(9, "lineage", "")), 9, "moved from serial 8 to 9", id="keeps moving"),
        pytest.param((BackendError("no boto3"),), None, "state serial not read: no boto3", id="state out of our reach"),
    ],
)  # fmt: skip
def test_a_state_that_moves_meanwhile_is_noticed(
    found: tuple[SnapshotMeta | Exception | None, ...], serial: int | None, note: str | None
) -> None:
    result = one(Reading(plan()), *found)

    assert (result.status, result.serial) == (UnitStatus.OK, serial)
    assert [note in n for n in result.notes] == ([True] if note else []) if note else result.notes == ()


def test_progress_hears_of_every_unit_and_resource() -> None:
    heard: list[str] = []
    lock = threading.Lock()

    class Ears(Progress):
        def unit_started(self, unit: str) -> None:
            with lock:
                heard.append(f"start {unit}")

        def resource_read(self, unit: str, address: str) -> None:
            with lock:
                heard.append(f"read {unit} {address}")

        def unit_done(self, result: UnitResult) -> None:
            with lock:
                heard.append(f"done {result.path}")

    scan(unit("a"), live=reads(Reading(plan())), snapshot=snapshots(SERIAL_7), progress=Ears())

    assert heard == ["start a", "read a x_y.a", "done a"]


def test_results_stand_in_unit_order_whoever_is_first() -> None:
    last = threading.Event()

    def live(unit: Unit, on_read: Callable[[str], None]) -> Reading:
        if unit.path.name == "a":
            assert last.wait(60)
        else:
            last.set()
        return Reading(plan())

    report = scan(unit("a"), unit("b"), live=live, snapshot=snapshots(SERIAL_7))

    assert [u.path for u in report.units] == ["a", "b"]

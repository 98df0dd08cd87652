from __future__ import annotations

from typing import Any

import pytest
from state.documents import instance, resource, state

from driftgate.finding import DriftClass, Finding, Severity
from driftgate.settings.schema import GateSettings
from driftgate.state.diff import diff
from driftgate.tfexec.plan import Change, Plan, ResourceChange
from driftgate.wrap.gate import Proposal, changes_anything, destroyed, judge, touches_protected
from driftgate.wrap.observe import would_have_blocked


def plan(*changes: tuple[str, tuple[str, ...]], **more: Any) -> Plan:
    found = tuple(ResourceChange(address, Change(actions)) for address, actions in changes)
    return Plan("1.2", resource_changes=found, **more)


def drift(*severities: Severity) -> list[Finding]:
    return [Finding("u", "default", f"a.b{n}", "a", DriftClass.MISSING, s) for n, s in enumerate(severities)]


UNTOUCHED = plan(("a.b", ("no-op",)), ("data.a.b", ("read",)))
DESTROYS = plan(
    ("a.b", ("delete",)), ("a.c", ("delete", "create")), ("a.d", ("create", "delete")), ("a.e", ("update",))
)
MOVES = Plan("1.2", resource_changes=(ResourceChange("a.new", Change(("no-op",)), previous_address="a.old"),))
IMPORTS = Plan("1.2", resource_changes=(ResourceChange("a.b", Change(("no-op",), importing={"id": "b"})),))
FREE = GateSettings(fail_on="none")


@pytest.mark.parametrize(
    ("proposal", "gate", "rules"),
    [
        pytest.param(Proposal(UNTOUCHED), GateSettings(max_deletions=0, protected=("*",), approval=True), [], id="nothing changes"),
        pytest.param(Proposal(DESTROYS), GateSettings(), [], id="no rule is set"),
        pytest.param(Proposal(DESTROYS), GateSettings(max_deletions=3), [], id="as many as may be"),
        pytest.param(Proposal(DESTROYS), GateSettings(max_deletions=2), ["gate.max_deletions"], id="one too many"),
        pytest.param(Proposal(DESTROYS), GateSettings(protected=("a.e", "x.*")), [], id="protected from destruction only"),
        pytest.param(Proposal(DESTROYS), GateSettings(protected=("a.c",)), ["gate.protected"], id="a replacement destroys"),
        pytest.param(Proposal(plan(("a.b", ("forget",)))), GateSettings(protected=("a.b",)), ["gate.protected"], id="forgotten"),
        pytest.param(Proposal(MOVES), GateSettings(protected=("a.old",)), ["gate.protected"], id="moved away"),
        pytest.param(Proposal(MOVES), GateSettings(protected=("a.new",), max_deletions=0), [], id="moved here"),
        pytest.param(Proposal(DESTROYS), GateSettings(approval=True), ["gate.approval"], id="approval for every change"),
        pytest.param(Proposal(MOVES), GateSettings(approval=True), ["gate.approval"], id="approval for a move"),
        pytest.param(Proposal(IMPORTS), GateSettings(approval=True), ["gate.approval"], id="approval for an import"),
        pytest.param(Proposal(UNTOUCHED, drift(Severity.HIGH)), GateSettings(), ["gate.fail_on"], id="drift"),
        pytest.param(Proposal(UNTOUCHED, drift(Severity.MEDIUM)), GateSettings(), [], id="less drift than blocks"),
        pytest.param(Proposal(UNTOUCHED, drift(Severity.CRITICAL)), FREE, [], id="drift never blocks"),
        pytest.param(Proposal(DESTROYS, drift(Severity.CRITICAL)), GateSettings(max_deletions=0, protected=("*",), approval=True),
                     ["gate.fail_on", "gate.max_deletions", "gate.protected", "gate.approval"], id="everything"),
    ],
)  # fmt: skip
def test_the_verdict(proposal: Proposal, gate: GateSettings, rules: list[str]) -> None:
    assert [block.rule for block in judge(proposal, gate)] == rules


def test_how_it_is_told() -> None:
    proposal = Proposal(DESTROYS, drift(Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.HIGH))

    assert [block.message for block in judge(proposal, GateSettings(max_deletions=1, protected=("a.b", "a.c")))] == [
        "a.b0, a.b1, a.b2 and 1 more drifted, critical at the gravest",
        "3 resources are destroyed, at most 1 may be",
        "a.b, a.c are protected and destroyed",
    ]


@pytest.mark.parametrize(
    ("pattern", "address", "hit"),
    [
        ("a.b", "a.b", True), ("a.b", "a.bc", False), ("a.*", "a.b", True), ("a.*", "module.m.a.b", False),
        ("*a.b", "module.m.a.b", True), ('a.b["x"]', 'a.b["x"]', True), ("a.b[*]", "a.b[0]", True), ("a.b", "a.b[0]", False),
        ("a?b", "a.b", False), ("*", "anything", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, address: str, hit: bool) -> None:
    assert bool(touches_protected([address], GateSettings(protected=(pattern,)))) == hit


@pytest.mark.parametrize(
    ("found", "anything"),
    [
        (UNTOUCHED, False), (DESTROYS, True), (MOVES, True), (IMPORTS, True), (plan(("a.b", ("forget",))), True),
        (plan(output_changes={"o": Change(("update",))}), True), (plan(output_changes={"o": Change(("no-op",))}), False),
    ],
)  # fmt: skip
def test_whether_there_is_anything_to_approve(found: Plan, anything: bool) -> None:
    assert changes_anything(found) == anything


def test_data_sources_are_not_destroyed() -> None:
    gone = ResourceChange("data.a.b", Change(("delete",)), mode="data")
    deposed = ResourceChange("a.b", Change(("delete",)), deposed="abcd1234")

    assert destroyed(Plan("1.2", resource_changes=(gone, deposed))) == ["a.b (deposed abcd1234)"]


BEFORE = state(resource("a", instance()), resource("b", instance("2")), resource("d", instance("3"), mode="data"))


@pytest.mark.parametrize(
    ("gate", "rules"),
    [
        pytest.param(GateSettings(), [], id="no rule is set"),
        pytest.param(GateSettings(max_deletions=2), [], id="as many as may be"),
        pytest.param(GateSettings(max_deletions=1), ["gate.max_deletions"], id="too many"),
        pytest.param(GateSettings(protected=("aws_x.b",)), ["gate.protected"], id="protected"),
        pytest.param(GateSettings(approval=True), ["gate.approval"], id="not approved"),
        pytest.param(GateSettings(mode="off", max_deletions=0), [], id="off"),
        pytest.param(GateSettings(mode="enforce", max_deletions=0), [], id="enforced before"),
    ],
)
def test_what_would_have_been_blocked(gate: GateSettings, rules: list[str]) -> None:
    found = [*would_have_blocked(diff(BEFORE, state()), gate)]

    assert [warned.message.rpartition("(")[2].rstrip(")") for warned in found] == rules


def test_a_move_of_what_is_protected_would_have_been_blocked() -> None:
    one = instance() | {"attributes": {"id": "same", "name": "n"}}
    moved = diff(state(resource("a", one)), state(resource("z", one)))

    assert len([*would_have_blocked(moved, GateSettings(protected=("aws_x.a",)))]) == 1
    assert not [*would_have_blocked(moved, GateSettings(protected=("aws_x.z",), max_deletions=0))]


def test_nothing_would_have_been_blocked_where_nothing_changed() -> None:
    assert not [*would_have_blocked(diff(BEFORE, BEFORE), GateSettings(max_deletions=0, approval=True))]

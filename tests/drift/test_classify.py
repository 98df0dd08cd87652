from __future__ import annotations

from typing import Any

import pytest
from drift.plan_builder import SAME, Block, Source, classes, code, judge, plan, ref, resource

from driftgate.finding import DriftClass, Finding, Mark, Severity, SourceRange

VPC = "aws_vpc.main"
SET = code(aws_vpc__main={"cidr": "a", "tags": {"Name": "a"}, "on": ref("var.on")})
A, B, C = {"id": "i", "cidr": "a"}, {"id": "i", "cidr": "b"}, {"id": "i", "cidr": "c"}


def only(findings: list[Finding]) -> Finding:
    [found] = findings
    return found


@pytest.mark.parametrize(
    ("state", "live", "planned"),
    [
        pytest.param(A, SAME, SAME, id="nothing differs"),
        pytest.param({}, SAME, SAME, id="nothing there"),
    ],
)
def test_no_difference_is_no_finding(state: Any, live: Any, planned: Any) -> None:
    assert judge(plan(resource(VPC, state, live, planned), root=SET)) == []
    assert judge(plan()) == []


@pytest.mark.parametrize("actions", [["no-op"], ["read"], []])
def test_data_sources_are_no_findings(actions: list[str]) -> None:
    data = resource("data.aws_ami.a", {"id": 1}, {"id": 1}, {"id": 2}, actions=actions)

    assert judge(plan(data, output_changes={"o": {"actions": ["update"], "before": 1, "after": 2}})) == []


U = {"cidr": True}
CASES = [
    # state, live, planned, marks of unknown, class, reason; cidr is set in code, dns and arn are not
    pytest.param({"cidr": "a"}, {"cidr": "b"}, {"cidr": "a"}, None, "reverted-by-apply", "", id="put back"),
    pytest.param(
        {"cidr": "a"}, {"cidr": "b"}, {"cidr": "c"}, None, "reverted-by-apply", "the code changed too", id="to else"
    ),
    pytest.param(
        {"cidr": "a"}, {"cidr": "b"}, {}, U, "reverted-by-apply", "known after apply", id="to something unknown"
    ),
    pytest.param({"cidr": "z"}, {"cidr": "a"}, SAME, None, "outside-code", "code already agrees", id="code agrees"),
    pytest.param({"cidr": "a"}, {"cidr": "b"}, SAME, None, "outside-code", "keeps the live value", id="kept"),
    pytest.param({"cidr": "a"}, {"cidr": "a"}, {"cidr": "b"}, None, "pending", "only the code moved", id="code moved"),
    pytest.param({"dns": "a"}, {"dns": "b"}, SAME, None, "outside-code", "not set in code", id="nobody sets it"),
    pytest.param({"dns": "a"}, {"dns": "b"}, {"dns": "a"}, None, "reverted-by-apply", "", id="a default put back"),
    pytest.param({"dns": "a"}, {"dns": "b"}, {}, {"dns": True}, "outside-code", "not set in code", id="recomputed"),
    pytest.param({"dns": "a"}, {"dns": "a"}, {"dns": "b"}, None, "pending", "", id="another default"),
    pytest.param({"dns": None}, {"dns": []}, SAME, None, "computed", "null and empty", id="null to empty"),
    pytest.param({"dns": None}, {"dns": []}, {"dns": None}, None, "computed", "null and empty", id="and back"),
    pytest.param({"dns": None}, {"dns": ""}, {"dns": "b"}, None, "pending", "", id="null to empty, and the code moved"),
    pytest.param(
        {"dns": ""}, {"dns": ""}, {"dns": None}, None, "computed", "null and empty", id="empty to null by plan"
    ),
    pytest.param({"dns": ["a", "b"]}, {"dns": ["b", "a"]}, SAME, None, "computed", "order", id="another order"),
    pytest.param(
        {"dns": ["a", "b"]}, {"dns": ["b", "a"]}, {"dns": ["a", "b"]}, None, "reverted-by-apply", "", id="order matters"
    ),
    pytest.param({"etag": "a"}, {"etag": "b"}, SAME, None, "computed", "by itself", id="volatile"),
    pytest.param({"etag": "a"}, {"etag": "b"}, {}, {"etag": True}, "computed", "by itself", id="volatile, unknown"),
    pytest.param(
        {"etag": "a"}, {"etag": "b"}, {"etag": "a"}, None, "reverted-by-apply", "", id="volatile, but planned"
    ),
    pytest.param({"etag": "a"}, {"etag": "a"}, {"etag": "b"}, None, "computed", "by itself", id="volatile in the plan"),
    pytest.param(
        {"on": "a"}, {"on": "a"}, {}, {"on": True}, "pending", "known after apply", id="unknown, refers to it"
    ),
]


@pytest.mark.parametrize(("state", "live", "planned", "unknown", "cls", "reason"), CASES)
def test_one_attribute(state: Any, live: Any, planned: Any, unknown: Any, cls: str, reason: str) -> None:
    found = only(judge(plan(resource(VPC, state, live, planned, unknown=unknown), root=SET)))
    [attribute] = (a for a in found.attributes if a.path)

    assert attribute.cls.value == cls
    assert reason in attribute.reason
    assert (attribute.severity is Severity.NONE) is not found.cls.is_drift


def test_an_update_for_nothing_that_counts_is_still_pending() -> None:
    found = only(judge(plan(resource(VPC, {"dns": ""}, SAME, {"dns": None}), root=SET)))

    assert classes([found]) == {VPC: {"": "pending", "dns": "computed"}}
    assert found.reason == "apply updates it in place"


def test_what_no_code_sets_and_apply_will_know_is_not_listed() -> None:
    """A replaced object gets another id; only what forces that is worth a line."""
    made = resource(
        VPC,
        A | {"arn": "x"},
        A | {"arn": "x"},
        {"cidr": "b"},
        unknown={"id": True, "arn": True},
        actions=["delete", "create"],
        change={"replace_paths": [["cidr"]]},
    )
    found = only(judge(plan(made, root=SET)))

    assert [a.path for a in found.attributes] == ["cidr"]
    assert found.actions == ("delete", "create")
    assert found.reason == "the code change forces replacement"


def test_a_tag_added_by_hand_and_its_repetition() -> None:
    state = {"tags": {}, "tags_all": {"team": "x"}}
    live = {"tags": {"by": ""}, "tags_all": {"team": "x", "by": ""}}

    assert classes(judge(plan(resource(VPC, state, live, state), root=SET))) == {
        VPC: {"tags.by": "reverted-by-apply", "tags_all.by": "computed"}
    }


def test_a_default_tag_taken_away_by_hand_is_drift() -> None:
    state, live = {"tags": {}, "tags_all": {"team": "x"}}, {"tags": {}, "tags_all": {}}

    assert classes(judge(plan(resource(VPC, state, live, state)))) == {VPC: {"tags_all.team": "reverted-by-apply"}}


def test_an_attribute_that_shows_the_same_text_again() -> None:
    parameter = "aws_ssm_parameter.p"
    made = resource(
        parameter,
        {"value": "a", "insecure_value": "a"},
        {"value": "b", "insecure_value": "b"},
        {"insecure_value": "a"},
        unknown={"value": True},
    )

    assert classes(judge(plan(made, root=code(aws_ssm_parameter__p={"insecure_value": "a"})))) == {
        parameter: {"insecure_value": "reverted-by-apply", "value": "computed"}
    }


@pytest.mark.parametrize(
    ("ignore", "reason"),
    [
        pytest.param(frozenset(), "set in code, but apply keeps the live value", id="nothing ignored"),
        pytest.param(frozenset({"tags"}), "ignored by lifecycle.ignore_changes", id="the attribute"),
        pytest.param(frozenset({"tags.Name"}), "ignored by lifecycle.ignore_changes", id="the key"),
        pytest.param(frozenset({'tags["Name"]'}), "ignored by lifecycle.ignore_changes", id="the key, quoted"),
        pytest.param(frozenset({"tags.Other"}), "set in code, but apply keeps the live value", id="another key"),
        pytest.param("ALL", "ignored by lifecycle.ignore_changes", id="all"),
        pytest.param(None, "set in code, but apply keeps the live value", id="no lifecycle"),
    ],
)
def test_ignore_changes(ignore: object, reason: str) -> None:
    made = plan(resource(VPC, {"tags": {"Name": "a"}}, {"tags": {"Name": "b"}}), root=SET)
    found = only(judge(made, Source({VPC: Block(ignore)})))

    assert found.cls is DriftClass.OUTSIDE_CODE
    assert reason in found.attributes[0].reason


def test_findings_say_where_the_block_stands() -> None:
    made = plan(resource(VPC, A, B, A), root=SET)

    assert only(judge(made, Source({VPC: Block()}))).source == SourceRange("live/app/main.tf", 3, 9)
    assert only(judge(made, Source())).source is None
    assert only(judge(made)).source is None


OBJECTS = [
    pytest.param(resource(VPC, None, None, A), "pending", "to be created", id="created"),
    pytest.param(
        resource(VPC, A, SAME, None, change={"action_reason": "x"}, action_reason="delete_because_each_key"),
        "pending",
        "its key is not in for_each any more; apply destroys it",
        id="deleted",
    ),
    pytest.param(
        resource(VPC, A, SAME, None, actions=["forget"]),
        "pending",
        "apply forgets it, the object stays",
        id="forgotten",
    ),
    pytest.param(
        resource(VPC, A, SAME, SAME, previous_address="aws_vpc.old"), "pending", "moved from aws_vpc.old", id="moved"
    ),
    pytest.param(
        resource(VPC, A, SAME, SAME, change={"importing": {"id": "i"}}), "pending", "to be imported", id="import"
    ),
    pytest.param(
        resource(VPC, A, SAME, A, actions=["delete", "create"], action_reason="replace_because_tainted"),
        "pending",
        "tainted: an earlier apply did not finish it; apply replaces it",
        id="tainted",
    ),
    pytest.param(
        resource(VPC, A, SAME, A, actions=["update"]), "pending", "apply updates it in place", id="marks only"
    ),
    pytest.param(
        resource(VPC, A, SAME, None, deposed="ab12"),
        "pending",
        "left over from an interrupted replacement; apply destroys it",
        id="deposed",
    ),
    pytest.param(
        resource(VPC, A, None, None, deposed="ab12", actions=[]),
        "computed",
        "left over from an interrupted replacement; gone from the cloud",
        id="deposed and gone",
    ),
    pytest.param(resource(VPC, A, None, A), "missing", "gone from the cloud; apply creates it again", id="missing"),
    pytest.param(
        resource("aws_vpc.else", A, None, actions=[]),
        "missing",
        "gone from the cloud; also removed from code",
        id="missing, and not in code",
    ),
    pytest.param(
        resource(VPC, A, None, actions=[]), "missing", "gone from the cloud", id="missing, plan without changes"
    ),
]


@pytest.mark.parametrize(("made", "cls", "reason"), OBJECTS)
def test_whole_objects(made: Any, cls: str, reason: str) -> None:
    found = only(judge(plan(made, root=SET)))

    assert [(a.path, a.cls.value) for a in found.attributes] == [("", cls)]
    assert (found.cls.value, found.reason) == (cls, reason)


def test_a_deposed_object_stands_beside_the_current_one() -> None:
    findings = judge(plan(resource(VPC, A, B, A), resource(VPC, A, SAME, None, deposed="ab12"), root=SET))

    assert [item.address for item in findings] == [VPC, f"{VPC} (deposed ab12)"]
    assert len({item.fingerprint for item in findings}) == 2


def test_missing_is_judged_by_the_object_that_is_gone() -> None:
    found = only(judge(plan(resource(VPC, A, None, {"cidr": "a"}, unknown={"id": True}), root=SET)))
    [attribute] = found.attributes

    assert (attribute.state, attribute.live) == (A, Mark.ABSENT)
    assert attribute.planned == {"cidr": "a", "id": Mark.UNKNOWN}
    assert found.severity >= Severity.HIGH


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param(["delete"], {"": "pending", "cidr": "reverted-by-apply", "dns": "computed"}, id="destroyed"),
        pytest.param(["forget"], {"": "pending", "cidr": "outside-code", "dns": "computed"}, id="forgotten"),
    ],
)
def test_drift_of_what_the_code_gives_up(actions: list[str], expected: dict[str, str]) -> None:
    made = resource(VPC, A | {"dns": None}, B | {"dns": ""}, None, actions=actions)
    found = only(judge(plan(made)))

    assert {a.path: a.cls.value for a in found.attributes} == expected
    assert all("removed from code" in a.reason for a in found.attributes if a.path == "cidr")


def test_moved_and_drifted_is_drift() -> None:
    found = only(judge(plan(resource(VPC, A, B, A, previous_address="aws_vpc.old"), root=SET)))

    assert classes([found]) == {VPC: {"cidr": "reverted-by-apply"}}
    assert found.reason == "moved from aws_vpc.old"


def test_moved_with_noise_is_still_told() -> None:
    found = only(judge(plan(resource(VPC, {"dns": None}, {"dns": ""}, previous_address="aws_vpc.old"), root=SET)))

    assert classes([found]) == {VPC: {"": "pending", "dns": "computed"}}


def test_an_import_shows_what_the_code_changes() -> None:
    found = only(judge(plan(resource(VPC, A, SAME, B, change={"importing": {"id": "i"}}), root=SET)))

    assert (classes([found]), found.reason) == ({VPC: {"cidr": "pending"}}, "to be imported")


@pytest.mark.parametrize(
    ("state", "live", "planned", "reason"),
    [
        pytest.param(A, A, B, "the code change forces replacement", id="by code"),
        pytest.param(A, B, A, "drift forces replacement", id="by drift"),
        pytest.param(A, B, C, "drift forces replacement", id="by both"),
    ],
)
def test_replacement(state: Any, live: Any, planned: Any, reason: str) -> None:
    made = resource(VPC, state, live, planned, actions=["create", "delete"], change={"replace_paths": [["cidr"]]})
    found = only(judge(plan(made, root=SET)))

    assert (found.reason, found.actions) == (reason, ("create", "delete"))


UNPLANNED = [
    pytest.param({"cidr": "b"}, SET, Source(), "reverted-by-apply", "the plan did not get to it", id="set in code"),
    pytest.param({"cidr": "a"}, SET, Source(), "outside-code", "code already agrees", id="the code agrees"),
    pytest.param(
        {"cidr": "b"}, SET, Source({VPC: Block(frozenset({"cidr"}))}), "outside-code", "ignored", id="ignored"
    ),
    pytest.param({"cidr": "b"}, (), Source(), "outside-code", "not set in code", id="not in code"),
    pytest.param(
        {"cidr": "b"},
        (),
        Source({VPC: Block(sets=frozenset({"cidr"}))}),
        "reverted-by-apply",
        "did not get to it",
        id="set by a dynamic block, which plans do not show",
    ),
    pytest.param({"cidr": ""}, SET, Source(), "computed", "null and empty", id="noise"),
]


@pytest.mark.parametrize(("live", "root", "source", "cls", "reason"), UNPLANNED)
def test_drift_where_there_is_no_plan(live: Any, root: Any, source: Source, cls: str, reason: str) -> None:
    """Refresh-only plans, targeted ones, and those that failed half way."""
    state = {"cidr": None} if cls == "computed" else {"cidr": "z"}
    [attribute] = only(judge(plan(resource(VPC, state, live, actions=[]), root=root), source)).attributes

    assert attribute.cls.value == cls
    assert reason in attribute.reason


@pytest.mark.parametrize(("sensitive", "expected"), [({}, False), ({"cidr": True}, True), (True, True)])
def test_sensitive_values_are_kept_and_marked(sensitive: Any, expected: bool) -> None:
    [attribute] = only(judge(plan(resource(VPC, A, B, A, sensitive=sensitive), root=SET))).attributes

    assert (attribute.sensitive, attribute.state, attribute.live) == (expected, "a", "b")


def test_the_gravest_attribute_gives_class_and_severity() -> None:
    state = {"cidr": "a", "dns": "a", "etag": "a", "tags": {"Name": "a"}}
    live = {"cidr": "b", "dns": "b", "etag": "b", "tags": {"Name": "a"}}
    planned = {"cidr": "a", "dns": "b", "etag": "b", "tags": {"Name": "new"}}
    found = only(judge(plan(resource(VPC, state, live, planned), root=SET)))

    assert classes([found]) == {
        VPC: {"cidr": "reverted-by-apply", "dns": "outside-code", "etag": "computed", "tags.Name": "pending"}
    }
    assert found.cls is DriftClass.REVERTED_BY_APPLY
    assert found.severity == max(a.severity for a in found.attributes)


def test_a_rule_of_severity_is_told_beside_the_class() -> None:
    group = "aws_security_group.g"
    world = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}
    found = only(judge(plan(resource(group, {"ingress": []}, {"ingress": [world]}))))

    assert found.severity is Severity.CRITICAL
    assert found.attributes[0].reason == "not set in code; opened to 0.0.0.0/0 on port 22"


def test_deferred_changes_are_unread() -> None:
    deferred = [
        {"reason": "provider_config_unknown", "resource_change": {"address": "module.m.aws_vpc.late[0]"}},
        {"reason": "x", "resource_change": {}},
    ]
    found = only(judge(plan(deferred_changes=deferred)))

    assert (found.address, found.type, found.cls) == ("module.m.aws_vpc.late[0]", "aws_vpc", DriftClass.UNREAD)
    assert found.reason == "deferred by Terraform: provider_config_unknown"


def test_order_is_by_address_whatever_the_plan_says() -> None:
    addresses = ["aws_vpc.b[10]", "module.a.aws_vpc.x", "aws_vpc.b[9]", "aws_vpc.a"]
    findings = judge(plan(*(resource(address, A, B, A) for address in addresses)))

    assert [item.address for item in findings] == ["aws_vpc.a", "aws_vpc.b[9]", "aws_vpc.b[10]", "module.a.aws_vpc.x"]

from __future__ import annotations

from dataclasses import replace

import pytest
from remediate.repos import only

from driftgate.finding import AttributeChange, DriftClass, Finding, Severity
from driftgate.remediate.choice import Choice
from driftgate.remediate.plan import STRATEGIES, propose
from driftgate.remediate.step import Draft, Facts

REVERTED, OUTSIDE, MISSING, PENDING, UNMANAGED = (
    DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE, DriftClass.MISSING, DriftClass.PENDING, DriftClass.UNMANAGED,
)  # fmt: skip


def finding(
    address: str = "aws_x.a", cls: DriftClass = REVERTED, *paths: str, unit: str = "live/app", **more: object
) -> Finding:
    attributes = tuple(AttributeChange(path, cls, Severity.LOW, 1, 2, 1) for path in paths or ("size",))
    found = Finding(unit, "default", address, "aws_x", cls, Severity.LOW, () if cls is MISSING else attributes)
    return replace(found, **more)


def test_nothing_found_is_nothing_to_do() -> None:
    plan = propose([], Facts())

    assert (plan.steps, plan.left) == ((), ())


def test_what_is_no_drift_needs_no_step() -> None:
    plan = propose([finding(cls=PENDING), finding(cls=DriftClass.COMPUTED)], Facts())

    assert (plan.steps, plan.left) == ((), ())


@pytest.mark.parametrize(
    ("cls", "strategy", "does"),
    [
        pytest.param(REVERTED, "revert", "puts size back", id="changed"),
        pytest.param(MISSING, "revert", "creates it again", id="gone"),
        pytest.param(OUTSIDE, "accept", "records in the state what is there, changing nothing", id="open in the code"),
    ],
)
def test_defaults(cls: DriftClass, strategy: str, does: str) -> None:
    (step,) = propose([finding(cls=cls)], Facts()).steps

    assert (step.strategy, step.draft.does) == (strategy, does)
    assert {name for name, _ in step.others} == set(STRATEGIES) - {strategy}
    assert all(why for _, why in step.others)
    assert step.draft.undo


def test_what_nobody_owns_is_left_with_what_each_strategy_says() -> None:
    (left,) = propose([finding(cls=UNMANAGED)], Facts()).left

    assert [name for name, _ in left.reasons] == list(STRATEGIES)
    assert dict(left.reasons)["ignore"] == "possible: --strategy ignore"


def test_revert_is_a_saved_plan_of_that_resource_alone() -> None:
    (step,) = propose([finding(workspace="prod")], Facts(tools={"live/app": "tofu"})).steps

    assert step.draft.commands == (
        ("env", "TF_WORKSPACE=prod", "tofu", "-chdir=live/app", "plan", "-out=revert.tfplan", "-target=aws_x.a"),
        ("env", "TF_WORKSPACE=prod", "tofu", "-chdir=live/app", "apply", "revert.tfplan"),
    )


def test_a_terragrunt_unit_is_put_back_by_terragrunt() -> None:
    (step,) = propose([finding()], Facts(tools={"live/app": "terragrunt"})).steps

    assert step.draft.commands[1] == ("terragrunt", "--working-dir=live/app", "apply", "revert.tfplan")


def test_a_unit_at_the_root_needs_no_chdir() -> None:
    (step,) = propose([finding(unit=".")], Facts()).steps

    assert step.draft.commands[1] == ("terraform", "apply", "revert.tfplan")


@pytest.mark.parametrize(("actions", "destroys"), [(("update",), False), (("delete", "create"), True)])
def test_a_replacement_is_a_risk(actions: tuple[str, ...], destroys: bool) -> None:
    (step,) = propose([finding(actions=actions)], Facts()).steps

    assert step.risk.destroys is destroys


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(lambda f: Facts(patches={f.fingerprint: "diff"}, proved=True), ("diff", True), id="proved"),
        pytest.param(lambda f: Facts(patches={f.fingerprint: "diff"}), ("diff", False), id="not proved"),
        pytest.param(
            lambda f: Facts(unpatched={f.fingerprint: "from a data source"}), "from a data source", id="refused"
        ),
        pytest.param(lambda f: Facts(), "no patch was made", id="not asked for"),
    ],
)
def test_accept_takes_the_patch_or_says_why_there_is_none(facts: object, expected: object) -> None:
    found = finding()
    answer = STRATEGIES["accept"](found, facts(found))  # type: ignore[operator]

    assert ((answer.patch, answer.proved) if isinstance(answer, Draft) else answer) == expected


def test_a_strategy_that_was_asked_for_is_the_only_one() -> None:
    findings = [finding(), finding("aws_x.b", MISSING)]
    plan = propose(findings, Facts(), choose=only("forget"))

    assert [step.finding.address for step in plan.steps] == ["aws_x.b"]
    assert [left.finding.address for left in plan.left] == ["aws_x.a"]
    assert plan.steps[0].draft.commands == (("dg", "state", "rm", "aws_x.b", "--unit", "live/app", "--yes"),)


def test_forget_means_the_findings_workspace() -> None:
    (step,) = propose([finding(cls=MISSING, workspace="prod")], Facts(), choose=only("forget")).steps

    assert step.draft.commands == (
        ("dg", "state", "rm", "aws_x.a", "--unit", "live/app", "--workspace", "prod", "--yes"),
    )


def test_ignore_names_each_attribute() -> None:
    (step,) = propose([finding("aws_x.a", REVERTED, "size", "tags.Name")], Facts(), choose=only("ignore")).steps

    assert [command[3] for command in step.draft.commands] == ["aws_x.a.size", "aws_x.a.tags.Name"]


def test_order_and_impact_follow_the_states_dependencies() -> None:
    needs = {
        "live/app": {
            "aws_x.a": frozenset({"aws_x.b"}),
            "aws_x.b": frozenset({"aws_x.c"}),
            "aws_y.z": frozenset({"aws_x.a"}),
        }
    }
    found = [finding(f"aws_x.{name}") for name in "abc"] + [finding('aws_x.c["k"]'), finding("aws_x.d", unit="a")]
    plan = propose(found, Facts(), dependencies=needs)

    assert [step.finding.address for step in plan.steps] == ["aws_x.d", "aws_x.c", 'aws_x.c["k"]', "aws_x.b", "aws_x.a"]
    impact = {step.finding.address: step.risk.impact for step in plan.steps}
    assert impact["aws_x.c"] == ("aws_x.a", "aws_x.b", "aws_y.z")
    assert impact["aws_x.a"] == ("aws_y.z",)
    assert impact["aws_x.d"] == ()


def test_a_states_dependencies_hold_for_every_instance_of_a_module() -> None:
    """They are told without keys."""
    needs = {"live/app": {"module.m.aws_x.a": frozenset({"module.m.aws_x.b"})}}
    found = [finding(f'module.m["{key}"].aws_x.{name}') for key in "kl" for name in "ab"]
    plan = propose(found, Facts(), dependencies=needs)

    assert [step.finding.address for step in plan.steps] == [
        'module.m["k"].aws_x.b', 'module.m["l"].aws_x.b', 'module.m["k"].aws_x.a', 'module.m["l"].aws_x.a',
    ]  # fmt: skip
    assert plan.steps[0].risk.impact == ("module.m.aws_x.a",)


def test_steps_of_one_kind_stand_side_by_side_and_what_only_records_comes_last() -> None:
    """A revert of what depends on it may change what it mirrors."""
    needs = {"live/app": {"aws_x.e": frozenset({"aws_x.b"}), "aws_x.d": frozenset({"aws_x.f"})}}
    open_ = {"aws_x.b", "aws_x.c[1]", "aws_x.d", "aws_x.f"}
    found = [
        finding(address, cls=DriftClass.OUTSIDE_CODE if address in open_ else DriftClass.REVERTED_BY_APPLY)
        for address in ("aws_x.a", "aws_x.b", "aws_x.c[0]", "aws_x.c[1]", "aws_x.c[2]", "aws_x.d", "aws_x.e", "aws_x.f")
    ]
    plan = propose(found, Facts(), dependencies=needs)

    assert [(step.strategy, step.finding.address[6:]) for step in plan.steps] == [
        ("revert", "a"), ("revert", "c[0]"), ("revert", "c[2]"), ("revert", "e"),
        ("accept", "b"), ("accept", "c[1]"), ("accept", "f"), ("accept", "d"),
    ]  # fmt: skip


def test_other_kinds_stand_side_by_side_where_dependencies_allow_it() -> None:
    needs = {"live/app": {"aws_x.d": frozenset({"aws_x.c"})}}
    found = [finding(f"aws_x.{name}", cls=DriftClass.MISSING) for name in "abcd"]
    forgotten = {"aws_x.b", "aws_x.c"}
    plan = propose(
        found,
        Facts(),
        choose=lambda one: Choice(("forget" if one.address in forgotten else "revert",)),
        dependencies=needs,
    )

    assert [(step.strategy, step.finding.address[6:]) for step in plan.steps] == [
        ("revert", "a"), ("forget", "b"), ("forget", "c"), ("revert", "d"),
    ]  # fmt: skip


def test_what_one_needs_comes_in_the_order_of_the_addresses() -> None:
    names = "abcdefghij"
    needs = {"live/app": {"aws_x.a": frozenset(f"aws_x.{name}" for name in names[1:])}}
    plan = propose([finding(f"aws_x.{name}") for name in names], Facts(), dependencies=needs)

    assert [step.finding.address[-1] for step in plan.steps] == [*names[1:], "a"]


def test_the_same_findings_in_another_order_are_the_same_plan() -> None:
    found = [finding(f"aws_x.{name}") for name in "abc"]

    assert propose(found, Facts()) == propose(found[::-1], Facts())


def test_units_that_others_wait_for_come_first() -> None:
    found = [finding(unit=unit) for unit in ("a", "b", "c", "d")]

    assert [s.finding.unit for s in propose(found, Facts(), units=["c", "a"]).steps] == ["c", "a", "b", "d"]

from __future__ import annotations

import msgspec
import pytest

from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.group import groups
from driftgate.remediate.execute.objections import objections
from driftgate.tfexec.plan import Change, Plan, ResourceChange


def step(strategy: str = "revert", address: str = "aws_x.a", **more: object) -> DocumentStep:
    tree = {"number": 1, "unit": "u", "workspace": "default", "severity": "low", "fingerprint": "f"}
    return msgspec.convert({**tree, "strategy": strategy, "address": address, **more}, DocumentStep)


def change(address: str = "aws_x.a", *actions: str, **more: object) -> ResourceChange:
    importing = more.pop("importing", None)
    return ResourceChange(address, Change(actions or ("no-op",), importing=importing), **more)  # type: ignore[arg-type]


def against(of: DocumentStep, *changes: ResourceChange, allowed: tuple[str, ...] = ()) -> list[str]:
    (group,) = groups([of])
    return [item.why for item in objections(Plan("1.2", resource_changes=changes), group, allowed)]


def test_a_plan_that_does_nothing_is_all_right() -> None:
    assert against(step(), change(), change("aws_x.b"), change("data.aws_y.c", "read")) == []


@pytest.mark.parametrize(
    ("of", "changes", "why"),
    [
        pytest.param(step(), [change("aws_x.a", "update")], [], id="its own update"),
        pytest.param(step(), [change("aws_x.a", "create")], [], id="created again"),
        pytest.param(
            step(), [change("aws_x.a", "update"), change("aws_x.b", "update")], ["also update aws_x.b"], id="another's"
        ),
        pytest.param(step(), [change("aws_x.a[0]", "update")], ["also update aws_x.a[0]"], id="an instance of it"),
        pytest.param(step(), [change("aws_x.a", "delete")], ["destroy aws_x.a (--allow-destroy)"], id="destroyed"),
        pytest.param(
            step(), [change("aws_x.a", "create", "delete")], ["destroy and create aws_x.a"], id="replaced, create first"
        ),
        pytest.param(step("refresh"), [change("aws_x.a", "update")], ["which refresh never does"], id="a refresh acts"),
        pytest.param(step("adopt"), [change(importing={"id": "i"})], [], id="imported as it is"),
        pytest.param(
            step("adopt"), [change("aws_x.a", "update", importing={"id": "i"})], ["which adopt never does"],
            id="imported and changed",
        ),
        pytest.param(step("adopt"), [change("aws_x.a", "create")], ["which adopt never does"], id="created instead"),
        pytest.param(step("move"), [change(previous_address="aws_x.old")], [], id="moved"),
        pytest.param(
            step("move"), [change("aws_x.a", "create"), change("aws_x.old", "delete")],
            ["which move never does", "also delete aws_x.old"], id="not moved but made anew",
        ),
        pytest.param(
            step(address="aws_x.a (deposed ab)"), [change("aws_x.a", "delete", deposed="ab")],
            ["destroy aws_x.a (deposed ab)"], id="a deposed object",
        ),
    ],
)  # fmt: skip
def test_what_may_be_applied(of: DocumentStep, changes: list[ResourceChange], why: list[str]) -> None:
    found = against(of, *changes)

    assert len(found) == len(why)
    assert all(expected in said for expected, said in zip(why, found, strict=True))


def test_an_address_is_allowed_to_be_destroyed_by_its_name() -> None:
    assert against(step(), change("aws_x.a", "delete"), allowed=("aws_x.a",)) == []
    assert against(step(), change("aws_x.a", "delete"), allowed=("aws_x.b",)) != []


def test_an_unfinished_plan_is_never_applied() -> None:
    (group,) = groups([step()])

    assert [item.why for item in objections(Plan("1.2", errored=True), group, ())] == [
        "terraform could not finish the plan"
    ]
    assert [item.why for item in objections(Plan("1.2", deferred_changes=({},)), group, ())] == [
        "terraform defers a part of the plan"
    ]


def test_of_steps_that_are_taken_together_the_one_is_named_that_is_refused() -> None:
    first, second = step(number=1), step(address="aws_x.b", number=2)
    (group,) = groups([first, second])
    plan = Plan(
        "1.2",
        resource_changes=(change("aws_x.a", "update"), change("aws_x.b", "delete"), change("aws_x.c", "update")),
    )

    assert [(item.step, item.why) for item in objections(plan, group, ())] == [
        (second, "it would destroy aws_x.b (--allow-destroy)"),
        (None, "it would also update aws_x.c"),
    ]


def test_a_move_that_was_not_asked_for_is_told_what_comes_first() -> None:
    assert against(step(), change("aws_x.b", previous_address="aws_x.old")) == [
        "it would also move aws_x.b (apply what the `moved` blocks say first)"
    ]

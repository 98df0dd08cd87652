from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay

from driftgate.finding import AttributeChange, DriftClass, Finding, Severity
from driftgate.hcl.edit import Edit
from driftgate.remediate import accept as accept_module
from driftgate.remediate.accept import accept
from driftgate.remediate.patch import second_opinion, unified_diff
from driftgate.remediate.proposal import Target, targets
from driftgate.remediate.trace.site import Site, open_site
from driftgate.remediate.trace.wanted import Change

REVERTED = DriftClass.REVERTED_BY_APPLY


def finding(
    unit: str, address: str, path: str, live: Any, *, cls: DriftClass = REVERTED, sensitive: bool = False
) -> Finding:
    attribute = AttributeChange(path, cls, Severity.LOW, None, live, None, sensitive)
    return Finding(unit, "default", address, "aws_x", cls, Severity.LOW, (attribute,))


def opened(root: Path, unit: str, workspace: str) -> Site:
    return open_site(root, unit, env={}, workspace=workspace, tool="terraform")


def accepted(root: Path, *findings: Finding, units: tuple[str, ...] = (".",), wide: bool = False) -> Any:
    return accept(root, targets(findings), opened, others=[(unit, "default") for unit in units], wide=wide)


def test_nothing_to_accept(tmp_path: Path) -> None:
    proposal = accepted(tmp_path)

    assert (proposal.accepted, proposal.refused, proposal.after) == ((), (), {})


@pytest.mark.parametrize("cls", [c for c in DriftClass if c is not REVERTED])
def test_only_what_an_apply_would_put_back_is_a_target(cls: DriftClass) -> None:
    assert targets([finding(".", "aws_x.a", "size", 1, cls=cls)]) == []


TWO = 'locals {\n  env = "dev"\n}\nresource "aws_x" "a" {\n  tier = local.env\n}\nresource "aws_x" "b" {\n  tier = local.env\n  size = 1\n}\n'


def test_a_literal_that_feeds_others_is_left_alone(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})
    proposal = accepted(tmp_path, finding(".", "aws_x.a", "tier", "prod"), finding(".", "aws_x.b", "size", 2))

    assert [item.target.finding.address for item in proposal.accepted] == ["aws_x.b"]
    assert [(r.reason, r.next_step) for r in proposal.refused] == [
        ("this literal also feeds .: aws_x.b.tier", "give it a value of its own, or --wide")
    ]
    assert proposal.after == {"main.tf": TWO.replace("size = 1", "size = 2")}


def test_unless_the_others_want_it_too(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})
    both = [finding(".", f"aws_x.{name}", "tier", "prod") for name in "ab"]
    proposal = accepted(tmp_path, *both)

    assert (len(proposal.accepted), proposal.refused) == (2, ())
    assert proposal.after == {"main.tf": TWO.replace('"dev"', '"prod"')}


def test_or_it_is_said_to_be_wanted(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})
    proposal = accepted(tmp_path, finding(".", "aws_x.a", "tier", "prod"), wide=True)

    assert proposal.after == {"main.tf": TWO.replace('"dev"', '"prod"')}


def test_a_shared_module_is_other_units_code_too(tmp_path: Path) -> None:
    call = 'module "m" {\n  source = "../m"\n}\n'
    lay(tmp_path, {"a/main.tf": call, "b/main.tf": call, "m/main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'})
    drift = finding("a", "module.m.aws_x.a", "size", 2)

    proposal = accepted(tmp_path, drift, units=("a", "b"))
    assert [r.reason for r in proposal.refused] == ["this literal also feeds b: module.m.aws_x.a.size"]
    assert len(accepted(tmp_path, drift, units=("a",)).accepted) == 1


def test_what_a_literal_feeds_is_judged_though_that_has_drifted_too(tmp_path: Path) -> None:
    code = 'locals {\n  s = "s"\n}\nresource "aws_x" "a" {\n  tier = local.s\n}\nresource "aws_x" "b" {\n  name = "${local.s}-1"\n}\n'
    lay(tmp_path, {"main.tf": code})
    proposal = accepted(tmp_path, finding(".", "aws_x.a", "tier", "p"), finding(".", "aws_x.b", "name", "s-2"))

    assert [r.reason for r in proposal.refused] == ["this literal also feeds .: aws_x.b.name"]
    assert proposal.after == {"main.tf": code.replace("-1", "-2")}


def test_a_map_is_judged_key_by_key(tmp_path: Path) -> None:
    code = 'locals {\n  t = { x = "1", y = "2" }\n}\n' + "".join(
        f'resource "aws_x" "{name}" {{\n  tags = local.t\n}}\n' for name in "ab"
    )
    lay(tmp_path, {"main.tf": code})
    every = [finding(".", "aws_x.a", "tags.x", "9"), finding(".", "aws_x.b", "tags.y", "8")]

    assert [r.reason for r in accepted(tmp_path, *every).refused] == [
        "this literal also feeds .: aws_x.b.tags.x",
        "this literal also feeds .: aws_x.a.tags.y",
    ]
    every += [finding(".", "aws_x.a", "tags_all.y", "8"), finding(".", "aws_x.b", "tags.x", "9")]
    assert (accepted(tmp_path, *every).refused, len(accepted(tmp_path, *every).accepted)) == ((), 4)


def test_a_module_whose_instances_are_not_known_may_have_several(tmp_path: Path) -> None:
    call = 'module "m" {\n  source   = "./m"\n  for_each = aws_y.b.all\n}\n'
    lay(tmp_path, {"main.tf": call, "m/main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'})
    proposal = accepted(tmp_path, finding(".", 'module.m["k"].aws_x.a', "size", 2))

    assert [r.reason for r in proposal.refused] == ["this literal also feeds .: module.m.aws_x.a.size"]


def test_one_change_that_spreads_costs_the_others_nothing(tmp_path: Path) -> None:
    units = [f"u{i}" for i in range(12)]
    code = 'module "m" {\n  source = "../m"\n}\nresource "aws_x" "a" {\n  size = 1\n}\n'
    lay(
        tmp_path, {f"{unit}/main.tf": code for unit in units} | {"m/main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'}
    )
    calls: list[str] = []

    def counted(root: Path, unit: str, workspace: str) -> Site:
        calls.append(unit)
        return opened(root, unit, workspace)

    drift = [finding("u0", "module.m.aws_x.a", "size", 2), *(finding(unit, "aws_x.a", "size", 2) for unit in units)]
    proposal = accept(tmp_path, targets(drift), counted, others=[(unit, "default") for unit in units])

    assert [item.target.finding.address for item in proposal.accepted] == ["aws_x.a"] * 12
    assert [r.target.finding.unit for r in proposal.refused] == ["u0"]
    assert len(calls) == 4 * len(units)


def test_a_secret_belongs_in_no_diff(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'resource "aws_x" "a" {\n  password = "old"\n}\n'})
    proposal = accepted(tmp_path, finding(".", "aws_x.a", "password", "new", sensitive=True))

    assert [r.reason for r in proposal.refused] == ["the value is a secret, which belongs in no diff"]
    assert proposal.after == {}


def test_two_wishes_for_one_place_cannot_both_be_had(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})
    first, second = finding(".", "aws_x.a", "tier", "prod"), finding(".", "aws_x.b", "tier", "test")
    proposal = accepted(tmp_path, first, second, wide=True)

    assert [item.target for item in proposal.accepted] == [Target(first, first.attributes[0])]
    assert "the same place" in proposal.refused[0].reason


def test_what_is_live_already_stands_in_the_code(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})

    assert "already" in accepted(tmp_path, finding(".", "aws_x.b", "size", 1)).refused[0].reason


def test_what_the_trace_cannot_do_is_told(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'resource "aws_x" "a" {\n  size = aws_y.b.id\n}\n'})

    assert "from another resource" in accepted(tmp_path, finding(".", "aws_x.a", "size", 1)).refused[0].reason


def test_a_deposed_object_is_not_the_codes(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": TWO})
    drift = finding(".", "aws_x.b (deposed 0a1b2c3d)", "size", 2)

    assert [r.reason for r in accepted(tmp_path, drift).refused] == ["the object is deposed: the code is not about it"]


def test_the_diff_is_one_that_git_takes() -> None:
    before = {"a.tf": "x = 1\ny = 2", "b.tf": "same\n", "c.tf": "x = 1\r\n"}
    after = {"a.tf": "x = 1\ny = 3", "b.tf": "same\n", "c.tf": "x = 2\r\n", "d.tf": "new\n"}

    assert unified_diff(before, after) == (
        "diff --git a/a.tf b/a.tf\n--- a/a.tf\n+++ b/a.tf\n@@ -1,2 +1,2 @@\n x = 1\n"
        "-y = 2\n\\ No newline at end of file\n+y = 3\n\\ No newline at end of file\n"
        "diff --git a/c.tf b/c.tf\n--- a/c.tf\n+++ b/c.tf\n@@ -1 +1 @@\n-x = 1\r\n+x = 2\r\n"
        "diff --git a/d.tf b/d.tf\nnew file mode 100644\n--- /dev/null\n+++ b/d.tf\n@@ -0,0 +1 @@\n+new\n"
    )


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        pytest.param("x = 1\n", "x = 2\n", False, id="both accept it"),
        pytest.param("x = 1\n", "x = = 2\n", True, id="no more"),
        pytest.param("x = = 1\n", "x = = 2\n", False, id="it never did"),
        pytest.param("x = !!true\n", "x = !!false\n", False, id="nor that argument"),
        pytest.param("x = 1\ny = !!true\n", "x = 2\ny = !!true\n", False, id="nor another one"),
        pytest.param("x = 1\ny = !!true\n", "x = !!true\ny = !!true\n", True, id="this one it did"),
        pytest.param("b {\n}\n", "b {\n}\nc {\n  x = !!true\n}\n", True, id="what is new"),
    ],
)
def test_the_second_opinion(before: str, after: str, refused: bool) -> None:
    assert ("python-hcl2 does not accept" in second_opinion("a.tf", before, after)) is refused


def test_a_change_that_leaves_no_hcl_behind_is_refused_and_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{name}.tf": f'resource "aws_x" "{name}" {{\n  size = 1\n}}\n' for name in "ab"}
    lay(tmp_path, files)
    broken = Change("a.tf", files["a.tf"], (Edit(0, 0, "= "),))
    traced = accept_module._traced
    monkeypatch.setattr(
        accept_module,
        "_traced",
        lambda root, target, *more: broken if "a" in target.finding.address[-1] else traced(root, target, *more),
    )
    proposal = accepted(tmp_path, finding(".", "aws_x.a", "size", 2), finding(".", "aws_x.b", "size", 2))

    assert list(proposal.after) == ["b.tf"]
    assert [r.next_step for r in proposal.refused] == ["edit it by hand"]


def test_a_file_whose_comments_are_no_utf8_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_bytes(b'# caf\xe9\nresource "aws_x" "b" {\n  size = 1\n}\n')
    proposal = accepted(tmp_path, finding(".", "aws_x.b", "size", 2))

    assert proposal.after == {}
    assert [r.reason for r in proposal.refused] == ["main.tf has comments that are not UTF-8"]

from __future__ import annotations

from pathlib import Path

import pytest
from remediate.blocks.test_same_object import come, gone
from remediate.repos import lay

from driftgate.discover.repo import Repo
from driftgate.finding import Finding
from driftgate.remediate.blocks.moves import moves
from driftgate.remediate.patch import patched
from driftgate.report.render import render

CODE = """\
# Ours.
resource "box" "b" { # here
}

resource "box" "c" {
}

module "new" {
  source = "./m"
}
"""


def moved(root: Path, *findings: Finding) -> tuple[str, list[dict[str, str]], list[str]]:
    """The new main.tf, what each block's plan may do, and the reasons for what is not moved."""
    modules = {"app": Repo(root, {}).module("app", "terraform")}
    items, left = moves(findings, modules, render)
    texts = patched(item.change for item in items)
    return texts.get("app/main.tf", ""), [dict(item.acts) for item in items], [item.reason for item in left]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay(tmp_path, {"app/main.tf": CODE, "app/m/main.tf": ""})
    return tmp_path


def test_nothing_to_move(root: Path) -> None:
    assert moved(root, gone("box.a", name="x"), come("box.b", name="y")) == ("", [], [])


def test_the_block_stands_below_the_resource(root: Path) -> None:
    text, acts, left = moved(root, gone("box.a", name="x"), come("box.b", name="x"))

    assert text == CODE.replace(
        "# here\n}\n", "# here\n}\n\nmoved {\n  from = box.a\n  to   = box.b\n}\n"
    )  # fmt: skip
    assert (acts, left) == ([{"box.a": "no-op", "box.b": "no-op"}], [])


def test_two_blocks_below_one_resource(root: Path) -> None:
    text, acts, _ = moved(
        root,
        gone('box.a["x"]', name="x"), gone("box.old", name="y"), gone('box.a["z"]', name="z"),
        come("box.b[0]", name="x"), come("box.b[1]", name="y"),
    )  # fmt: skip

    assert (
        'moved {\n  from = box.a["x"]\n  to   = box.b[0]\n}\n\nmoved {\n  from = box.old\n  to   = box.b[1]\n}\n'
        in text
    )
    assert len(acts) == 2


def test_one_block_moves_all_instances_of_a_resource(root: Path) -> None:
    findings = [gone(f'box.a["{k}"]', name=k) for k in "xy"] + [come(f'box.b["{k}"]', name=k) for k in "xy"]
    text, acts, _ = moved(root, *findings)

    assert text.count("moved {") == 1
    assert "  from = box.a\n  to   = box.b\n" in text
    assert list(acts[0]) == ['box.a["x"]', 'box.b["x"]', 'box.a["y"]', 'box.b["y"]']


def test_an_instance_that_goes_keeps_the_others_apart(root: Path) -> None:
    findings = [gone(f'box.a["{k}"]', name=k) for k in "xy"] + [come('box.b["x"]', name="x")]
    text, _, _ = moved(root, *findings)

    assert '  from = box.a["x"]\n  to   = box.b["x"]\n' in text


def test_one_block_moves_a_module(root: Path) -> None:
    findings = [gone(f"module.old.box.{k}", name=k) for k in "xy"] + [come(f"module.new.box.{k}", name=k) for k in "xy"]
    text, acts, _ = moved(root, *findings)

    assert text.endswith('  source = "./m"\n}\n\nmoved {\n  from = module.old\n  to   = module.new\n}\n')
    assert len(acts) == 1


def test_a_file_kept_for_moved_blocks_gets_it(root: Path) -> None:
    lay(root, {"app/moved.tf": "moved {\n  from = box.q\n  to   = box.c\n}\n"})
    modules = {"app": Repo(root, {}).module("app", "terraform")}
    items, _ = moves([gone("box.a", name="x"), come("box.b", name="x")], modules, render)

    assert patched(item.change for item in items) == {
        "app/moved.tf": "moved {\n  from = box.q\n  to   = box.c\n}\n\nmoved {\n  from = box.a\n  to   = box.b\n}\n"
    }


def test_code_that_cannot_be_edited_is_said_to_be(root: Path) -> None:
    lay(root, {"app/z.tf.json": '{"resource": {"box": {"j": {}}}}'})

    _, _, left = moved(root, gone("box.a", name="x"), come("box.j", name="x"))
    assert left == ["app has no block resource box j that could be edited"]


def test_a_unit_whose_module_is_not_its_own(root: Path) -> None:
    items, left = moves([gone("box.a", name="x"), come("box.b", name="x")], {}, render)

    assert (items, [item.reason for item in left]) == ([], ["the module of app is edited by hand"])

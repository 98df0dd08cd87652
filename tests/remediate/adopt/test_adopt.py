from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from remediate.adopt.fake_provider import SCHEMA, box, plan_copy
from remediate.repos import lay

from driftgate.address import Address
from driftgate.discover.repo import Repo
from driftgate.remediate.adopt.adopt import adopt
from driftgate.remediate.adopt.objects import Adoption, Surroundings, Wanted
from driftgate.report.render import render


def adopted(
    root: Path, *wanted: str, live: dict[str, dict[str, Any]], seen: list[str] | None = None, **choices: Any
) -> Adoption:
    module = Repo(root, {}).module(".", "terraform")
    dirs = choices.pop("template_dirs", ())
    plan = plan_copy(live, [] if seen is None else seen, **choices)
    around = Surroundings(root, module, plan, lambda types: {"box": SCHEMA}, partial(render, template_dirs=dirs))
    return adopt([_wanted(item) for item in wanted], around)


def _wanted(item: str) -> Wanted:
    place, _, id = item.partition("=")
    return Wanted("box", id, Address.parse(place) if "." in place else None)


IMPORT = 'import {\n  to = box.logs\n  id = "logs"\n}\n'


def test_nothing_wanted_is_no_plan(tmp_path: Path) -> None:
    assert adopted(tmp_path, live={}) == Adoption()


def test_an_object_with_nothing_special_is_its_name(tmp_path: Path) -> None:
    found = adopted(tmp_path, "box=logs", live={"logs": box("logs")})

    assert found.left == ()
    assert found.after == {"main.tf": f'{IMPORT}\nresource "box" "logs" {{\n  name = "logs"\n  zone = "a"\n}}\n'}
    assert [(str(item.address), item.file, item.ignored) for item in found.adopted] == [("box.logs", "main.tf", ())]


SPECIAL = [
    pytest.param({"size": 9}, "  size = 9\n", (), id="no-default"),
    pytest.param({"size": 0}, "  size = 0\n", (), id="zero-is-no-default"),
    pytest.param({"keep": True}, "  keep = true\n", (), id="a-flag"),
    pytest.param({"note": ""}, '  note = ""\n', (), id="an-empty-text-that-the-generator-left-out"),
    pytest.param({"tags": {"Team": "web"}, "tags_all": {"Team": "web"}}, '    Team = "web"\n', (), id="tags"),
    pytest.param({"ttl": [{"on": True}]}, "\n  ttl {\n    on = true\n  }\n", (), id="a-block"),
    pytest.param(
        {"rules": [{"port": 443, "note": ""}]}, "\n  rules {\n    port = 443\n  }\n", (), id="objects-as-blocks"
    ),
    pytest.param({"keep": None}, "\n  lifecycle {\n    ignore_changes = [keep]\n  }\n", ("keep",), id="in-no-cloud"),
    pytest.param({"size": 500}, "    ignore_changes = [size]\n", ("size",), id="refused-by-the-provider"),
]


@pytest.mark.parametrize(("arguments", "written", "ignored"), SPECIAL)
def test_what_the_plan_would_change_is_written(
    tmp_path: Path, arguments: dict[str, Any], written: str, ignored: tuple[str, ...]
) -> None:
    found = adopted(tmp_path, "box=logs", live={"logs": box("logs", **arguments)})

    assert found.left == ()
    assert written in found.after["main.tf"]
    assert found.adopted[0].ignored == ignored
    assert found.plans <= 6


def test_many_take_no_more_plans_than_one(tmp_path: Path) -> None:
    live = {f"b{i}": box(f"b{i}", size=i, keep=bool(i % 2)) for i in range(1, 40)}

    found = adopted(tmp_path, *(f"box={name}" for name in live), live=live)

    assert (len(found.adopted), found.left, found.plans) == (39, (), 4)


LEFT = [
    pytest.param({}, "there is no box gone", id="not-there"),
    pytest.param({"gone": box("safe", id="gone", secret="s3cr3t")}, "needs secret, a secret", id="a-secret-it-needs"),
    pytest.param(
        {"gone": box("untagged", id="gone")}, "default_tags would change its tags: Env None → 'prod'", id="tags"
    ),
]


@pytest.mark.parametrize(("live", "reason"), LEFT)
def test_what_cannot_be_adopted_does_not_hinder_the_rest(
    tmp_path: Path, live: dict[str, dict[str, Any]], reason: str
) -> None:
    found = adopted(tmp_path, "box=gone", "box=logs", live={"logs": box("logs"), **live})

    assert [str(item.address) for item in found.adopted] == ["box.logs"]
    assert [(item.wanted.id, reason in item.reason) for item in found.left] == [("gone", True)]
    assert "gone" not in found.after["main.tf"]


def test_the_address_may_be_given_and_the_block_be_there(tmp_path: Path) -> None:
    source = '# ours\nresource "box" "a" {\n  name = "a"\n  note = "x" # said\n}\n'
    lay(tmp_path, {"main.tf": source})
    live = {"a": box("a", note="x"), "b": box("b")}

    found = adopted(tmp_path, "box.a=a", "box.mine=b", live=live)

    assert [str(item.address) for item in found.adopted] == ["box.a", "box.mine"]
    assert source.replace("# ours", 'import {\n  to = box.a\n  id = "a"\n}\n\n# ours') in found.after["main.tf"]
    assert found.before == {"main.tf": source}
    assert (tmp_path / "main.tf").read_text() == source


def test_import_blocks_stay_together_where_a_file_is_kept_for_them(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'resource "box" "a" {\n  name = "a"\n}\n', "imports.tf": IMPORT.replace("logs", "old")})

    found = adopted(tmp_path, "box.a=a", "box=logs", live={n: box(n) for n in ("a", "logs", "old")})

    blocks = (IMPORT.replace("logs", name) for name in ("old", "a", "logs"))
    assert found.after["imports.tf"] == "\n".join(blocks)
    assert "import" not in found.after["main.tf"]


def test_a_setting_that_is_in_no_cloud_is_recorded_by_the_first_apply(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'resource "box" "a" {\n  name = "a"\n  force_destroy = true\n}\n'})

    found = adopted(tmp_path, "box.a=a", live={"a": box("a")})

    assert (len(found.adopted), found.left) == (1, ())


def test_an_object_that_the_code_wants_otherwise_is_left_to_a_person(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'resource "box" "a" {\n  name = "a"\n  size = 7\n}\n'})

    found = adopted(tmp_path, "box.a=a", live={"a": box("a")})

    assert [item.reason for item in found.left] == ["it exists, but the code wants another size"]
    assert found.after == {}


def test_an_object_that_is_managed_already_stays_where_it_is(tmp_path: Path) -> None:
    recorded = {"mode": "managed", "type": "box", "name": "old", "values": {"id": "a"}}

    found = adopted(tmp_path, "box=a", live={"a": box("a")}, state={"old": recorded})

    assert [item.reason for item in found.left] == ["it is managed already, as box.old"]


def test_an_instance_needs_its_block(tmp_path: Path) -> None:
    found = adopted(tmp_path, 'box.a["x"]=a', live={"a": box("a")})

    assert [item.reason for item in found.left] == ["the code has no box.a"]


def test_a_teams_own_templates_are_used(tmp_path: Path) -> None:
    lay(tmp_path, {"own/hcl/import.tf.j2": "# why\nimport {\n  to = {{ to }}\n  id = {{ id | hcl }}\n}\n"})

    found = adopted(tmp_path, "box=a", live={"a": box("a")}, template_dirs=(tmp_path / "own",))

    assert found.after["main.tf"].startswith("# why\nimport {")

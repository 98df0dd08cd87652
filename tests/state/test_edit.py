from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state.documents import document, instance, resource, state
from state.edit_cases import ACME, MOVES, PROVIDERS, REMOVALS, WEST, some
from terraform_cli import needs_terraform, terraform

from driftgate.state.diff import diff
from driftgate.state.edit import removed, with_provider, with_serial
from driftgate.state.file import StateError, StateFile
from driftgate.state.move import moved
from driftgate.state.outline import content, finished, outline
from driftgate.state.parse import parse_state
from driftgate.state.splice import drop_elements

OUTPUT = {"o": {"value": 12345678901234567890123, "type": "number"}}


def run(command: list[str], before: StateFile) -> bytes:
    name, *arguments = command
    if name == "mv":
        return moved(before, *arguments)
    return removed(before, arguments) if name == "rm" else with_provider(before, *arguments)


def where(data: bytes) -> dict[str, str]:
    return {item.label: item.attributes["id"] for item in parse_state(data).instances()}


@pytest.mark.parametrize(("resources", "command", "expected"), [*MOVES, *REMOVALS, *PROVIDERS])
@pytest.mark.parametrize("layout", [{"indent": 2}, {"separators": (",", ":")}], ids=["indented", "compact"])
def test_edit(
    resources: list[Any], command: list[str], expected: dict[str, str] | None, layout: dict[str, Any]
) -> None:
    data = json.dumps(json.loads(document(*resources, outputs=OUTPUT)), **layout).encode()
    before = parse_state(data)
    if expected is None:
        with pytest.raises(StateError) as refused:
            run(command, before)
        assert refused.value.next_step
        return
    after = run(command, before)
    assert where(after) == expected
    if "indent" in layout and all(item["instances"] for item in resources):  # laid out as before: people compare
        assert after.decode() == json.dumps(json.loads(after), ensure_ascii=False, indent=2).replace(
            "<k>", "\\u003ck\\u003e"
        )
    assert (parse_state(after).serial, parse_state(after).lineage) == (8, "l")


@needs_terraform
@pytest.mark.acceptance
@pytest.mark.parametrize(("resources", "command", "expected"), [*MOVES, *REMOVALS, *PROVIDERS])
def test_terraform_does_the_same(
    resources: list[Any], command: list[str], expected: dict[str, str] | None, tmp_path: Path
) -> None:
    before = document(*resources, outputs=OUTPUT)
    (tmp_path / "terraform.tfstate").write_bytes(before)
    name, *arguments = command
    argv = ("state", name, *(["-auto-approve"] if name == "replace-provider" else []), *arguments)
    if expected is None:
        with pytest.raises(AssertionError, match=r"Invalid|Error moving state"):
            terraform(tmp_path, *argv)
        return
    terraform(tmp_path, *argv)
    theirs = parse_state((tmp_path / "terraform.tfstate").read_bytes())
    ours = parse_state(run(command, parse_state(before)))
    assert not diff(ours, theirs)
    assert (ours.serial, ours.lineage) == (theirs.serial, theirs.lineage)


@needs_terraform
@pytest.mark.acceptance
def test_terraform_plans_nothing_after_our_moves(tmp_path: Path) -> None:
    module = 'resource "terraform_data" "x" {\n  count = 2\n  input = { n = 12345678901234567890123, s = "<&>" }\n}\n'
    call = 'module "%s" {\n  source = "./m"\n}\nresource "terraform_data" "%s" {\n  input = "v"\n}\n'
    (tmp_path / "m").mkdir()
    (tmp_path / "m/main.tf").write_text(module)
    (tmp_path / "main.tf").write_text(call % ("old", "old"))
    terraform(tmp_path, "init", "-input=false")
    terraform(tmp_path, "apply", "-auto-approve", "-input=false")
    path = tmp_path / "terraform.tfstate"
    path.write_bytes(moved(parse_state(path.read_bytes()), "module.old", "module.new"))
    path.write_bytes(moved(parse_state(path.read_bytes()), "terraform_data.old", "terraform_data.new"))
    (tmp_path / "main.tf").write_text(call % ("new", "new"))
    terraform(tmp_path, "init", "-input=false")
    terraform(tmp_path, "plan", "-detailed-exitcode", "-input=false")  # 0: no changes


def test_replaced_providers_keep_their_alias_and_module() -> None:
    after = with_provider(state(some("a", None, provider=WEST), some("b", None)), "aws", "registry.acme.corp/acme/aws")
    assert [item.provider for item in parse_state(after).resources] == [f"{ACME}.west", ACME]


def test_in_a_state_of_opentofu_its_registry_is_meant() -> None:
    tofu = 'provider["registry.opentofu.org/hashicorp/aws"]'
    after = with_provider(state(some("a", None, provider=tofu)), "aws", "acme/aws")
    assert parse_state(after).resources[0].provider == 'provider["registry.opentofu.org/acme/aws"]'


def test_providers_of_single_instances_are_replaced() -> None:
    own = {**instance(index_key="k"), "provider": WEST}
    block = resource("a", own, instance("2", index_key="l"))
    after = parse_state(with_provider(state(block), "aws", "registry.acme.corp/acme/aws"))
    assert [item.object.provider for item in after.instances()] == [f"{ACME}.west", None]
    assert after.resources[0].provider == ACME


@pytest.mark.parametrize(
    ("edit", "message", "next_step"),
    [
        pytest.param(lambda s: removed(s, ["aws_x.aa"]), "no aws_x.aa in this state", "did you mean aws_x.a", id="near miss"),
        pytest.param(lambda s: removed(s, ["aws_x.a", "google_y.q"]), "no google_y.q in this state", "dg state list", id="one of two is not there"),
        pytest.param(lambda s: with_provider(s, "null", "acme/null"), "no resource in this state has provider registry.terraform.io/hashicorp/null", "there are: registry.terraform.io/hashicorp/aws", id="no such provider"),
        pytest.param(lambda s: moved(s, "module.m", "module.n"), "no module.m in this state", r"name one instance of it: module\.m\[0\]", id="module without its key"),
        pytest.param(lambda s: moved(s, "aws_x.a", "data.aws_x.a"), "one is a resource aws_x, the other a data source aws_x", "moved", id="other kind"),
    ],
)  # fmt: skip
def test_refusals_say_what_to_do(edit: Any, message: str, next_step: str) -> None:
    with pytest.raises(StateError, match=message) as refused:
        edit(state(some("a", 0), some("b", None, module="module.m[0]")))
    assert re.search(next_step, refused.value.next_step)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b'{"version": 3, "serial": 1, "lineage": "l", "modules": []}', "format 3", id="old format"),
        pytest.param(document(some("a", 0, 0)), "is there twice", id="not valid"),
        pytest.param(document(some("a", 0), some("a", 1)), "stands in several blocks", id="one resource in two blocks"),
    ],
)
def test_what_cannot_be_edited(data: bytes, message: str) -> None:
    with pytest.raises(StateError, match=message):
        moved(parse_state(data), "aws_x.a[0]", "aws_x.b")


def test_a_resource_in_two_blocks_moves_as_a_whole() -> None:
    after = moved(state(some("a", 0), some("a", 1)), "aws_x.a", "aws_x.b")
    assert where(after) == {"aws_x.b[0]": "a.0", "aws_x.b[1]": "a.1"}


def test_an_edit_that_went_wrong_is_never_handed_out() -> None:
    before = state(some("a", 0))
    found = outline(before)
    with pytest.raises(StateError, match="does not hold what it should"):
        finished(before, found, drop_elements(found.resources, {0}), content(before))


SERIALS = [
    pytest.param(b'{"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "x": 1e3}', b'{"version": 4, "terraform_version": "1.11.4", "serial": 99, "lineage": "l", "x": 1e3}', id="v4"),
    pytest.param(b'{"version":3,"serial":1,"modules":[]}', b'{"version":3,"serial":99,"modules":[]}', id="v3"),
    pytest.param(b'{\n  "version": 4,\n  "lineage": "l"\n}\n', b'{\n  "serial": 99,\n  "version": 4,\n  "lineage": "l"\n}\n', id="none yet"),
    pytest.param(b'{"version": 4, "serial": 7, "lineage": "l", "serial": 8}', b'{"version": 4, "serial": 7, "lineage": "l", "serial": 99}', id="twice: the last counts"),
    pytest.param(b'{"version": 4, "outputs": {"a": {"value": {"serial": 1}, "type": ["object", {"serial": "number"}]}}, "serial": 7}', b'{"version": 4, "outputs": {"a": {"value": {"serial": 1}, "type": ["object", {"serial": "number"}]}}, "serial": 99}', id="only the outermost"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), SERIALS)
def test_with_serial(data: bytes, expected: bytes) -> None:
    assert with_serial(data, 99) == expected


def test_with_serial_of_no_state() -> None:
    with pytest.raises(StateError, match="is not a state"):
        with_serial(b"[]", 9)


NAMES = st.sampled_from("abc")
KEYS = st.none() | st.integers(0, 2) | st.sampled_from(["k", "é<", 'q".x'])
MODULES = st.sampled_from(["", "module.m", "module.m[0]", 'module.m["k.<"]', "module.m.module.i"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """States with unknown fields, big integers, odd keys, in any layout."""
    blocks = []
    for place in draw(st.lists(st.tuples(MODULES, NAMES), min_size=1, max_size=5, unique=True)):
        keys = draw(st.lists(KEYS, min_size=1, max_size=3, unique=True))
        items = [
            {**({} if key is None else {"index_key": key}), **instance(a=draw(VALUES)), "unknown": draw(VALUES)}
            for key in keys
        ]
        blocks.append(
            {**resource(place[1], *items, **({"module": place[0]} if place[0] else {})), "unknown": draw(VALUES)}
        )
    layout = draw(st.sampled_from([{"indent": 2}, {"separators": (",", ":")}, {"indent": 1, "ensure_ascii": False}]))
    return json.dumps({**json.loads(document(*blocks)), "unknown": draw(VALUES)}, **layout).encode()


def place(item: dict[str, Any]) -> tuple[Any, ...]:
    return (item.get("module", ""), item["mode"], item["type"], item["name"])


def texts(data: bytes) -> tuple[str, list[str]]:
    """The document around its resources, and each resource, as they are spelled."""
    found = outline(parse_state(data))
    spans = found.resources.elements
    around = found.text if not spans else found.text[: spans[0].start] + found.text[spans[-1].end :]
    return around, [found.text[slice(*span)] for span in spans]


def assert_untouched(before: bytes, after: bytes) -> None:
    """All that is not in an edited resource has kept its bytes, but for the serial."""
    (old, left), (new, right) = texts(before), texts(after)
    same = {place(json.loads(text)) for text in left} & {place(json.loads(text)) for text in right}
    for text in left:
        item = json.loads(text)
        twin = next((json.loads(t) for t in right if place(json.loads(t)) == place(item)), None)
        assert twin != item or text in right
    if right and same:
        assert new == old.replace('"serial": 7', '"serial": 8').replace('"serial":7', '"serial":8')


@given(documents(), st.data())
def test_moves_are_what_the_model_says(data: bytes, draws: Any) -> None:
    before = parse_state(data)
    item = draws.draw(st.sampled_from(list(before.instances())))
    target = draws.draw(
        st.builds(
            lambda m, n, k: type(item.address)(m, "managed", "aws_x", n, k),
            st.sampled_from([(), (("m", None),), (("z", "<é"),)]),
            st.sampled_from("abz"),
            KEYS,
        )
    )
    try:
        after = moved(before, str(item.address), str(target))
    except StateError:
        return
    model = json.loads(data)
    [block] = [
        b
        for b in model["resources"]
        if place(b) == (item.resource.module or "", "managed", "aws_x", item.resource.name)
    ]
    [taken] = [
        i
        for i in block["instances"]
        if i.get("index_key") == item.object.index_key and type(i.get("index_key")) is type(item.object.index_key)
    ]
    block["instances"].remove(taken)
    taken.pop("index_key", None)
    taken |= {} if target.key is None else {"index_key": target.key}
    there = [
        b
        for b in model["resources"]
        if place(b) == (str(target).rpartition(".aws_x")[0], "managed", "aws_x", target.name)
    ]
    if there:
        there[0]["instances"].append(taken)
    else:
        twin = {**block, "name": target.name, "module": str(target).rpartition(".aws_x")[0], "instances": [taken]}
        model["resources"].append({k: v for k, v in twin.items() if k != "module" or v})
    model["resources"] = [b for b in model["resources"] if b["instances"]]
    model["serial"] = 8
    assert canonical(json.loads(after)) == canonical(model)
    assert_untouched(data, after)


@given(documents(), st.data())
def test_removals_are_what_the_model_says(data: bytes, draws: Any) -> None:
    before = parse_state(data)
    gone = draws.draw(
        st.lists(st.sampled_from([str(item.address) for item in before.instances()]), min_size=1, max_size=3)
    )
    exact = [item for item in before.instances() if str(item.address) in gone or str(item.address.resource) in gone]
    after = removed(before, gone)
    keys = {(place_of(item), json.dumps(item.object.index_key)) for item in exact}
    model = json.loads(data)
    for block in model["resources"]:
        block["instances"] = [
            i for i in block["instances"] if (place(block), json.dumps(i.get("index_key"))) not in keys
        ]
    model["resources"] = [b for b in model["resources"] if b["instances"]]
    model["serial"] = 8
    assert json.loads(after) == model
    assert_untouched(data, after)


def place_of(item: Any) -> tuple[Any, ...]:
    return (item.resource.module or "", item.resource.mode, item.resource.type, item.resource.name)


def canonical(tree: dict[str, Any]) -> Any:
    tree["resources"] = sorted(
        ({**b, "instances": sorted(b["instances"], key=json.dumps)} for b in ({**b, "instances": [dict(sorted(i.items())) for i in b["instances"]]} for b in tree["resources"])),
        key=lambda b: json.dumps(b, sort_keys=True),
    )  # fmt: skip
    return tree

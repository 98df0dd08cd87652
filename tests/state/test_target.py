from __future__ import annotations

import pytest
from state.documents import instance, resource, state

from driftgate.state.file import StateError
from driftgate.state.target import parse_target

STATE = state(
    resource("a", instance(index_key=0), instance(index_key=1)),
    resource("b", instance()),
    resource("b", instance(), mode="data"),
    resource("a", instance(), module="module.m"),
    resource("a", instance(), module='module.m["k.x"]'),
    resource("a", instance(), module="module.m.module.n[0]"),
    resource("a", instance(), module="module.mm"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("aws_x.zzz", [], id="nothing"),
        pytest.param("aws_x.a", ["aws_x.a[0]", "aws_x.a[1]"], id="resource"),
        pytest.param("aws_x.a[1]", ["aws_x.a[1]"], id="instance"),
        pytest.param("aws_x.b", ["aws_x.b"], id="without a key"),
        pytest.param("data.aws_x.b", ["data.aws_x.b"], id="data source"),
        pytest.param(
            "module.m",
            ["module.m.aws_x.a", 'module.m["k.x"].aws_x.a', "module.m.module.n[0].aws_x.a"],
            id="module with its instances and the modules in it",
        ),
        pytest.param('module.m["k.x"]', ['module.m["k.x"].aws_x.a'], id="module instance"),
        pytest.param("module.m.module.n", ["module.m.module.n[0].aws_x.a"], id="module in a module"),
        pytest.param("module.m.module.n[1]", [], id="another instance"),
        pytest.param("module.m.aws_x.a", ["module.m.aws_x.a"], id="resource in a module"),
    ],
)
def test_holds(text: str, expected: list[str]) -> None:
    target = parse_target(text)
    assert [str(item.address) for item in STATE.instances() if target.holds(item)] == expected
    assert str(target) == text


@pytest.mark.parametrize("text", ["", "aws_x", "module", "module.", "module.a.", "module.a.data", "module.a.aws_x", "a.b.c", "a b"])  # fmt: skip
def test_no_address(text: str) -> None:
    with pytest.raises(StateError, match="is not an address"):
        parse_target(text)

from __future__ import annotations

from typing import Any

import pytest
from drift.plan_builder import code, ref

from driftgate.address import Address
from driftgate.attribute_path import Steps
from driftgate.drift.configuration import configuration, references, split_reference

MODULE = {"resources": code(aws_vpc__inner={"cidr_block": ref("var.cidr")})}
TREE = {
    "root_module": {
        "resources": [
            *code(
                aws_vpc__main={
                    "filter": [{}],
                    "tags": {"Name": "x"},
                    "rule": [{"port": 1}, {"port": 2}],
                    "computed": {},
                },
                data__aws_ami__d={"owner": "me"},
            ),
            {"address": "aws_db.d", "expressions": {"timeouts": {"create": {"constant_value": "1m"}}}},
        ],
        "module_calls": {"m": {"module": MODULE, "expressions": {"cidr": ref("local.cidr")}}},
    }
}


@pytest.mark.parametrize(
    ("address", "steps", "expected"),
    [
        pytest.param("aws_vpc.main", ("nothing",), None, id="not set"),
        pytest.param("aws_vpc.other", ("tags",), None, id="no such block"),
        pytest.param("aws_vpc.main", ("rule", 0, "other"), None, id="not set in the block"),
        pytest.param("aws_vpc.main", ("filter", 0, "prefix"), None, id="not set in an empty block"),
        pytest.param("aws_vpc.main", ("tags", "Name"), {"constant_value": {"Name": "x"}}, id="inside a value"),
        pytest.param("aws_vpc.main[3]", ("rule", 1, "port"), {"constant_value": 2}, id="a block of an instance"),
        pytest.param("aws_vpc.main", ("rule", 5, "port"), {"constant_value": 1}, id="a block that stands once"),
        pytest.param("aws_vpc.main", ("computed",), {}, id="a call of constants"),
        pytest.param("aws_db.d", ("timeouts", "create"), {"constant_value": "1m"}, id="a single block"),
        pytest.param("aws_db.d", ("timeouts", 0, "create"), {"constant_value": "1m"}, id="a single block by index"),
        pytest.param('module.m["k"].aws_vpc.inner', ("cidr_block",), {"references": ["var.cidr"]}, id="in a module"),
    ],
)
def test_expression(address: str, steps: Steps, expected: Any) -> None:
    assert configuration(TREE).expression(Address.parse(address), steps) == expected


def test_a_plan_without_configuration_sets_nothing() -> None:
    empty = configuration({})

    assert empty.expression(Address.parse("aws_vpc.main"), ("tags",)) is None
    assert not empty.has(Address.parse("aws_vpc.main"))
    assert configuration(TREE).has(Address.parse("module.m.aws_vpc.inner"))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param(None, (), id="nothing"),
        pytest.param({"constant_value": {"references": ["a.b"]}}, (), id="constants are not read"),
        pytest.param(ref("aws_kms_key.k.arn"), ("aws_kms_key.k.arn",), id="the longest spelling"),
        pytest.param({"references": ['m.x["a"]', "m.x", "m.xy"]}, ('m.x["a"]', "m.xy"), id="prefixes by step"),
        pytest.param([{"a": ref("local.a"), "b": [{"c": ref("var.c")}]}], ("local.a", "var.c"), id="blocks"),
    ],
)
def test_references(node: Any, expected: tuple[str, ...]) -> None:
    assert references(node) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_vpc.main.id", (("aws_vpc", "main"), ("id",))),
        ("aws_vpc.main[0].id", (("aws_vpc", "main"), (0, "id"))),
        ("data.aws_ami.d.id", (("data", "aws_ami", "d"), ("id",))),
        ("module.m.out", (("module", "m"), ("out",))),
        ("var.x", (("var", "x"), ())),
    ],
)
def test_split_reference(text: str, expected: Any) -> None:
    assert split_reference(text) == expected

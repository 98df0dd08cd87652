from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from state.documents import document, instance, resource
from terraform_cli import needs_terraform, terraform

from driftgate.state.file import StateError
from driftgate.state.parse import parse_state
from driftgate.state.validate import check_valid, problems

NUMBER = {"value": 1, "type": "number"}


def one(**more: Any) -> bytes:
    return document(resource("a", {**instance(), **more}))


VALID = [
    pytest.param(document(), id="no resources"),
    pytest.param(one(), id="plain"),
    pytest.param(document(terraform_version="1.12.0-beta1+x"), id="pre-release"),
    pytest.param(document(terraform_version=""), id="empty version"),
    pytest.param(document(serial=2**64 - 1), id="largest serial"),
    pytest.param(document(lineage=None), id="no lineage"),
    pytest.param(document(outputs={"o": {"value": None, "type": "string"}}), id="null output"),
    pytest.param(document(outputs={"o": {"value": {"a": [1]}, "type": ["object", {"a": ["tuple", ["number"]]}, ["a"]]}}), id="nested type"),
    pytest.param(document(resource("a", instance(index_key=0), instance(index_key="0"))), id="0 and '0'"),
    pytest.param(document(resource("a", instance(), instance(deposed="0badc0de"), instance(deposed="1badc0de"))), id="deposed"),
    pytest.param(document(resource("a", instance()), resource("a", instance(), mode="data"), resource("a", instance(), module='module.m["k"]')), id="namesakes"),
    pytest.param(one(status="tainted", dependencies=["module.m.data.aws_x.b"], private="eA==", sensitive_attributes=[[{"type": "get_attr", "value": "id"}]]), id="all fields"),
    pytest.param(one(status="", deposed="", private=None, dependencies=None, schema_version=None), id="empty fields"),
]  # fmt: skip
INVALID = [
    pytest.param(document(terraform_version="nonsense"), "terraform_version `nonsense` is no version", id="version"),
    pytest.param(document(serial=2**64), "serial 18446744073709551616 does not fit 64 bits", id="serial"),
    pytest.param(document(outputs={"o": {"value": 1}}), "output o has no type", id="output without type"),
    pytest.param(document(outputs={"o": {"type": "string"}}), "output o has no value", id="output without value"),
    pytest.param(document(outputs={"o": {"value": 1, "type": ["list", "x"]}}), r'output o has type \[\s*"list",\s*"x"\s*\], which is none', id="output of an unknown type"),
    pytest.param(document(outputs={"o": {"value": 1, "type": ["object", ["x"]]}}), r"output o has type \[[^,]*,[^,]*, which is none", id="output of a broken type"),
    pytest.param(document(resource("a", instance(), mode="x")), "aws_x.a has mode `x`", id="mode"),
    pytest.param(document(resource("a", instance(), module="x")), "aws_x.a is in `x`, which is no module address", id="module"),
    pytest.param(document(resource("a", instance(), instance())), "aws_x.a is there twice", id="duplicate"),
    pytest.param(document(resource("a", instance()), resource("a", instance())), "aws_x.a is there twice", id="duplicate in another block"),
    pytest.param(document(resource("a", instance(index_key=0), instance(index_key=0.0))), r"aws_x.a\[0\] is there twice", id="0 and 0.0"),
    pytest.param(document(resource("a", instance(deposed="0badc0de"), instance(deposed="0badc0de"))), r"aws_x.a \(deposed 0badc0de\) is there twice", id="deposed twice"),
    pytest.param(one(status="x"), "aws_x.a has status `x`", id="status"),
    pytest.param(one(deposed="abc"), r"aws_x.a \(deposed abc\): a deposed key has 8 characters", id="deposed key"),
    pytest.param(one(schema_version=-1), "aws_x.a has schema_version -1", id="schema version"),
    pytest.param(one(private="!!"), "aws_x.a has private that Terraform cannot read", id="private"),
    pytest.param(one(dependencies=["aws_x.b[0]"]), "aws_x.a has dependencies that Terraform cannot read", id="dependency on an instance"),
    pytest.param(one(dependencies=["x"]), "aws_x.a has dependencies that", id="dependency on nothing"),
    pytest.param(one(sensitive_attributes=[[{"type": "x", "value": "a"}]]), "aws_x.a has sensitive_attributes that", id="unknown path step"),
    pytest.param(one(sensitive_attributes={}), "aws_x.a has sensitive_attributes that", id="no paths"),
]  # fmt: skip


@pytest.mark.parametrize("data", VALID)
def test_valid(data: bytes) -> None:
    check_valid(parse_state(data))
    assert list(problems(parse_state(data))) == []


@pytest.mark.parametrize(("data", "message"), INVALID)
def test_invalid(data: bytes, message: str) -> None:
    with pytest.raises(StateError, match=f"^FILE is not valid: {message}") as refused:
        check_valid(parse_state(data), "FILE")
    assert refused.value.next_step


def test_only_the_first_few_problems_are_told() -> None:
    data = document(resource("a", *(instance(index_key=i, status="x") for i in range(9))))
    with pytest.raises(StateError, match=r"aws_x.a\[4\] has status `x`; and 4 more"):
        check_valid(parse_state(data))


def test_of_old_formats_only_the_header_is_looked_at() -> None:
    assert list(problems(parse_state(b'{"version": 3, "serial": 1, "modules": []}'))) == []
    assert list(problems(parse_state(b'{"version": 3, "terraform_version": "x", "modules": []}'))) == [
        "terraform_version `x` is no version"
    ]


@needs_terraform
@pytest.mark.acceptance
@pytest.mark.parametrize("data", VALID)
def test_terraform_reads_what_is_valid(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(data)
    terraform(tmp_path, "state", "pull")


@needs_terraform
@pytest.mark.acceptance
@pytest.mark.parametrize("data", [pytest.param(case.values[0], id=case.id) for case in INVALID])
def test_terraform_refuses_what_is_invalid(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(data)
    with pytest.raises(AssertionError, match="Failed to refresh state"):
        terraform(tmp_path, "state", "pull")

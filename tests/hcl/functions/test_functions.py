from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hcl.functions.examples import ERROR, EXAMPLES
from terraform_cli import needs_terraform

from driftgate.hcl.constant import ModuleScope, Unknown, constant
from driftgate.hcl.convert import type_of
from driftgate.hcl.evaluate import EvaluationError, evaluate
from driftgate.hcl.functions import PURE, unknowable
from driftgate.hcl.functions.json_text import encode
from driftgate.hcl.parse import parse_expression

CASES = [pytest.param(*case, id=f"{family}: {case[0][:60]}") for family in EXAMPLES for case in EXAMPLES[family]]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_example(expression: str, expected: str) -> None:
    parsed = parse_expression(expression)

    if expected == ERROR:
        with pytest.raises(EvaluationError):
            evaluate(parsed, ModuleScope({}, {}))
    else:
        assert encode(evaluate(parsed, ModuleScope({}, {}))) == expected


def test_every_function_has_an_example() -> None:
    shown = {expression.partition("(")[0] for family in EXAMPLES.values() for expression, _ in family}

    assert sorted(PURE.keys() - shown - unknowable.REASONS.keys() - OPENTOFU.keys() - {"sensitive"}) == []


# Terraform has these later than 1.11, OpenTofu has them; values from its documentation.
OPENTOFU = {
    "base64gunzip": ('base64gunzip("H4sIAAAAAAAA/0rMzEksSgQA6lcnIwYAAAA=")', None),
    "cidrcontains": (
        '[cidrcontains("192.168.2.0/20", "192.168.2.1"), cidrcontains("10.0.0.0/8", "10.1.0.0/7")]',
        [True, False],
    ),
    "urldecode": ('urldecode("Hello+World%21")', "Hello World!"),
}


@pytest.mark.parametrize(("expression", "expected"), OPENTOFU.values(), ids=OPENTOFU)
def test_functions_of_opentofu(expression: str, expected: object) -> None:
    value = constant(parse_expression(expression))

    assert isinstance(value, Unknown) if expected is None else value == expected


@pytest.mark.parametrize("name", sorted(unknowable.REASONS))
def test_unknown_by_design(name: str) -> None:
    value = constant(parse_expression(f'{name}("x")'))

    assert isinstance(value, Unknown)
    assert value.reason == f"{name}() is not evaluated: {unknowable.REASONS[name]}"
    assert value.span == (0, len(name) + 5)


# Which collections are typed shows in what a conditional or jsonencode makes of them; from `type()` of terraform 1.11.
TYPES = {
    "concat([1], [2])": "tuple",
    'concat(tolist([1]), tolist(["a"]))': "list",
    'merge(tomap({ a = "x" }), tomap({ b = "x" }))': "map",
    "merge({}, { b = 1 })": "object",
    "keys({})": "tuple",
    "keys(tomap({}))": "list",
    'split(",", "a")': "list",
    "setunion([1], [2])": "set",
    "[for k in tolist([1]) : k]": "tuple",
    'true ? [1, 2] : ["a"]': "list",
    'true ? { a = 1 } : { b = "x" }': "map",
    "true ? toset([1]) : [2]": "set",
    "reverse(tolist([1]))": "list",
    "slice([1], 0, 1)": "tuple",
    "zipmap([], [])": "object",
    "transpose({})": "map",
    "tolist([{ x = 1 }])[*].x": "list",
    'jsondecode("[1]")': "tuple",
}


@pytest.mark.parametrize(("expression", "kind"), TYPES.items(), ids=TYPES)
def test_kind_of_collection(expression: str, kind: str) -> None:
    assert type_of(constant(parse_expression(expression))).name == kind


@pytest.mark.acceptance
@needs_terraform
def test_terraform_says_the_same(tmp_path: Path) -> None:
    """All examples in one expression for one console: each as JSON, or what `try` gives after an error."""
    cases = [case for family in EXAMPLES.values() for case in family]
    line = "jsonencode([" + ",".join(f'[try(jsonencode({expression}), "{ERROR}")]' for expression, _ in cases) + "])"
    result = subprocess.run(
        ["terraform", "console", "-no-color"],
        input=line + "\n",
        text=True,
        capture_output=True,
        cwd=tmp_path,
        timeout=120,
        check=True,
    )

    said = [value for (value,) in json.loads(json.loads(result.stdout))]

    differing = {e: (ours, theirs) for (e, ours), theirs in zip(cases, said, strict=True) if ours != theirs}
    assert differing == {}


@pytest.mark.acceptance
@needs_terraform
@pytest.mark.parametrize(("expression", "kind"), TYPES.items(), ids=TYPES)
@pytest.mark.xdist_group("terraform console")
def test_terraform_has_the_same_kind(tmp_path: Path, expression: str, kind: str) -> None:
    result = subprocess.run(
        ["terraform", "console", "-no-color"],
        input=f"type({expression})\n",
        text=True,
        capture_output=True,
        cwd=tmp_path,
        timeout=120,
        check=True,
    )

    assert result.stdout.partition("(")[0].strip() == kind

from __future__ import annotations

import pytest

from driftgate.hcl.ast import Block, Body, Call, Expr, GetAttr, Literal, Name, Template, line_column
from driftgate.hcl.constant import constant
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.tokens import MAX_DEPTH


def outline(body: Body) -> dict[str, object]:
    """Argument values by name, and blocks as (type, labels, outline) under ""."""
    values = {name: constant(attribute.value) for name, attribute in body.attributes.items()}
    return {**values, **({"": [_outline(block) for block in body.blocks]} if body.blocks else {})}


def _outline(block: Block) -> tuple[object, ...]:
    return (block.type, *block.labels, outline(block.body))


FILES = {
    "empty": ("{}", {}),
    "comment": ('{"//": {"made by": "cdktf"}}', {}),
    "nulls are no blocks": ('{"resource": null, "data": {"a": {"b": null}}, "locals": []}', {}),
    "locals": ('{"locals": {"a": 1, "b": [true, null], "//": "c"}}', {"": [("locals", {"a": 1, "b": [True, None]})]}),
    "labels": (
        '{"resource": {"aws_x": {"a": {"n": "1"}, "b": {}}, "aws_y": {"c": {}}}}',
        {
            "": [
                ("resource", "aws_x", "a", {"n": "1"}),
                ("resource", "aws_x", "b", {}),
                ("resource", "aws_y", "c", {}),
            ]
        },
    ),
    "arrays of blocks": (
        '{"provider": {"aws": [{"region": "a"}, {"alias": "b"}]}}',
        {"": [("provider", "aws", {"region": "a"}), ("provider", "aws", {"alias": "b"})]},
    ),
    "arrays between labels": (
        '{"module": [{"a": {"source": "./a"}}, {"b": [{"source": "./b"}]}]}',
        {"": [("module", "a", {"source": "./a"}), ("module", "b", {"source": "./b"})]},
    ),
    "a file that is an array": ('[{"locals": {"a": 1}}, {"x": 2}]', {"x": 2, "": [("locals", {"a": 1})]}),
    "backend as an object": (
        '{"terraform": {"backend": {"s3": {"bucket": "b"}}}}',
        {"": [("terraform", {"": [("backend", "s3", {"bucket": "b"})]})]},
    ),
    "backend as an array, as cdktf may write it": (
        '{"terraform": [{"backend": [{"s3": [{"bucket": "b"}]}]}]}',
        {"": [("terraform", {"": [("backend", "s3", {"bucket": "b"})]})]},
    ),
    "terraform": (
        '{"terraform": {"required_version": ">= 1.6", "required_providers": {"aws": {"source": "hashicorp/aws"}},'
        ' "cloud": {"organization": "o", "workspaces": {"tags": ["a"]}}}}',
        {
            "": [
                (
                    "terraform",
                    {
                        "required_version": ">= 1.6",
                        "": [
                            ("required_providers", {"aws": {"source": "hashicorp/aws"}}),
                            ("cloud", {"organization": "o", "": [("workspaces", {"tags": ["a"]})]}),
                        ],
                    },
                )
            ]
        },
    ),
    "blocks within blocks": (
        '{"resource": {"a": {"b": {"lifecycle": {"precondition": [{"condition": true}]}, "ebs": {"size": 1}}}}}',
        {
            "": [
                (
                    "resource",
                    "a",
                    "b",
                    {"ebs": {"size": 1}, "": [("lifecycle", {"": [("precondition", {"condition": True})]})]},
                )
            ]
        },
    ),
    "refactoring": (
        '{"moved": [{"from": "a.b", "to": "a.c"}], "removed": {"from": "a.d", "lifecycle": {"destroy": false}},'
        ' "import": {"to": "a.e", "id": "i"}, "check": {"x": {"assert": {"condition": true}}}}',
        {
            "": [
                ("moved", {"from": "a.b", "to": "a.c"}),
                ("removed", {"from": "a.d", "": [("lifecycle", {"destroy": False})]}),
                ("import", {"to": "a.e", "id": "i"}),
                ("check", "x", {"": [("assert", {"condition": True})]}),
            ]
        },
    ),
    "numbers": ('{"a": [0, -1, 1.5, 1e3, -0.5E-1]}', {"a": [0, -1, 1.5, 1000, -0.05]}),
    "strings": (
        r'{"a": "", "b": "\"\\\/\n\u00e9\ud83d\ude00", "c": "$${x}", "d": "${1 + 1}", "e": "\ud83d!"}',
        {"a": "", "b": '"\\/\né😀', "c": "${x}", "d": 2, "e": "\ufffd!"},
    ),
    "keys are templates in values": ('{"a": {"${1}b": "c", "//": 2}}', {"a": {"1b": "c", "//": 2}}),
    "byte order mark": ('\ufeff{"a": 1}', {"a": 1}),
}


@pytest.mark.parametrize(("text", "expected"), FILES.values(), ids=FILES.keys())
def test_files(text: str, expected: dict[str, object]) -> None:
    assert outline(parse_json(text)) == expected


BAD = {
    "empty file": ("", "1:1", "expected a JSON value, found the end of the file"),
    "truncated": ('{"a": {\n"b": 1', "2:7", 'expected "," between the members of an object'),
    "truncated array": ('{"a": [1', "1:9", 'expected "," between the elements of an array'),
    "name without quotes": ("{a: 1}", "1:2", "this is not valid JSON"),
    "number as a name": ("{1: 1}", "1:2", "expected a quoted name"),
    "no colon": ('{"a" 1}', "1:6", 'expected ":" after the name'),
    "no value": ('{"a": }', "1:7", "expected a JSON value"),
    "comma at the end": ('{"a": 1,}', "1:9", "expected a quoted name"),
    "leading zero": ('{"a": 01}', "1:8", 'expected "," between the members'),
    "newline in a string": ('{"a": "\n"}', "1:7", "this is not valid JSON"),
    "more after the end": ('{"a": 1} x', "1:10", "this is not valid JSON"),
    "two values": ("{} {}", "1:4", "expected the end of the file"),
    "array of numbers": ("[1]", "1:2", "expected a JSON object here"),
    "block that is a number": ('{"resource": {"a": 1}}', "1:20", "expected a JSON object here"),
    "argument twice": ('{"a": 1,\n "a": 2}', "2:2", '"a" is set a second time'),
    "number too large": ('{"a": 1e999}', "1:7", "too large"),
    "broken template": ('{"a": "b ${ + } c"}', "1:13", 'expected a value, found "+"'),
    "broken template after escapes": (r'{"a": "\"\u00e9 ${ + } c"}', "1:20", 'expected a value, found "+"'),
    "template never closed": ('{"a": "${b"}', "1:8", '"${" is never closed'),
}


@pytest.mark.parametrize(("text", "place", "problem"), BAD.values(), ids=BAD.keys())
def test_errors(text: str, place: str, problem: str) -> None:
    with pytest.raises(HclError) as error:
        parse_json(text, filename="main.tf.json")

    assert error.value.message.startswith(f"main.tf.json:{place}: ")
    assert problem in error.value.problem
    assert error.value.next_step


def test_hostile_nesting() -> None:
    for text in ("[" * 100_000, '{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1)):
        with pytest.raises(HclError, match="nested more than"):
            parse_json(text)


def test_spans_of_blocks_and_arguments() -> None:
    text = (
        '{\n "resource": {\n  "a": {\n   "b": [\n    {"n": 1},\n    {"n": 2}\n   ],\n   "c": {"m": [3]}\n  }\n }\n}\n'
    )

    first, second, third = parse_json(text).blocks

    assert [text[slice(*block.span)] for block in (first, second, third)] == ['{"n": 1}', '{"n": 2}', '"c": {"m": [3]}']
    assert [line_column(text, block.span[0])[0] for block in (first, second, third)] == [5, 6, 8]
    assert text[slice(*third.body.attributes["m"].span)] == '"m": [3]'


def test_spans_inside_strings_count_the_characters_of_the_file() -> None:
    text = r'{"a": "\u00e9 \"${f("b\n", c.d)} \ud83d\ude00 ${e}"}'.replace(r'"b\n"', r"\"b\\n\"")

    template = parse_json(text).attributes["a"].value

    assert isinstance(template, Template)
    assert text[slice(*template.span)].startswith(r'"\u00e9')
    call, name = (part for part in template.parts if not isinstance(part, str))
    assert isinstance(call, Call)
    assert isinstance(name, Name)
    assert _source(text, call) == r"f(\"b\\n\", c.d)"
    assert [_source(text, arg) for arg in call.args] == [r"\"b\\n\"", "c.d"]
    assert isinstance(call.args[1], GetAttr)
    assert _source(text, name) == "e"


def _source(text: str, node: Expr) -> str:
    return text[slice(*node.span)]


def test_literals_are_what_they_are_in_native_syntax() -> None:
    value = parse_json('{"a": 1}').attributes["a"].value

    assert value == Literal(1, (6, 7))

from __future__ import annotations

import pytest

from driftgate.hcl.constant import ModuleScope, Unknown, constant, module_scope
from driftgate.hcl.parse import parse, parse_expression
from driftgate.hcl.values import Map

# Compared with `terraform console` 1.11.
VALUES = {
    "string": ('"a"', "a"),
    "integer": ("12", 12),
    "fraction": ("0.5", 0.5),
    "bool": ("true", True),
    "null": ("null", None),
    "list": ('[1, "a", [null]]', [1, "a", [None]]),
    "object": ('{ a = 1, "b" = 2, (1 + 2) = 3, true = 4 }', {"a": 1, "b": 2, "3": 3, "true": 4}),
    "the last of equal keys counts": ("{ a = 1, a = 2 }", {"a": 2}),
    "parentheses": ("(1)", 1),
    "template": ('"a-${1}-${true}-${"b"}"', "a-1-true-b"),
    "template that is one expression keeps its type": ('"${[1]}"', [1]),
    "numbers as text": (
        '"${1.0} ${1e21} ${1.50} ${1/4} ${-0.5} ${1e23}"',
        "1 1000000000000000000000 1.5 0.25 -0.5 1" + "0" * 23,
    ),
    "heredoc": ("<<-E\n  a ${1}\n   b\n  E\n", "a 1\n b\n"),
    "if directive": ('"%{ if true }a%{ else }b%{ endif }"', "a"),
    "if directive without else": ('"%{ if false }a%{ endif }"', ""),
    "decimal sum": ("0.1 + 0.2", 0.3),
    "arithmetic": ("1 + 2 * 3 - 4 / 2", 5),
    "integer result": ("1.5 * 2", 3),
    "fraction result": ("10 / 4", 2.5),
    "remainder takes the sign of the left": ("-7 % 3", -1),
    "numbers in strings": ('"10" > 9 && 1 + "2" == 3', True),
    "bools in strings": ('!"true"', False),
    "comparison": ("[1 < 2, 1 <= 1, 1 > 2, 2 >= 3]", [True, True, False, False]),
    "equality converts nothing": (
        '[1 == "1", true == "true", "a" == null, null == null, 1 == 1.0]',
        [False, False, False, True, True],
    ),
    "true is not one": ("true == 1", False),
    "inequality": ('"a" != "b"', True),
    "equal lists and objects": (
        "[[1] == [1], [1] == [2], {a=1} == {a=1}, {a=1} == {b=1}, [1] == [1, 2]]",
        [True, False, True, False, False],
    ),
    "conditional": ('true ? "a" : "b"', "a"),
    "conditional leaves the other result alone": ("false ? a.b : 1", 1),
    "index": ("[1, 2][1]", 2),
    "index in a string": ('[1, 2]["1"]', 2),
    "legacy index": ("[1, 2].0", 1),
    "element": ('{ a = { b = 1 } }.a["b"]', 1),
    "number as a key": ("{ 1 = 2 }[1]", 2),
    "minus": ("-(1 + 2)", -3),
    "and with something unknown": ("[false && a.b, a.b && false]", [False, False]),
    "or with something unknown": ("[true || a.b, a.b || true]", [True, True]),
    "known part of something unknown": ("[a.b, 1][1]", 1),
    "for": ('[for k, v in { b = 1, a = 2 } : "${k}${v}" if v > 1]', ["a2"]),
    "for over a set has no places": ('[for k, v in toset(["b", "a"]) : k]', ["a", "b"]),
    "for object": ('{ for i, v in ["a", "b"] : v => i }', {"a": 0, "b": 1}),
    "grouped for": ('{ for v in ["ab", "ac", "b"] : substr(v, 0, 1) => v... }', {"a": ["ab", "ac"], "b": ["b"]}),
    "for in for": ("[for a in [1, 2] : [for b in [3] : a * b]]", [[3], [6]]),
    "for directive": ('"%{ for k, v in { x = 1, a = 2 } }${k}=${v};%{ endfor }"', "a=2;x=1;"),
    "splat": ("[{ a = [1, 2] }, { a = [3] }][*].a[0]", [1, 3]),
    "splat of one value": ("{ a = 1 }[*].a", [1]),
    "splat of null": ("null[*]", []),
    "legacy splat": ("[{ a = [1, 2] }, { a = [3] }].*.a", [[1, 2], [3]]),
    "splat in a splat": ("[{ a = [{ b = 1 }] }][*].a[*].b", [[1]]),
    "tuples unify element by element": ('true ? [1, true] : ["a", false]', ["1", True]),
    "conditional converts to what both can be": ('true ? { a = 1 } : { b = true, c = "x" }', Map(a="1")),
    "an empty map agrees with any object": ("true ? { a = [1], b = { c = 2 } } : tomap({})", {"a": [1], "b": {"c": 2}}),
    "expansion": ("max([1, 5, 2]...)", 5),
    "try goes on after errors": ('try({}.a, [][0], "x")', "x"),
    "can": ("[can({}.a), can(1)]", [False, True]),
    "namespaced function": ('core::upper("a")', "A"),
    "different whatever the unknown is": ("[a.b, 1] == [1, 2]", False),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES.keys())
def test_values(text: str, value: object) -> None:
    result = constant(parse_expression(text))

    assert result == value
    assert type(result) is type(value)


UNKNOWN = {
    "function": ("timestamp()", "timestamp() is not evaluated: it is the time of the run", "timestamp()"),
    "bare word": ("string", "string is not a value", "string"),
    "resource": ("aws_vpc.main.id", "aws_vpc.main is known only to a run", "aws_vpc.main"),
    "each": ("each.value", "each.value is known only to a run", "each.value"),
    "local": ("local.a", "local.a is not defined", "local.a"),
    "variable": ("var.a", "var.a has no value and no default", "var.a"),
    "in a template": ('"a ${b.c}"', "b.c is known only to a run", "b.c"),
    "in an operation": ("1 + a.b", "a.b is known only to a run", "a.b"),
    "left of an operation": ("a.b < 1", "a.b is known only to a run", "a.b"),
    "in an equality": ("a.b == 1", "a.b is known only to a run", "a.b"),
    "deep in an equality": ("[a.b] == [1]", "a.b is known only to a run", "a.b"),
    "in a condition": ("a.b ? 1 : 2", "a.b is known only to a run", "a.b"),
    "in an if directive": ('"%{ if a.b }c%{ endif } "', "a.b is known only to a run", "a.b"),
    "in a sign": ("[-a.b, !a.b][0]", "a.b is known only to a run", "a.b"),
    "not of something unknown": ("!a.b", "a.b is known only to a run", "a.b"),
    "in an index": ("[1][a.b]", "a.b is known only to a run", "a.b"),
    "in a key": ("{ (a.b) = 1 }", "a.b is known only to a run", "a.b"),
    "and with something true": ("true && a.b", "a.b is known only to a run", "a.b"),
    "or with something false": ("a.b || false", "a.b is known only to a run", "a.b"),
    "null in a string": ('"a${null}"', "null cannot become part of a string", "null"),
    "list in a string": ('"a${[]}"', "a list or object cannot become part of a string", "[]"),
    "no number": ('1 + "a"', "expected a number", '"a"'),
    "bool is no number": ("-true", "expected a number", "-true"),
    "number too large": ('1 + "1e999"', "the number is too large", '"1e999"'),
    "result too large": ("1e300 * 1e300", "the result is too large", "1e300 * 1e300"),
    "no bool": ("!1", "expected true or false", "!1"),
    "division by zero": ("1 / 0", "this / has no result", "1 / 0"),
    "remainder of zero": ("1 % 0", "this % has no result", "1 % 0"),
    "no such element": ("[1][1]", "there is no such element", "[1][1]"),
    "negative index": ("[1][-1]", "there is no such element", "[1][-1]"),
    "fraction as an index": ("[1][0.5]", "there is no such element", "[1][0.5]"),
    "word as an index": ("[1].a", "expected a number", "[1].a"),
    "no such attribute": ("{ a = 1 }.b", 'there is no such element: "b"', "{ a = 1 }.b"),
    "null as a key": ("{ a = 1 }[null]", "null cannot become part of a string", "{ a = 1 }[null]"),
    "element of a string": ('"a".b', "only lists and objects have elements", '"a".b'),
    "try of something unknown": ('try(a.b, "x")', "a.b is known only to a run", "a.b"),
    "argument": ("upper(a.b)", "a.b is known only to a run", "a.b"),
    "deep in an argument": ("jsonencode([a.b])", "a.b is known only to a run", "a.b"),
    "in a for": ("[for x in a.b : x]", "a.b is known only to a run", "a.b"),
    "key of a for": ('{ for x in ["y"] : a.b => x }', "a.b is known only to a run", "a.b"),
    "condition of a for": ("[for x in [1] : x if a.b]", "a.b is known only to a run", "a.b"),
    "splat of something unknown": ("a.b[*].c", "a.b is known only to a run", "a.b"),
    "for over a number": ("[for x in 1 : x]", "a for needs a list, set, map or object, not a single value", "1"),
    "for over null": ("[for x in null : x]", "a for needs a list, set, map or object, not null", "null"),
    "the same key twice": (
        '{ for x in ["a", "a"] : x => 1 }',
        'two elements have the key "a": add ... after the value to group them',
        "x",
    ),
    "results that do not agree": (
        "true ? 1 : [1]",
        "the two results of this ? have types that do not agree",
        "true ? 1 : [1]",
    ),
    "element of a set": ('toset(["a"])[0]', "a set has no order to take an element by", 'toset(["a"])[0]'),
    "text or a list": ('true ? "x" : []', "the two results of this ? have types that do not agree", None),
    "unknown function": ("nosuch(1)", 'there is no function named "nosuch"', "nosuch(1)"),
    "too few arguments": ("substr(1)", "substr takes 3 arguments, not 1", "substr(1)"),
    "too many arguments": ("upper(1, 2)", "upper takes 1 argument, not 2", "upper(1, 2)"),
    "null argument": ("upper(null)", "upper: argument 1 must not be null", "null"),
    "wrong argument": ('join(",", [[]])', "join: argument 2: string required", "[[]]"),
    "no expansion of text": ('max("a"...)', "only a list or set can be expanded with ...", '"a"'),
    "nothing succeeds": ("try({}.a)", 'try: no expression succeeded: there is no such element: "a"', "try({}.a)"),
    "file function": ('file("x")', "file() is not evaluated here", 'file("x")'),
    "a billion rounds": (
        "[for a in range(1024) : [for b in range(1024) : [for c in range(1024) : 1]]]",
        "more than a million rounds of for",
        None,
    ),
    "text that doubles": (
        'replace(replace(replace(replace("aaaaaaaa", "a", "aaaaaaaaaaaaaaaa"), "a", "aaaaaaaaaaaaaaaa"), "a", '
        'join("", [for i in range(1000) : "aaaaaaaa"])), "a", "aaaaaaaaaaaaa")',
        "replace: the text is longer than 16 MiB",
        None,
    ),
    "pattern that would take forever": (
        'regex("(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
        "regex: the pattern did not match any part of the string",
        None,
    ),
    "text that is too long for such a pattern": (
        'regex("(0+)+(1+)+", join("", [for i in range(900) : format("%01000d", 0)]))',
        "the text is too long to search here",
        None,
    ),
    "form that is not evaluated": (
        'regex("\\\\p{Greek}", "x")',
        "the class \\p{Greek} is not evaluated here: only general categories are",
        None,
    ),
    "product of a billion": (
        "setproduct(range(1000), range(1000), range(1000))",
        "setproduct: the product has more than a million elements",
        None,
    ),
    "width of a billion": ('format("%999999999d", 1)', "format: a width of more than 10000", None),
    "sum of ten thousand": ("1" + " + 1" * 10_000, "nested too deep to evaluate", None),
}


@pytest.mark.parametrize(("text", "reason", "source"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown(text: str, reason: str, source: str | None) -> None:
    result = constant(parse_expression(text))

    assert isinstance(result, Unknown)
    assert result.reason == reason
    assert source is None or text[slice(*result.span)] == source


def test_unknown_stays_where_it_is_in_lists_and_objects() -> None:
    assert constant(parse_expression("{ a = [b.c, 1] }")) == {"a": [Unknown("b.c is known only to a run", (7, 10)), 1]}


def scope(text: str, **given: object) -> ModuleScope:
    return module_scope([parse(text)], given)


MODULES = {
    "local": ("locals {\n a = 1\n}\n", "local.a", 1),
    "local of a local": ('locals {\n a = "x-${local.b}"\n}\nlocals {\n b = "y"\n}\n', "local.a", "x-y"),
    "element of a local": ("locals {\n a = { b = [1, 2] }\n}\n", "local.a.b[1]", 2),
    "default": ('variable "a" {\n default = "x"\n}\n', "var.a", "x"),
    "null default": ('variable "a" {\n default = null\n}\n', "var.a", None),
    "given": ('variable "given" {\n default = "x"\n}\n', "var.given", "y"),
    "local of a variable": ('variable "a" { default = 1 }\nlocals { b = var.a + 1 }\n', "local.b", 2),
    "the last definition counts": ("locals {\n a = 1\n}\nlocals {\n a = 2\n}\n", "local.a", 2),
    "the part of a circle that is not needed": ("locals {\n a = true ? 1 : local.a\n}\n", "local.a", 1),
}


@pytest.mark.parametrize(("text", "expression", "value"), MODULES.values(), ids=MODULES.keys())
def test_names_of_a_module(text: str, expression: str, value: object) -> None:
    assert constant(parse_expression(expression), scope(text, given="y")) == value


def test_variable_without_a_default() -> None:
    value = constant(parse_expression("var.a"), scope('variable "a" {}\n'))

    assert value == Unknown("var.a has no value and no default", (0, 5))


def test_locals_that_need_each_other() -> None:
    module = scope('locals {\n a = "${local.b}!"\n b = local.c\n c = local.b\n d = 1\n}\n')

    value = constant(parse_expression("local.a"), module)

    assert isinstance(value, Unknown)
    assert value.reason == "local.b depends on itself: local.b -> local.c -> local.b"
    assert constant(parse_expression("local.d"), module) == 1
    assert module.pending == []


def test_a_long_chain_of_locals_ends_in_a_reason() -> None:
    text = "locals {\n" + "".join(f" a{n} = local.a{n + 1}\n" for n in range(2_000)) + " a2000 = 1\n}\n"

    value = constant(parse_expression("local.a0"), scope(text))

    assert isinstance(value, Unknown)
    assert value.reason == "nested too deep to evaluate"


def test_a_local_is_evaluated_once() -> None:
    module = scope("locals {\n a = [1]\n}\n")

    assert constant(parse_expression("local.a"), module) is constant(parse_expression("local.a"), module)


def test_values_that_are_twice_themselves_are_cheap_to_make_and_not_walked() -> None:
    text = "locals {\n a0 = [1]\n" + "".join(f" a{n + 1} = [local.a{n}, local.a{n}]\n" for n in range(60)) + "}\n"

    value = constant(parse_expression("jsonencode(local.a60)"), scope(text))

    assert isinstance(value, Unknown)
    assert value.reason == "jsonencode: argument 1: the value has more than a million elements"

"""How many of the ways that code gives a literal to an attribute can be patched: at least nine of ten.

Each case is an expression for `v` of aws_x.a. After the patch the code has to give the value that is live.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay, traced, unit

from driftgate.address import Address
from driftgate.attribute_path import read_steps, same
from driftgate.hcl.scope import element
from driftgate.remediate.patch import patched
from driftgate.remediate.trace.resource import find
from driftgate.remediate.trace.site import CannotTraceError

LOCALS = """locals {
  n     = 1
  s     = "one"
  flag  = false
  list  = ["a", "b", "c"]
  nums  = [1, 2, 3]
  map   = { a = "x", b = "y" }
  rules = [{ name = "r1", port = 80 }, { name = "r2", port = 443 }]
  apps  = { web = { size = 1, on = true }, db = { size = 2, on = false } }
  deep  = { l = [{ m = { k = "v" } }] }
  json  = "{\\"a\\": 1, \\"b\\": [true]}"
  b64   = "b25l"
  env   = "dev"
  size  = { dev = 1, prod = 5 }
}
variable "plain" {
  default = "p"
}
variable "object" {
  default = {
    k = "v" # kept
    l = ["m"]
  }
}
variable "given" {}
variable "auto" {}
variable "unset" {
  default = null
}
module "m" {
  source = "./m"
  arg    = "given"
}
module "each" {
  source   = "./m"
  for_each = { k = "each" }
  arg      = each.value
}
"""
MODULE = """variable "arg" {}
variable "default" {
  default = "inner"
}
output "arg" {
  value = var.arg
}
output "default" {
  value = var.default
}
output "own" {
  value = { list = ["o"] }
}
"""
FILES = {
    "m/main.tf": MODULE,
    "terraform.tfvars": 'given = "g"\n',
    "x.auto.tfvars.json": '{\n  "auto": {"k": ["j"]}\n}\n',
    "files/plain.txt": "first\nsecond\n",
    "files/policy.json": '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Allow", "Action": ["s3:Get*"]}\n  ]\n}\n',
    "files/t.tftpl": "#!/bin/sh\nport=${port}\nname=${name}-web\nfixed=1\n",
    "files/p.json.tftpl": '{\n  "Action": ["s3:Get*"],\n  "Resource": "${arn}/*"\n}\n',
}
HEREDOC = "<<-EOT\n    first\n    ${local.s} second\n    third\n  EOT"
JSON_DOC = '<<-EOT\n    {\n      "Action": "s3:Get*",\n      "Resource": "arn:${local.s}"\n    }\n  EOT'

# fmt: off
CASES: dict[str, tuple[str, Any]] = {
    # what is written out
    "text": ('"one"', "two"), "number": ("1", 2), "negative number": ("-1", -2), "bool": ("true", False),
    "null": ("null", "x"), "empty text": ('""', "x"), "text with quotes": ('"a \\"b\\""', 'a "c"'),
    "text that looks like a template": ('"$${x}"', "${y}"), "parenthesis": ("(1)", 2), "not": ("!true", True),
    "list": ('["a", "b"]', ["a", "c"]), "list, one more": ('["a"]', ["a", "b"]), "list, one less": ('["a", "b"]', ["b"]),
    "list of many lines": ('[\n    "a", # first\n    "b",\n  ]', ["a", "c", "b"]), "empty list": ("[]", ["a"]),
    "list to empty": ('["a"]', []), "list of objects": ("[{ p = 1 }, { p = 2 }]", [{"p": 1}, {"p": 3}]),
    "list of lists": ('[["a"], ["b"]]', [["a"], ["c"]]), "a set, live in another order": ('["b", "a"]', ["a", "b", "c"]),
    "object": ("{ a = 1, b = 2 }", {"a": 1, "b": 3}), "object, a new key": ("{ a = 1 }", {"a": 1, "b": 2}),
    "object, a key less": ("{\n    a = 1\n    b = 2\n  }", {"a": 1}), "quoted key": ('{ "a.b" = 1 }', {"a.b": 2}),
    "colon": ("{ a : 1 }", {"a": 2}), "computed key": ('{ (local.s) = 1 }', {"one": 2}),
    "heredoc": ("<<EOT\nfirst\nsecond\nEOT", "first\nother\n"), "indented heredoc": ("<<-EOT\n    a\n    b\n  EOT", "a\nb\nc\n"),
    # templates
    "fixed head": ('"web-${local.s}"', "app-one"), "fixed tail": ('"${local.s}-web"', "one-app"),
    "fixed middle": ('"${local.s}-web-${local.env}"', "one-app-dev"), "interpolated part": ('"${local.s}-web"', "two-web"),
    "number in a template": ('"n${local.n}"', "n7"), "a template that is one name": ('"${local.s}"', "two"),
    "heredoc, a fixed line": (HEREDOC, "first\none second\nlast\n"), "heredoc, beside a name": (HEREDOC, "first\none other\nthird\n"),
    "heredoc, one more line": (HEREDOC, "first\none second\nthird\nfourth\n"), "heredoc, a line less": (HEREDOC, "first\none second\n"),
    "heredoc, the name": (HEREDOC, "first\ntwo second\nthird\n"), "JSON in a heredoc": (JSON_DOC, '{"Action":"s3:*","Resource":"arn:one"}'),
    "JSON with what only a run knows": (JSON_DOC.replace("local.s", "aws_y.b.arn"), '{"Action":["s3:*"],"Resource":"arn:1:2"}'),
    # names
    "local": ("local.n", 2), "local list": ("local.list", ["a", "b", "d"]), "element": ("local.list[1]", "z"),
    "attribute": ("local.map.a", "z"), "index by text": ('local.map["b"]', "z"), "index by a name": ("local.size[local.env]", 9),
    "deep": ("local.deep.l[0].m.k", "z"), "legacy index": ("local.list.1", "z"), "local of a local": ('"${local.map.a}!"', "z!"),
    "default": ("var.plain", "q"), "key of a default": ("var.object.k", "w"), "list in a default": ("var.object.l", ["m", "n"]),
    "tfvars": ("var.given", "h"), "tfvars in JSON": ("var.auto.k[0]", "i"), "tfvars in JSON, a list": ("var.auto.k", ["j", "k"]),
    "module's argument": ("module.m.arg", "new"), "module's default": ("module.m.default", "new"),
    "module's output": ("module.m.own.list", ["p"]), "module with for_each": ('module.each["k"].arg', "new"),
    # choices
    "then": ("true ? 1 : 2", 3), "else": ("local.flag ? 1 : 2", 3), "comparison": ('local.env == "dev" ? local.n : 2', 3),
    "workspace": ('terraform.workspace == "prod" ? 90 : 7', 30), "lookup": ('lookup(local.map, "a", "d")', "z"),
    "lookup, its default": ('lookup(local.map, "c", "d")', "z"), "coalesce": ('coalesce(var.unset, local.s)', "two"),
    "coalescelist": ("coalescelist([], local.list)", ["z"]), "try": ("try(local.map.zz, local.n)", 2), "try, the first": ("try(local.map.a, 1)", "z"),
    # conversions and marks
    "tostring": ("tostring(local.n)", "2"), "tonumber": ('tonumber("1")', 2), "tobool": ('tobool("true")', False),
    "tolist": ('tolist(["a"])', ["b"]), "toset": ('toset(["b", "a"])', ["a", "c"]), "tomap": ('tomap({ a = "1" })', {"a": "2"}),
    "sensitive": ("nonsensitive(sensitive(local.s))", "two"),
    # maps
    "merge, the last has it": ("merge({ a = 1 }, { a = 2 })", {"a": 3}), "merge, the first has it": ("merge({ a = 1 }, { b = 2 })", {"a": 3, "b": 2}),
    "merge, a new key": ("merge(local.map, { c = 2 })", {"a": "x", "b": "y", "c": 2, "d": "n"}), "merge, key gone": ("merge(local.map, { c = 2 })", {"a": "x", "c": 2}),
    # lists
    "concat": ('concat(local.list, ["d"])', ["a", "b", "c", "e"]), "concat, the first": ('concat(local.list, ["d"])', ["a", "z", "c", "d"]),
    "concat, one more": ('concat(["a"], ["b"])', ["a", "b", "c"]), "flatten": ('flatten([local.list, "d"])', ["a", "z", "c", "d"]),
    "flatten, the single one": ('flatten([local.list, "d"])', ["a", "b", "c", "e"]), "compact": ('compact(["a", "", "b"])', ["a", "c"]),
    "compact of full": ("compact(local.list)", ["a", "b"]), "distinct": ("distinct(local.list)", ["a", "b", "d"]),
    "sort": ('sort(["b", "a"])', ["a", "c"]), "reverse": ("reverse(local.list)", ["c", "b", "z"]),
    "element()": ("element(local.list, 4)", "z"), "one": ('one(["a"])', "z"), "index of concat": ('concat(["a"], ["b"])[1]', "z"),
    "element of toset": ('tolist(toset(["b", "a"]))[0]', "0"), "element of compact": ('compact(["", "b"])[0]', "z"),
    "splat": ("local.rules[*].port", [80, 444]), "one of a splat": ("(local.rules[*].port)[1]", 444),
    # text
    "format, the argument": ('format("%s-%d", local.s, 1)', "two-1"), "format, its text": ('format("%s-web", local.s)', "one-app"),
    "format, a number": ('format("p%d", local.n)', "p2"), "join": ('join(",", local.list)', "a,b,d"), "join, one more": ('join(",", ["a"])', "a,b"),
    "split": ('split(",", "a,b")', ["a", "c"]), "element of split": ('split(",", "a,b")[1]', "z"),
    "base64encode": ("base64encode(local.s)", "dHdv"), "base64decode": ("base64decode(local.b64)", "two"),
    "trimspace": ('trimspace(" one ")', "two"), "chomp": ("chomp(<<EOT\nfirst\nEOT\n  )", "other"), "base64 of a heredoc": ("base64encode(<<-EOT\n    a\n  EOT\n  )", "Ygo="),
    # documents
    "jsonencode": ("jsonencode({ a = 1, b = [local.s] })", '{"a":2,"b":["one"]}'), "jsonencode, a name": ("jsonencode({ b = [local.s] })", '{"b":["two"]}'),
    "jsonencode, a new key": ("jsonencode({ a = 1 })", '{"a":1,"c":2}'), "yamlencode": ("yamlencode({ a = 1 })", "\"a\": 2\n"),
    "jsondecode": ("jsondecode(local.json).a", 2), "jsondecode, all": ("jsondecode(local.json)", {"a": 1, "b": [False]}),
    "file": ('file("${path.module}/files/plain.txt")', "first\nthird\n"), "JSON file": ('file("files/policy.json")', '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:Get*"]}]}'),
    "element of a JSON file": ('jsondecode(file("files/policy.json")).Version', "2008-10-17"),
    "templatefile, its text": ('templatefile("files/t.tftpl", { port = 1, name = local.s })', "#!/bin/sh\nport=1\nname=one-web\nfixed=2\n"),
    "templatefile, a variable": ('templatefile("files/t.tftpl", { port = 1, name = "x" })', "#!/bin/sh\nport=2\nname=x-web\nfixed=1\n"),
    "templatefile, a name": ('templatefile("files/t.tftpl", { port = 1, name = local.s })', "#!/bin/sh\nport=1\nname=two-web\nfixed=1\n"),
    "templatefile, JSON": ('templatefile("files/p.json.tftpl", { arn = local.s })', '{"Action":["s3:Put*"],"Resource":"one/*"}'),
    # loops
    "for, an attribute": ("[for r in local.rules : r.name]", ["r1", "r3"]), "for, with a number": ("[for i, r in local.rules : r.port]", [81, 443]),
    "for, as it is": ("[for s in local.list : s]", ["a", "b", "c", "d"]), "for, one gone": ("[for r in local.rules : r.name]", ["r2"]),
    "for, a condition": ("[for r in local.rules : r.name if r.port > 100]", ["r9"]), "for, a template": ('[for s in local.list : "x-${s}"]', ["x-a", "x-b", "x-z"]),
    "for, an object": ("{ for k, v in local.apps : k => v.size }", {"web": 1, "db": 3}), "for, keys of a list": ("{ for r in local.rules : r.name => r.port }", {"r1": 80, "r2": 444}),
    "for, an element": ("{ for k, v in local.apps : k => v.size }.web", 7), "for, a key gone": ("{ for k, v in local.map : k => v }", {"a": "x"}),
    "for, a new key": ("{ for k, v in local.map : k => v }", {"a": "x", "b": "y", "c": "z"}), "for in for": ("[for r in [for q in local.rules : q] : r.port]", [80, 1]),
    "for of objects": ('[for r in local.rules : { n = r.name, fixed = "f" }]', [{"n": "r1", "fixed": "f"}, {"n": "z", "fixed": "f"}]),
    # known ways that are left to people
    "upper": ("upper(local.s)", "TWO"), "arithmetic": ("local.n * 1024", 2048), "replace": ('replace(local.s, "o", "0")', "tw0"),
    "keys": ("keys(local.map)", ["a", "c"]), "format with a width": ('format("%03d", local.n)', "002"), "a set of names": ("setunion(local.list, [\"d\"])", ["a", "b", "d"]),
}
LEFT = {"upper", "arithmetic", "replace", "keys", "format with a width", "a set of names"}
"""The values come from literals, but the functions between cannot be turned round."""
NO_LITERAL = {
    "another resource": ("aws_y.b.size", 2, "from another resource"), "a data source": ("data.aws_y.b.size", 2, "from a data source"),
    "part from a resource": ('"${aws_y.b.id}-x"', "z-y", "is not known"), "no value": ("var.nothing", 2, "given on the command line"),
    "no local": ("local.nothing", 2, "is not defined"), "a hash": ('md5("a")', "b", "cannot be turned round"),
    "no such module": ("module.none.x", 1, "is not in the repo"), "a condition of a run": ("aws_y.b.on ? 1 : 2", 3, "condition is not known"),
    "time": ("timestamp()", "x", "cannot be turned round"), "a file that is not there": ('file("none")', "x", "cannot be read"),
    "a file elsewhere": ('file("/etc/hostname")', "x", "is not in the repo"), "a list of a run": ("[for x in aws_y.b.ids : x]", [1], "is not known"),
    "a template of a run": ("templatefile(aws_y.b.path, {})", "x", "which file is read is not known"), "no policy": ("data.aws_iam_policy_document.none.json", "{}", "is no policy|has no data"),
}
# fmt: on


def source(expr: str) -> str:
    return LOCALS + f'resource "aws_x" "a" {{\n  v = {expr}\n}}\n'


def given(root: Path) -> object:
    site, parts = find(unit(root), Address.parse("aws_x.a"))
    file, block = parts[-1]
    return site.at(file, block.body, None).value(block.body.attributes["v"].value)


def patch(root: Path, expr: str, live: Any) -> None:
    """Write the case, accept the live value."""
    lay(root, {**FILES, "main.tf": source(expr)})
    lay(root, patched([traced(root, "aws_x.a", "v", live)]))


@pytest.mark.parametrize("name", [name for name in CASES if name not in LEFT])
def test_what_comes_from_a_literal_is_patched(tmp_path: Path, name: str) -> None:
    expr, live = CASES[name]
    patch(tmp_path, expr, live)

    assert same_value(given(tmp_path), live) or "aws_y" in expr
    changed = [
        n for n, text in {**FILES, "main.tf": source(expr)}.items() if (tmp_path / n).read_bytes() != text.encode()
    ]
    assert len(changed) == 1


@pytest.mark.parametrize("name", sorted(LEFT))
def test_what_is_left_says_why(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotTraceError, match=r"cannot be turned round|is computed|is no literal|other verbs"):
        patch(tmp_path, *CASES[name])


@pytest.mark.parametrize("name", NO_LITERAL)
def test_what_has_no_literal_says_where_it_comes_from(tmp_path: Path, name: str) -> None:
    expr, live, reason = NO_LITERAL[name]
    with pytest.raises(CannotTraceError, match=reason):
        patch(tmp_path, expr, live)


def test_nine_of_ten_and_more() -> None:
    assert len(CASES) >= 120
    assert 1 - len(LEFT) / len(CASES) >= 0.9


@pytest.mark.parametrize("expr", ['file("f.txt")', 'templatefile("f.txt", {})'])
def test_a_file_keeps_its_line_ends(tmp_path: Path, expr: str) -> None:
    lay(tmp_path, {"f.txt": "a\r\nb\r\n", "main.tf": source(expr)})
    lay(tmp_path, patched([traced(tmp_path, "aws_x.a", "v", "a\r\nc\r\nd\r\n")]))

    assert (tmp_path / "f.txt").read_bytes() == b"a\r\nc\r\nd\r\n"


def same_value(code: object, live: object) -> bool:
    """Equal as the provider compares: JSON and YAML by what they mean, sets without an order."""
    import json

    if isinstance(code, str) and isinstance(live, str) and live[:1] in "{[":
        return same(json.loads(code), json.loads(live))
    if isinstance(code, list) and isinstance(live, list) and all(isinstance(item, str) for item in code):
        return sorted(map(str, code)) == sorted(map(str, live))
    return same(code, live)


def test_a_path_leads_into_the_value(tmp_path: Path) -> None:
    lay(tmp_path, {**FILES, "main.tf": source("{ for k, v in local.apps : k => v }")})
    lay(tmp_path, patched([traced(tmp_path, "aws_x.a", "v.web.size", 9)]))

    value = given(tmp_path)
    for step in read_steps("web.size"):
        value = element(value, step, (0, 0))
    assert value == 9

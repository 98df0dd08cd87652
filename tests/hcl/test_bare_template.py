"""Heredocs and template files given another text: the fixed parts change, interpolations stay."""

from __future__ import annotations

import pytest

from driftgate.hcl.ast import Template
from driftgate.hcl.bare_template import rewrite_bare
from driftgate.hcl.constant import ModuleScope, constant
from driftgate.hcl.edit import EditError, apply_edits
from driftgate.hcl.parse import parse, parse_template

FILE = "first ${var.a}\nport=${var.b} # x\nlast $${c}\n"
SCOPE = ModuleScope({}, {"a": "A", "b": 1})


def rewritten(text: str, value: str) -> str:
    template = parse_template(text)
    assert isinstance(template, Template)
    edits = rewrite_bare(text, template, value, lambda expr: constant(expr, SCOPE))
    return apply_edits(text, edits, aligned=False)


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        pytest.param("first A\nport=1 # x\nlast ${c}\n", "", "", id="nothing to do"),
        pytest.param("first A\nport=1 # y\nlast ${c}\n", "# x", "# y", id="behind a name"),
        pytest.param("1st A\nport=1 # x\nlast ${c}\n", "first", "1st", id="before a name"),
        pytest.param("first A\nport=1 # x\nend ${d}\n", "last $${c}", "end $${d}", id="a line without names"),
        pytest.param("first A\nnew\nport=1 # x\nlast ${c}\n", "port", "new\nport", id="a line more"),
        pytest.param("first A\nport=1 # x\n", "last $${c}\n", "", id="a line less"),
        pytest.param("first A\nport=1 # x\nlast ${c}\nnew\n", "last $${c}\n", "last $${c}\nnew\n", id="a line at the end"),
    ],
)  # fmt: skip
def test_the_fixed_part_changes(value: str, old: str, new: str) -> None:
    assert rewritten(FILE, value) == FILE.replace(old, new, 1)
    assert rewritten(FILE.replace("\n", "\r\n"), value) == FILE.replace(old, new, 1).replace("\n", "\r\n")


def test_what_a_name_gives_need_not_be_known() -> None:
    text = 'id=${aws_y.b.id}\n{"a": "${aws_y.b.arn}"}\n'

    assert rewritten(text, 'id=i-1\n{"b": "arn:1"}\n') == text.replace('"a"', '"b"')


def test_json_keeps_its_layout() -> None:
    text = '{\n  "a": ["x"],\n  "r": "${aws_y.b.arn}/*"\n}\n'

    assert rewritten(text, '{"r":"arn:1/*","a":["y"]}') == text.replace('"x"', '"y"')


def test_json_keeps_its_layout_around_a_whole_value() -> None:
    text = '{\n  "a": ["x"],\n  "r": ${jsonencode(var.c)},\n  "b": "$${aws:username}"\n}\n'

    assert rewritten(text, '{"r":[1],"a":["y"],"b":"${aws:username}"}') == text.replace('"x"', '"y"')


def test_an_indented_heredoc_keeps_its_indent() -> None:
    text = "x = <<-EOT\n    a ${var.a}\n      b\n  EOT\n"
    (attribute,) = parse(text).attributes.values()
    assert isinstance(attribute.value, Template)
    edits = rewrite_bare(text, attribute.value, "a A\n  c\nd\n", lambda expr: constant(expr, SCOPE))

    assert apply_edits(text, edits) == text.replace("      b\n", "      c\n    d\n")


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        pytest.param(FILE, "first B\nport=1 # x\nlast ${c}\n", "interpolated part", id="the name itself"),
        pytest.param(FILE, "last ${c}\n", "with an interpolation", id="a line with a name less"),
        pytest.param("%{ if true }a%{ endif }\n", "b\n", "directives", id="directives"),
        pytest.param("a ${~ var.a ~} b\n", "b\n", "white space", id="trim marks"),
    ],
)
def test_what_is_not_fixed_is_left(text: str, value: str, reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        rewritten(text, value)

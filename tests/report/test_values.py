from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.samples import HTTPS, POLICY, WIDER, rule

from driftgate.finding import Mark
from driftgate.report.text import columns
from driftgate.report.values import changed_parts, show
from driftgate.safety.redact import CHANGED, MASK


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", '"a"'),
        ('say "hi"\n', '"say \\"hi\\"\\n"'),
        ("\x1b[31mred", '"red"'),
        ("", '""'),
        (MASK, MASK),
        (CHANGED, CHANGED),
        (True, "true"),
        (None, "null"),
        (1, "1"),
        (0, "0"),
        (1.5, "1.5"),
        ([1, "a"], '[1, "a"]'),
        ({"b": 1, "a": None}, "{a = null, b = 1}"),
        (Mark.ABSENT, "(absent)"),
        ([Mark.UNKNOWN], "[(known after apply)]"),
        ("x" * 100, '"' + "x" * 78 + "…"),
    ],
)
def test_show(value: object, expected: str) -> None:
    assert show(value) == expected


@pytest.mark.parametrize(
    ("was", "now"),
    [(1, 2), ("a", "b"), ([1], [1]), ({"a": 1}, {"a": 1}), ([], None), (None, {"a": 1}), ("[1]", "[1] "), ("{", "{}")],
)
def test_nothing_to_take_apart(was: object, now: object) -> None:
    assert changed_parts(was, now) == ()


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        pytest.param([HTTPS], [HTTPS, rule(22, "0.0.0.0/0")], ("+ tcp 22 0.0.0.0/0",), id="rule added"),
        pytest.param([HTTPS, rule(22, "10.0.0.0/8")], [HTTPS], ("− tcp 22 10.0.0.0/8",), id="rule removed"),
        pytest.param(
            [HTTPS],
            [{**HTTPS, "cidr_blocks": ["0.0.0.0/0"]}],
            ("− tcp 443 10.0.0.0/8", "+ tcp 443 0.0.0.0/0"),
            id="widened",
        ),
        pytest.param(
            [], [{**HTTPS, "protocol": "-1", "to_port": 0, "self": True}], ("+ all 10.0.0.0/8, self",), id="all"
        ),
        pytest.param([], [{**HTTPS, "to_port": 450}], ("+ tcp 443-450 10.0.0.0/8",), id="range"),
        pytest.param(
            [],
            [{"from_port": 1, "to_port": 1, "ip_protocol": "udp", "cidr_ipv4": "1.2.3.4/32"}],
            ("+ udp 1 1.2.3.4/32",),
            id="v2",
        ),
        pytest.param([], [{"from_port": 1, "to_port": 1, "protocol": "udp"}], ("+ udp 1 (no peer)",), id="no peer"),
        pytest.param(["a", "b"], ["b", "c"], ('− "a"', '+ "c"'), id="scalars"),
        pytest.param(["a", "b"], ["b", "a"], ("same elements, other order",), id="order"),
        pytest.param(["a", "a"], ["a"], ("same elements, other number of copies",), id="copies"),
        pytest.param([{"id": 1, "n": "a"}], [{"id": 1, "n": "b"}], ('n: "a" → "b"',), id="one object changed"),
        pytest.param(
            [{"k": 1, "n": "a"}, {"k": 2}],
            [{"k": 1, "n": "b"}, {"k": 2}],
            ('[0].n: "a" → "b"',),
            id="one of two objects changed",
        ),
        pytest.param([{}], [{"a": ""}], ('+ a = ""',), id="empty object"),
        pytest.param([], [{"a": ""}], ("+ {}",), id="object of empty values"),
        pytest.param({"a": 1, "b": 2}, {"b": 3, "c": 4}, ("− a = 1", "b: 2 → 3", "+ c = 4"), id="object"),
        pytest.param(
            json.dumps(POLICY), json.dumps(WIDER), ('Statement[0].Action: ["s3:GetObject"] → "*"',), id="JSON text"
        ),
        pytest.param({"x": [1]}, {"x": [1, 2]}, ("+ x 2",), id="array in object"),
        pytest.param([], list(range(9)), ("+ 0", "+ 1", "+ 2", "+ 3", "+ 4", "… 4 more"), id="many"),
    ],
)
def test_changed_parts(was: object, now: object, expected: tuple[str, ...]) -> None:
    assert changed_parts(was, now) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=90) | st.sampled_from(list(Mark)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, json_values)
def test_any_two_values_have_few_short_lines(was: object, now: object) -> None:
    assert columns(show(was)) <= 80
    lines = changed_parts(was, now)
    assert len(lines) <= 6
    assert all("\n" not in line for line in lines)

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.drift.noise import empty, jsontext, numbers, ordering, zero
from driftgate.drift.noise.form import same_but_for_form
from driftgate.finding import Mark

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


SAME = [
    pytest.param(None, {}, id="null and {}"),
    pytest.param(None, [], id="null and []"),
    pytest.param("", None, id="empty text and null"),
    pytest.param([{"a": None, "b": 1}], [{"a": "", "b": 1}], id="null in a block"),
    pytest.param(None, False, id="unset switch"),
    pytest.param(None, 0, id="unset number"),
    pytest.param([{"n": None, "b": 1}], [{"n": 0, "b": 1}], id="unset number in a block"),
    pytest.param("60", 60, id="number as text"),
    pytest.param({"t": "1.5"}, {"t": 1.5}, id="fraction as text"),
    pytest.param('{"a": 1, "b": 2}', '{"b":2,"a":1}', id="JSON key order and white space"),
    pytest.param(policy(ALLOW), policy({**ALLOW, "Action": ["s3:GetObject"]}), id="policy list of one"),
    pytest.param(policy({**ALLOW, "Action": ["a", "b"]}), policy({**ALLOW, "Action": ["b", "a"]}), id="policy sets"),
    pytest.param(policy(ALLOW), policy({**ALLOW, "Sid": ""}), id="empty Sid"),
    pytest.param(policy(ALLOW), json.dumps({"Version": "2012-10-17", "Statement": ALLOW}), id="one statement"),
    pytest.param(
        policy({**ALLOW, "Principal": {"AWS": "123456789012"}}),
        policy({**ALLOW, "Principal": {"AWS": ["arn:aws:iam::123456789012:root"]}}),
        id="account and its root",
    ),
    pytest.param([{"a": None, "n": "nan"}], [{"a": "", "n": "nan"}], id="a text that float() reads"),
    pytest.param(Mark.ABSENT, None, id="absent and null"),
    pytest.param([{"a": None, "n": "5"}], [{"a": "", "n": 5}], id="two equivalences at once"),
]

DIFFERENT = [
    pytest.param("a", "b", id="texts"),
    pytest.param(True, False, id="switch"),
    pytest.param(None, True, id="null and true"),
    pytest.param("x", "", id="text and empty"),
    pytest.param([], [{}], id="an empty block is a block"),
    pytest.param("1.10", "1.1", id="versions are no numbers"),
    pytest.param("007", 7, id="codes are no numbers"),
    pytest.param(True, "true", id="true as text"),
    pytest.param(Mark.ABSENT, "", id="a tag without a value is a tag"),
    pytest.param(Mark.ABSENT, False, id="absent is not false"),
    pytest.param(Mark.UNKNOWN, None, id="unknown is not null"),
    pytest.param("[1, 2]", "[2, 1]", id="order in a JSON document"),
    pytest.param("{not json", "{not  json", id="text that looks like JSON"),
    pytest.param(policy(ALLOW), policy({**ALLOW, "Action": "s3:*"}), id="wider action"),
    pytest.param(policy(ALLOW), policy({**ALLOW, "Effect": "Deny"}), id="effect"),
    pytest.param(policy(ALLOW), policy(ALLOW, {**ALLOW, "Resource": "x"}), id="one more statement"),
    pytest.param(
        policy({**ALLOW, "Principal": {"AWS": "123456789012"}}), policy({**ALLOW, "Principal": "*"}), id="everybody"
    ),
    pytest.param(
        policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
        id="condition",
    ),
    pytest.param(policy(ALLOW), "", id="a policy and none"),
    pytest.param(policy("a"), policy("b"), id="statements that are none"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_the_same_in_another_form(left: Any, right: Any) -> None:
    assert same_but_for_form(left, right, "name", ordered=True)
    assert same_but_for_form(right, left, "name", ordered=True)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different(left: Any, right: Any) -> None:
    assert same_but_for_form(left, right, "name", ordered=False) is None
    assert same_but_for_form(right, left, "name", ordered=False) is None


@pytest.mark.parametrize("name", ["from_port", "icmp_type", "protocol"])
def test_zero_is_a_value_where_null_means_all(name: str) -> None:
    assert same_but_for_form(None, 0, name, ordered=False) is None
    assert same_but_for_form([{name: None, "a": 1}], [{name: 0, "a": 1}], "rule", ordered=False) is None


def test_order_counts_only_where_asked() -> None:
    assert same_but_for_form(["a", "b"], ["b", "a"], "layers", ordered=True) is None
    assert same_but_for_form(["a", "b"], ["b", "a"], "layers", ordered=False) == "only the order differs"
    assert same_but_for_form(["a", "a"], ["a"], "layers", ordered=False) is None


def test_says_why() -> None:
    assert same_but_for_form(None, {}, "tags", ordered=True) == "null and empty are the same"
    assert same_but_for_form(None, False, "on", ordered=True) == "unset and zero are the same"
    assert same_but_for_form(policy(ALLOW), policy(ALLOW) + " ", "policy", ordered=True) == "the same JSON document"
    assert same_but_for_form("60", 60, "timeout", ordered=True) == "the same number"
    assert (
        same_but_for_form([{"a": None, "n": "5"}], [{"a": "", "n": 5}], "r", ordered=True) == "the same in another form"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 100) | st.text('ab{}[]":1', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "Statement"]), inner),
)


@given(JSON)
@pytest.mark.parametrize("rule", [empty, jsontext, numbers, ordering, zero], ids=lambda rule: rule.__name__)
def test_a_canonical_form_is_its_own(rule: Any, value: Any) -> None:
    once = rule.canonical(value)

    assert rule.canonical(once) == once


@given(JSON, JSON)
def test_equivalence_is_symmetric(left: Any, right: Any) -> None:
    forth, back = (same_but_for_form(a, b, "n", ordered=False) for a, b in ((left, right), (right, left)))

    assert (forth is None) == (back is None)

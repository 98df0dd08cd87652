from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.address import Address

NAMES = st.from_regex(r"\A[a-z_][a-z0-9_-]{0,8}\Z")
KEYS = st.none() | st.integers(0, 10**6) | st.text(min_size=0, max_size=12)
ADDRESSES = st.builds(
    Address,
    module=st.lists(st.tuples(NAMES, KEYS), max_size=3).map(tuple),
    mode=st.sampled_from(["managed", "data"]),
    type=NAMES.filter(lambda name: name not in ("module", "data")),
    name=NAMES,
    key=KEYS,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        pytest.param("aws_sqs_queue.q", Address((), "managed", "aws_sqs_queue", "q"), id="plain"),
        pytest.param("aws_sqs_queue.q[0]", Address((), "managed", "aws_sqs_queue", "q", 0), id="count"),
        pytest.param('aws_sqs_queue.q["a.b"]', Address((), "managed", "aws_sqs_queue", "q", "a.b"), id="key with dot"),
        pytest.param("data.aws_ami.b", Address((), "data", "aws_ami", "b"), id="data"),
        pytest.param(
            'module.a["x\\"]"].module.b[1].data.t.n["k"]',
            Address((("a", 'x"]'), ("b", 1)), "data", "t", "n", "k"),
            id="nested modules, quote and bracket in a key",
        ),
        pytest.param('a.b["$${x} %%{y} \\n"]', Address((), "managed", "a", "b", "${x} %{y} \n"), id="template signs"),
    ],
)
def test_parse_and_format_are_inverse(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["", "a", "a.b.c", "module.a", "module.a.b", "a.b[", 'a.b["x', "a.b[x]", "data.a", "a.b."]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a resource address"):
        Address.parse(text)


@given(ADDRESSES)
def test_every_address_survives_the_round_trip(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(st.lists(ADDRESSES, max_size=6))
def test_any_mix_of_keys_can_be_sorted(addresses: list[Address]) -> None:
    ordered = sorted(addresses, key=lambda a: a.sort_key)

    backwards = addresses[::-1]
    assert [a.sort_key for a in ordered] == [a.sort_key for a in sorted(backwards, key=lambda a: a.sort_key)]


def test_count_keys_order_as_numbers() -> None:
    texts = ["a.b[10]", "a.b[9]", 'a.b["1"]', "module.m.a.b", "a.a"]

    ordered = sorted((Address.parse(text) for text in texts), key=lambda a: a.sort_key)

    assert [str(a) for a in ordered] == ["a.a", "a.b[9]", "a.b[10]", 'a.b["1"]', "module.m.a.b"]


def test_an_instance_knows_its_resource() -> None:
    assert str(Address.parse("module.m[0].a.b[3]").resource) == "module.m[0].a.b"

"""Damaged documents: whatever the bytes are, the answer is a state or an error of ours."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from state.documents import document, instance, resource

from driftgate.errors import DriftgateError
from driftgate.safety.redact import Redactor
from driftgate.state.diff import diff
from driftgate.state.diff_view import diff_tree, redactor_of
from driftgate.state.edit import removed, with_provider, with_serial
from driftgate.state.file import StateError
from driftgate.state.move import moved
from driftgate.state.parse import parse_meta, parse_state
from driftgate.state.successor import check_successor
from driftgate.state.validate import check_valid
from driftgate.state.view import details, listing, masked_document

WHOLE = document(
    resource("a", instance(index_key=0, tags={"N": "é"}, n=10**25), instance("2", index_key="k", deposed="0badc0de")),
    resource("b", instance(status="tainted", private="eA==", dependencies=["aws_x.a"],
                           sensitive_attributes=[[{"type": "get_attr", "value": "id"}]]), module='module.m["k"]'),
    resource("c", {"schema_version": 0, "attributes_flat": {"id": "1", "tags.%": "0"}}, mode="data"),
    outputs={"o": {"value": {"a": 1.5}, "type": ["object", {"a": "number"}], "sensitive": True}},
    check_results=[{"object_kind": "resource", "config_addr": "aws_x.a", "status": "pass", "objects": None}],
)  # fmt: skip
OLD = json.dumps({"version": 3, "serial": 1, "lineage": "l", "modules": [{"path": ["root"], "outputs": {"o": {"value": "x", "type": "string"}},
                  "resources": {"aws_x.a.0": {"type": "aws_x", "primary": {"id": "1", "attributes": {"id": "1"}, "meta": {"schema_version": "1"}}}}}]}).encode()  # fmt: skip
GOOD = parse_state(WHOLE)
JUNK = [None, True, 0, -1, 1.5, 10**30, "", "x", "\u0000", [], {}, [[]], {"a": None}, "module.x", "0badc0de"]


def everything(data: bytes) -> None:
    """All that is done with a state; the steps stop at the first error of ours."""
    with suppress(DriftgateError):
        parse_meta(data, "FILE")
    with suppress(DriftgateError):
        with_serial(data, 3)
    with suppress(DriftgateError):
        found = parse_state(data, "FILE")
        for step in _STEPS:
            with suppress(DriftgateError):
                step(found)


_STEPS: tuple[Callable[[Any], object], ...] = (
    check_valid,
    lambda s: listing(s, Redactor()),
    lambda s: masked_document(s, redactor_of(s)),
    lambda s: details(s.instances(), redactor_of(s)),
    lambda s: check_successor(s, GOOD),
    lambda s: diff_tree(diff(GOOD, s), redactor_of(GOOD, s)),
    lambda s: diff(s, GOOD),
    lambda s: removed(s, ["aws_x.a"]),
    lambda s: moved(s, "aws_x.a[0]", "aws_x.b"),
    lambda s: moved(s, 'module.m["k"]', "module.n"),
    lambda s: with_provider(s, "aws", "acme/aws"),
)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    everything(data)


@pytest.mark.parametrize("whole", [WHOLE, OLD], ids=["v4", "v3"])
def test_cut_off_anywhere(whole: bytes) -> None:
    for end in range(0, len(whole), 7):
        everything(whole[:end])


@settings(max_examples=400)
@given(st.sampled_from([WHOLE, OLD]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_bytes_overwritten(whole: bytes, changes: list[tuple[float, int]]) -> None:
    data = bytearray(whole)
    for where, byte in changes:
        data[int(where * (len(data) - 1))] = byte
    everything(bytes(data))


@pytest.mark.parametrize("whole", [WHOLE, OLD], ids=["v4", "v3"])
def test_each_value_replaced_or_left_out(whole: bytes) -> None:
    dice = random.Random(12)
    tree = json.loads(whole)
    for path in list(paths(tree)):
        for junk in [..., *dice.sample(JUNK, 8)]:
            everything(json.dumps(replaced(tree, path, junk)).encode())


def paths(tree: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(value, (*path, key))


def replaced(tree: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """A copy of `tree` with `junk` at `path`; `...` leaves out what stands there."""
    if not path:
        return None if junk is ... else junk
    items = dict(tree.items() if isinstance(tree, dict) else enumerate(tree))
    if junk is ... and len(path) == 1:
        del items[path[0]]
    else:
        items[path[0]] = replaced(items[path[0]], path[1:], junk)
    return items if isinstance(tree, dict) else list(items.values())


def test_bytes_that_are_no_text_are_told_wherever_they_stand() -> None:
    with pytest.raises(StateError, match="is not valid UTF-8"):
        parse_state(WHOLE.replace(b'"eA=="', b'"\x80"'))

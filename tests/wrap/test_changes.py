from __future__ import annotations

import json
from typing import Any

import pytest
from state.documents import instance, resource, state

from driftgate.state.diff import diff
from driftgate.state.file import StateFile
from driftgate.state.parse import parse_state
from driftgate.wrap.changes import LINES, describe
from driftgate.wrap.look import Seen


def seen(found: StateFile | None) -> Seen:
    return Seen(found.data if found else None, found)


def summarise(before: Seen, after: Seen) -> tuple[str, tuple[str, ...]]:
    return describe(diff(before.state, after.state), before, after)


def with_outputs(outputs: dict[str, Any], serial: int = 7) -> StateFile:
    tree = json.loads(state(serial=serial).data)
    return parse_state(json.dumps({**tree, "outputs": outputs}).encode(), "x")


A = resource("a", instance())
MANY = [resource(f"r{number:02}", instance(str(number))) for number in range(12)]


@pytest.mark.parametrize(
    ("before", "after", "sentence", "lines"),
    [
        pytest.param(state(A), state(A), "nothing changed (serial 7)", (), id="nothing"),
        pytest.param(None, None, "nothing changed (there is no state)", (), id="no state"),
        pytest.param(None, state(A), "1 added (a new state, serial 7)", ("+ aws_x.a",), id="the first apply"),
        pytest.param(state(A), None, "1 removed (the state is gone, it was at serial 7)", ("- aws_x.a",), id="the state is gone"),
        pytest.param(state(A), state(serial=8), "1 removed (serial 7 → 8)", ("- aws_x.a",), id="removed"),
        pytest.param(
            state(A), state(resource("a", instance(tags={"N": "x"})), serial=8), "1 changed (serial 7 → 8)", ('~ aws_x.a  tags.N: "x"',), id="changed"
        ),
        pytest.param(
            state(A), state(resource("a", instance("2")), serial=8), "1 replaced (serial 7 → 8)", ('± aws_x.a  id: "1" → "2"',), id="replaced"
        ),
        pytest.param(
            state(A), state(resource("b", instance()), serial=8), "1 moved (serial 7 → 8)", ("→ aws_x.b (was aws_x.a)",), id="moved"
        ),
        pytest.param(
            state(A), state(resource("a", instance(status="tainted")), serial=8), "1 changed (serial 7 → 8)", ("~ aws_x.a (tainted)",), id="tainted"
        ),
        pytest.param(
            state(A), state(resource("a", instance(dependencies=["aws_x.b"])), serial=8), "1 changed (serial 7 → 8)",
            ("~ aws_x.a  dependencies",), id="only what stands beside the attributes",
        ),
        pytest.param(
            state(A), state(resource("a", instance(a=1, b=2, c=3, d=4)), serial=8), "1 changed (serial 7 → 8)",
            ("~ aws_x.a  a: 1  b: 2  c: 3  and 1 more",), id="many attributes",
        ),
        pytest.param(
            with_outputs({"o": {"value": "x", "type": "string"}, "p": {"value": "a long password", "type": "string", "sensitive": True}}),
            with_outputs({"o": {"value": "y", "type": "string"}}, 8), "2 outputs (serial 7 → 8)",
            ('~ output o: "x" → "y"', "- output p: (sensitive) → (absent)"), id="outputs",
        ),
    ],
)  # fmt: skip
def test_what_a_run_changed(
    before: StateFile | None, after: StateFile | None, sentence: str, lines: tuple[str, ...]
) -> None:
    assert summarise(seen(before), seen(after)) == (sentence, lines)


def test_ten_lines_are_enough() -> None:
    _, lines = summarise(seen(state()), seen(state(*MANY)))

    assert len(lines) == LINES
    assert lines[-1] == "… and 3 more"
    assert summarise(seen(state()), seen(state(*MANY[:LINES])))[1][-1] == "+ aws_x.r09"


def test_secrets_are_masked_and_escapes_removed() -> None:
    before = state(resource("a", instance(password="correct horse", note="n")))
    after = state(resource("a", instance(password="battery staple", note="a\x1b[31m battery staple b")))

    sentence, lines = summarise(seen(before), seen(after))

    assert "battery" not in sentence + "".join(lines)
    assert "\x1b" not in "".join(lines)
    assert "password: (sensitive) → (sensitive, changed)" in lines[0]

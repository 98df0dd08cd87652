"""The automaton finds what Python's engine finds, wherever both may be asked."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from driftgate.hcl.functions.automaton import program, search
from driftgate.hcl.functions.pattern import compiled
from driftgate.hcl.values import EvaluationError

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "\\w", "\\d", "\\s", "[b-d\\n]"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})")
        | inner.map(lambda one: f"({one})")
        | st.tuples(ATOMS, st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{1,}"])).map("".join)
        | st.tuples(st.sampled_from(["^", "$", "\\b", "\\B", "\\A"]), inner).map("".join)
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("ab1 \n", max_size=8), st.sampled_from([0, re.M, re.S, re.I]))
def test_it_finds_what_python_finds(pattern: str, text: str, flags: int) -> None:
    assume(text or "\\B" not in pattern)  # where Python's `re` is alone: to RE2, \B is true of an empty text
    pattern = pattern.replace("$", "$" if flags == re.M else "\\Z")
    parsed = _parser.parse(pattern, flags | re.ASCII)
    match = re.search(pattern, text, flags | re.ASCII)

    found = search(program(parsed, parsed.state.flags), text, 0)

    assert found == (None if match is None else tuple(place for span in match.regs for place in span))


@pytest.mark.timeout(180)  # it hangs where it fails
def test_what_takes_python_forever_takes_no_time() -> None:
    assert compiled("(a+)+$b").search("a" * 3_000, 0) is None
    assert compiled("(x*)*(y*)*(z*)*!").search("xyz" * 500, 0) is None


def test_repeats_of_repeats_are_not_multiplied_for_ever() -> None:
    with pytest.raises(EvaluationError, match="the pattern is too large"):
        compiled("((a{100}){100}){100}")

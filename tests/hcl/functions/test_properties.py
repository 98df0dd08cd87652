"""What holds for all values: inverses, and that nothing but an EvaluationError ever comes out of a function."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.hcl.constant import ModuleScope, Unknown
from driftgate.hcl.convert import type_of
from driftgate.hcl.evaluate import EvaluationError, evaluate
from driftgate.hcl.functions import PURE
from driftgate.hcl.functions.json_text import decode as from_json
from driftgate.hcl.functions.json_text import encode as to_json
from driftgate.hcl.functions.yaml_text import decode as from_yaml
from driftgate.hcl.functions.yaml_text import encode as to_yaml
from driftgate.hcl.parse import parse_expression
from driftgate.hcl.scope import Frame
from driftgate.hcl.values import List, Map, make_set

NUMBERS = st.integers(-(10**20), 10**20) | st.floats(-1e9, 1e9).map(lambda number: round(number, 3) + 0.0)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_json_there_and_back(value: object) -> None:
    assert from_json(to_json(value)) == value


@given(VALUES)
def test_yaml_there_and_back(value: object) -> None:
    assert from_yaml(to_yaml(value)) == value


AWKWARD = [
    None, True, 0, -1, 3, 1.5, 10**400, 1e308, "", "a", "1", "10.0.0.0/8", "é\u0301", "\x00", "(", "%d %s", "2020-01-01T00:00:00Z",
    "{a: [1", [], [None], [1, "a", [True]], {}, {"a": [1]}, {"a": None}, List([1, 2]), List(["b", "a"]), make_set([2, 1]),
    Map(a="x"), Unknown("why"), [Unknown("why")], {"a": Unknown("why")},
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(PURE))
def test_awkward_arguments_end_in_a_value_or_an_error(name: str) -> None:
    chance = random.Random(name)
    for count in (0, 1, 1, 2, 2, 2, 3, 3):
        for _ in range(40):
            arguments = [chance.choice(AWKWARD) for _ in range(count)]
            names = {f"v{place}": value for place, value in enumerate(arguments)}
            call = parse_expression(f"{name}({', '.join(names)})")
            with suppress(EvaluationError):
                type_of(evaluate(call, Frame(names, ModuleScope({}, {}))))

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgate.drift.severity.policy_document import LIMIT, Permission, gained, includes, read_bindings, read_policy

PATTERNS = st.text(alphabet="ab*?", max_size=8)

NOT_POLICIES = [
    pytest.param(None, id="nothing"),
    pytest.param("{", id="broken JSON"),
    pytest.param("[]", id="a list"),
    pytest.param("{}", id="no statements"),
    pytest.param(7, id="a number"),
    pytest.param('{"Statement": "x"}', id="a text for statements"),
]


@pytest.mark.parametrize("document", NOT_POLICIES)
def test_what_is_not_a_policy_is_none(document: object) -> None:
    assert read_policy(document) is None


def test_an_empty_text_allows_nothing() -> None:
    policy = read_policy("")

    assert policy is not None
    assert not policy.allows | policy.denies


def test_a_single_statement_needs_no_list() -> None:
    policy = read_policy({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "r", "Principal": "*"}})

    assert policy is not None
    assert policy.allows == {Permission("*", "s3:get*", "r", "")}


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        pytest.param("*", {"*"}, id="everybody"),
        pytest.param({"AWS": "*"}, {"*"}, id="everybody with an account"),
        pytest.param({"AWS": ["a", "b"]}, {"AWS:a", "AWS:b"}, id="two accounts"),
        pytest.param({"Service": "s", "Federated": "f"}, {"Service:s", "Federated:f"}, id="a service and a provider"),
        pytest.param("arn", {"AWS:arn"}, id="an account without its kind"),
    ],
)
def test_principals(principal: object, expected: set[str]) -> None:
    policy = read_policy({"Statement": [{"Effect": "Allow", "Action": "a", "Principal": principal}]})

    assert policy is not None
    assert {p.principal for p in policy.allows} == expected


def test_whoever_is_not_excluded_is_everybody() -> None:
    policy = read_policy({"Statement": [{"Effect": "Allow", "Action": "a", "NotPrincipal": {"AWS": "x"}}]})

    assert policy is not None
    assert {p.principal for p in policy.allows} == {"*"}


def test_a_policy_of_too_many_permissions_is_not_compared() -> None:
    names = [str(n) for n in range(200)]

    assert len(names) ** 2 > LIMIT
    assert read_policy({"Statement": [{"Effect": "Allow", "Action": names, "Resource": names}]}) is None


def test_bindings_that_are_not_a_policy_are_none() -> None:
    assert read_bindings("[]") is None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        pytest.param("s3:get?bject", "s3:get*bject", False, id="one letter does not include any text"),
        pytest.param("*", "", True, id="a star includes nothing"),
        pytest.param("s3:*", "s3:get*", True, id="a wider wildcard"),
        pytest.param("s3:get*", "s3:*", False, id="a narrower wildcard"),
        pytest.param("a*b*c", "aXbYbZc", True, id="two stars, the first match is not the right one"),
        pytest.param("a*b", "ac", False, id="an end that does not match"),
        pytest.param("ab", "a", False, id="a longer pattern"),
    ],
)
def test_includes(pattern: str, text: str, expected: bool) -> None:
    assert includes(pattern, text) is expected


@given(PATTERNS)
def test_every_pattern_includes_itself_and_a_star_includes_all(pattern: str) -> None:
    assert includes("*", pattern)
    assert includes(pattern, pattern)


@given(PATTERNS, PATTERNS, PATTERNS)
def test_inclusion_is_transitive(a: str, b: str, c: str) -> None:
    if includes(a, b) and includes(b, c):
        assert includes(a, c)


@pytest.mark.timeout(180)  # it hangs where it fails
def test_a_hostile_pattern_takes_no_time() -> None:
    assert not includes("*a" * 1000 + "b", "a" * 5000)


def test_gained_is_sorted_and_without_what_was_included() -> None:
    old = frozenset({Permission("", "s3:*", "*", "")})
    new = frozenset({Permission("", a, "r", "") for a in ("s3:get", "sqs:b", "sqs:a")})

    assert [p.action for p in gained(new, old)] == ["sqs:a", "sqs:b"]


def test_two_huge_sets_are_compared_name_by_name() -> None:
    old = frozenset(Permission("", str(n), "r", "") for n in range(1500))
    new = old | frozenset(Permission("", f"x{n}", "r", "") for n in range(1500))

    assert len(gained(new, old)) == 1500

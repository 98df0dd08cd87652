from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftgate.safety.redact import CHANGED, MASK, Redactor
from driftgate.safety.shapes import is_plain


def knowing(*secrets: object) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    return redactor


@pytest.mark.parametrize(
    "text",
    ["", "short", "live/network", "aws_s3_bucket.logs", "us-east-1", "t3.micro is small", "no secret here at all"],
)
def test_ordinary_text_is_kept(text: str) -> None:
    assert knowing("hunter2!").text(text) == text


@pytest.mark.parametrize(
    "word", ["us-east-1", "enabled", "true", "t3.micro", "10.0.0.0/16", "abc", "production", True, None, 443]
)
def test_plain_values_are_never_tainted(word: object) -> None:
    text = f"in {word} the value is {word}"
    assert knowing(word).text(text) == text


SECRET = 'p@ss"word/ü+1<&'


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(SECRET, id="raw"),
        pytest.param(json.dumps(SECRET)[1:-1], id="json"),
        pytest.param(json.dumps(json.dumps(SECRET, ensure_ascii=False)[1:-1])[1:-1], id="json in json"),
        pytest.param(html.escape(SECRET), id="html"),
        pytest.param(quote(SECRET, safe=""), id="url"),
        pytest.param(quote_plus(SECRET), id="form"),
    ],
)
def test_every_spelling_of_a_secret_is_masked(spelled: str) -> None:
    assert knowing(SECRET).text(f"before {spelled} after") == "before (sensitive) after"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", [b"", b"a", b"ab", b"user:"])
def test_a_secret_inside_base64_is_masked(encode: Callable[[bytes], bytes], before: bytes) -> None:
    coded = encode(before + SECRET.encode() + b"tail").decode()
    masked = knowing(SECRET).text(coded)
    left = masked.replace(MASK, "\n").split("\n")
    assert len(left) == 2
    assert SECRET.encode()[:3] not in base64.urlsafe_b64decode(left[0][: len(left[0]) // 4 * 4] + "====")


@pytest.mark.parametrize(
    ("secret", "inside"),
    [
        pytest.param({"db": {"pass": "nested-secret-1"}}, "nested-secret-1", id="tree"),
        pytest.param(["first-secret", 12345678], "12345678", id="number"),
        pytest.param('{"user":"app","password":"json-secret-1"}', "json-secret-1", id="json text"),
        pytest.param("postgres://app:url-secret@db/orders", "url-secret", id="url"),
        pytest.param("AccountName=x;AccountKey=abc123def456;", "abc123def456", id="connection string"),
        pytest.param(base64.b64encode(b"decoded-secret").decode(), "decoded-secret", id="base64"),
        pytest.param("#!/bin/sh\nexport TOKEN=line-secret-9\n", "line-secret-9", id="script"),
        pytest.param(
            "run wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0 now", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0", id="word"
        ),
    ],
)
def test_what_stands_inside_a_secret_is_secret_too(secret: object, inside: str) -> None:
    assert knowing(secret).text(f"<{inside}>") == "<(sensitive)>"


def test_a_short_word_is_masked_only_where_it_stands_alone() -> None:
    assert knowing("letmein").text("letmein, letmeinto") == "(sensitive), letmeinto"


def test_the_longest_of_overlapping_secrets_wins() -> None:
    assert knowing("abcdef12", "abcdef1234").text("x abcdef1234 y") == "x (sensitive) y"


def test_update_joins_what_two_know() -> None:
    both = knowing("first-secret")
    assert both.text("second-secret") == "second-secret"
    both.update(knowing("second-secret"))
    assert both.text("first-secret second-secret") == "(sensitive) (sensitive)"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tags.Name", "web"),
        ("metadata_options[0].http_tokens", "optional"),
        ("master_user_secret[0].secret_arn", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db"),
        ("secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db"),
        ("password_reuse_prevention", 5),
        ("manage_master_user_password", True),
        ("password", None),
        ("password", ""),
        ("policy", '{"Version": "2012-10-17"}'),
        ("key", "path/to/file.txt"),
        ("environment[0].compute_type", "BUILD_GENERAL1_SMALL"),
    ],
)
def test_values_that_stay(path: str, value: object) -> None:
    assert Redactor().value(path, value) == value


@pytest.mark.parametrize(
    ("path", "value", "masked"),
    [
        ("password", "x", MASK),
        ("pin_token", 123456, MASK),
        ("tags.secret", "x", MASK),
        ("tags", {"secret": "x", "Name": "web"}, {"secret": MASK, "Name": "web"}),
        ("auth_key", "whatever", MASK),
        ("license", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0", MASK),
        ("environment", [{"variables": {"A": "x", "N": 1}}], [{"variables": {"A": MASK, "N": MASK}}]),
        ("env", ["A=b"], [MASK]),
        (
            "setting",
            [{"name": "DB_PASSWORD", "value": "x"}, {"name": "SIZE", "value": "5"}],
            [{"name": "DB_PASSWORD", "value": MASK}, {"name": "SIZE", "value": "5"}],
        ),
        (
            "container_definitions",
            '[{"environment":[{"name":"A","value":"x"}],"image":"nginx"}]',
            '[{"environment":[{"name":"A","value":"(sensitive)"}],"image":"nginx"}]',
        ),
        ("outer", '{"inner":"{\\"password\\":\\"x\\"}"}', '{"inner":"{\\"password\\":\\"(sensitive)\\"}"}'),
        ("description", "use AKIAIOSFODNN7EXAMPLE", "use (sensitive)"),
    ],
)
def test_values_that_go(path: str, value: object, masked: object) -> None:
    assert Redactor().value(path, value) == masked


def test_a_known_number_is_masked_and_others_stay() -> None:
    assert knowing(87654321).value("x", [87654321, 12345678, 1.5]) == [MASK, 12345678, 1.5]


@pytest.mark.parametrize(
    ("path", "was", "value", "masked"),
    [
        ("password", "a", "a", MASK),
        ("password", "a", "b", CHANGED),
        ("password", "a", None, None),
        ("environment", {"variables": {"A": "1", "B": "2"}}, {"variables": {"A": "1", "B": "3"}},
         {"variables": {"A": MASK, "B": CHANGED}}),
        ("env", ["A=1", "B=1"], ["A=1", "B=2", "C=3"], [MASK, CHANGED, CHANGED]),
        ("text", '{"token":"a","n":1}', '{"token":"b","n":1}', '{"token":"(sensitive, changed)","n":1}'),
        ("endpoint", "http://u:secret1@h", "http://u:secret2@h", "http://u:(sensitive, changed)@h"),
        ("endpoint", "http://u:secret1@h", "http://u:secret1@h", "http://u:(sensitive)@h"),
        ("token", "x", {"a": "y"}, {"a": CHANGED}),
        ("token", {"a": "y"}, ["z"], [CHANGED]),
    ],
)  # fmt: skip
def test_a_changed_secret_says_so(path: str, was: object, value: object, masked: object) -> None:
    assert Redactor().value(path, value, before=was) == masked


def test_a_marked_value_goes_whole() -> None:
    assert Redactor().value("anything", {"a": [1]}, sensitive=True) == MASK
    assert Redactor().value("anything", {"a": [1]}, sensitive=True, before={"a": [2]}) == CHANGED
    assert Redactor().value("anything", None, sensitive=True) is None


def test_a_secret_map_key_goes_too() -> None:
    assert knowing("key-secret-1").value("m", {"key-secret-1": 1}) == {MASK: 1}


@given(st.text(), st.lists(st.text(min_size=6, max_size=30), max_size=4))
@example("password=password=abcdef", [])
@example("-----BEGIN A-----x", ["BEGIN A"])
def test_masking_twice_changes_nothing(text: str, secrets: list[str]) -> None:
    redactor = knowing(*secrets)
    once = redactor.text(text)
    assert redactor.text(once) == once


@given(st.text(min_size=12, max_size=40), st.text(max_size=30), st.text(max_size=30))
def test_no_known_secret_survives(secret: str, before: str, after: str) -> None:
    masked = knowing(secret).text(f"{before}{secret}{after}")
    assert is_plain(secret) or secret not in masked


@given(
    st.binary(max_size=9),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=40),
    st.binary(max_size=9),
)
def test_no_known_secret_survives_in_base64(before: bytes, secret: str, after: bytes) -> None:
    coded = base64.b64encode(before + secret.encode() + after).decode()
    masked = knowing(secret).text(coded)
    assert is_plain(secret) or MASK in masked


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(["tags", "password", "environment[0].variables", "x", ""]), json_trees, json_trees)
def test_any_tree_can_be_masked(path: str, value: object, before: object) -> None:
    once = Redactor().value(path, value, before=before)
    assert isinstance(once, type(value)) or once in (MASK, CHANGED)

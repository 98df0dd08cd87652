from __future__ import annotations

import pytest

from driftgate.safety.shapes import (
    KEY_SHAPES,
    is_arn,
    is_plain,
    json_tree,
    keys_in,
    looks_chosen,
    looks_random,
    may_hold_key,
)

_HARMLESS = """
us-east-1 eu-central-1a ap-southeast-2 t3.micro db.r6g.2xlarge cache.t4g.small sg-0a1b2c3d4e5f67890 vpc-12345678
10.0.0.0/16 0.0.0.0/0 2001:db8::/32 1.29.3 v2.1.0 2026-11-24 2026-11-24T04:15:00Z 123456789012 enabled production
arn:aws:iam::123456789012:role/Reader arn:aws:s3:::logs arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab
"""
HARMLESS = _HARMLESS.split()

KEYS = [
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_11ABCDEFG0abcdefghijklmnop",
    "glpat-abcdefghij0123456789",
    "xoxb-123456789012-abcdefghijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "sk_live_abcdefghij0123456789",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
    "hvs.CAESIJabcdefghijklmnop",
    "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQ",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEow==\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nMIIEow",
]
INSIDE = [
    ("postgres://app:s3cr3tpw@db/x", "s3cr3tpw"),
    ("redis://:onlypass@host:6379", "onlypass"),
    ("Authorization: Bearer abcdefghijkl0123", "abcdefghijkl0123"),
    ("https://hooks.slack.com/services/T000/B000/XXXX", "T000/B000/XXXX"),
    ("?se=2026&sig=abcDEF%2Bghi", "abcDEF%2Bghi"),
    ("Server=x;Password=Passw0rd!;", "Passw0rd!"),
    ('{"api_key": "k3y-value"}', "k3y-value"),
    ('{\\"db_password\\":\\"in-json\\"}', "in-json"),
    ("password: Hunter2x", "Hunter2x"),
    ("export DB_PASSWORD='quoted1'", "quoted1"),
]
PROSE = [
    "the security token included in the request is invalid",
    "password: required",
    "tokens=3",
    "https://example.com:8443/path",
    "secret not found: check its name",
    "git@github.com:acme/infra.git",
    "AKIA is a prefix",
]


@pytest.mark.parametrize("text", [*HARMLESS, *PROSE])
def test_harmless_texts_hold_no_key(text: str) -> None:
    assert not KEY_SHAPES.search(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_everyday_values_are_plain_and_not_random(text: str) -> None:
    assert is_plain(text)
    assert not looks_random(text)


@pytest.mark.parametrize("key", KEYS)
def test_key_shapes(key: str) -> None:
    match = KEY_SHAPES.search(f"before {key}")
    assert match
    assert match[0] == key
    assert may_hold_key(key)


@pytest.mark.parametrize(("text", "secret"), INSIDE)
def test_only_the_secret_part_is_found(text: str, secret: str) -> None:
    match = KEY_SHAPES.search(text)
    assert match
    assert [found for found in match.groupdict().values() if found] == [secret]
    assert may_hold_key(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("correct horse battery staple", False),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", False),
        ("my-bucket-for-logs-in-europe", False),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0", True),
        ("9f86d081884c7d659a2feaa0c55ad015", True),
        ("", False),
    ],
)
def test_looks_random(text: str, expected: bool) -> None:
    assert looks_random(text) is expected


@pytest.mark.parametrize("text", ["hunter2", "Tr0ub4dor&3", "letmein", "9f86d081884c7d659a2feaa0c55ad015"])
def test_secrets_are_not_plain(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("plain", None),
        ("[broken", None),
        ('{"a": 1}', {"a": 1}),
        (" [1]", [1]),
        ("[" * 100_000, None),
        ('"text"', None),
    ],
)
def test_json_tree(text: str, tree: object) -> None:
    assert json_tree(text) == tree


def test_arn() -> None:
    assert is_arn("arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf")
    assert not is_arn("not-an-arn")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders-table-2", False),
        ("OrdersTableV2", False),
        ("https://x.example?a=1", False),
        ("ops1@example.com", False),
        ("a = b 1 c", False),
        ("Tr0ub4dor&3", True),
        ("P@ssw0rd", True),
    ],
)
def test_looks_chosen(text: str, expected: bool) -> None:
    assert looks_chosen(text) is expected


def test_keys_in_a_text() -> None:
    text = "postgres://app:s3cr3tpw@db AKIAIOSFODNN7EXAMPLE and words"
    assert list(keys_in(text)) == ["s3cr3tpw", "AKIAIOSFODNN7EXAMPLE"]
    assert list(keys_in("only words")) == []

from __future__ import annotations

import json

import pytest

from driftgate.safety.backup import Subject
from driftgate.safety.backups.label import Label, body_name, content_id, fits, from_name, is_body, parse_label

APP = Subject("s3://states/env:/prod/app.tfstate", "live/app", "prod", "0c7a1b5e-1111", 7)
LABEL = Label("ab" * 16, APP, "2026-11-26T01:00:00.000Z", "before state mv", 99, {"kind": "none"}, "cd" * 32)


def test_a_label_comes_back() -> None:
    assert parse_label(LABEL.to_json()) == LABEL


def test_a_state_of_which_little_is_known() -> None:
    label = Label("ab" * 16, Subject("file:x"), "t")

    assert parse_label(label.to_json()) == label
    assert body_name(label, ".zst").endswith(f"/no-lineage/unknown-{'ab' * 16}.tfstate.zst")


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(json.dumps({**LABEL.document(), "v": 2}).encode(), id="a later version"),
        pytest.param(json.dumps({**LABEL.document(), "serial": []}).encode(), id="an odd serial"),
    ],
)
def test_what_is_no_label(spoiled: bytes) -> None:
    with pytest.raises(ValueError):
        parse_label(spoiled)


def test_the_name_of_a_file() -> None:
    name = body_name(LABEL, ".zst.age")

    assert name == (
        "v1/s3-states-env-prod-app.tfstate-22c873eb5d44/0c7a1b5e-1111/000000000007-" + "ab" * 16 + ".tfstate.zst.age"
    )
    assert is_body(name)
    assert fits(LABEL, name)
    assert not is_body(name + ".json")
    assert not is_body("v1/x/y/audit.json")


@pytest.mark.parametrize(
    "identity",
    ["../../etc/passwd", "a/b", "a\0b", "ü" * 200, "x" * 500, "", "-", ".", "a b\nc"],
    ids=["dots", "slash", "NUL", "umlauts", "long", "empty", "dash", "dot", "white space"],
)
def test_no_identity_or_lineage_leaves_its_folder(identity: str) -> None:
    name = body_name(Label("ab" * 16, Subject(identity, lineage=identity, serial=1), "t"), ".zst")

    assert is_body(name)
    assert name.count("/") == 3
    assert not {"..", ".", ""} & set(name.split("/"))
    assert max(map(len, name.split("/"))) <= 120


def test_states_whose_names_look_alike_are_kept_apart() -> None:
    one, two = (body_name(Label("ab" * 16, Subject(i), "t"), "") for i in ("s3://a/b", "s3:/a-b"))

    assert one != two


def test_what_a_name_alone_tells() -> None:
    label = from_name(body_name(LABEL, ".zst.age"))

    assert (label.id, label.subject.lineage, label.subject.serial) == (LABEL.id, "0c7a1b5e-1111", 7)
    assert (label.created, label.stored) == ("", "")
    assert from_name(body_name(Label("ab" * 16, Subject("x"), "t"), ".zst")).subject.serial is None


BASE = content_id(b"state", APP, ())


@pytest.mark.parametrize(
    ("data", "subject", "keys"),
    [
        pytest.param(b"State", APP, (), id="other bytes"),
        pytest.param(b"state", Subject("s3://other", "live/app", "prod", APP.lineage, 7), (), id="other place"),
        pytest.param(b"state", Subject(APP.identity, "live/app", "dev", APP.lineage, 7), (), id="other workspace"),
        pytest.param(b"state", Subject(APP.identity, "live/app", "prod", "x", 7), (), id="other lineage"),
        pytest.param(b"state", Subject(APP.identity, "live/app", "prod", APP.lineage, 8), (), id="other serial"),
        pytest.param(b"state", APP, ("age1x",), id="sealed"),
    ],
)
def test_the_id_is_of_this_state_and_these_bytes(data: bytes, subject: Subject, keys: tuple[str, ...]) -> None:
    assert content_id(data, subject, keys) != BASE


def test_the_id_does_not_hang_on_what_may_change() -> None:
    moved = Subject(APP.identity, "elsewhere/app", "prod", APP.lineage, 7)

    assert content_id(b"state", moved, ()) == BASE
    assert content_id(b"state", APP, ("b", "a")) == content_id(b"state", APP, ("a", "b"))
    assert content_id(b"state", APP, ("b",)) != content_id(b"state", APP, ("a",))

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pyrage
import pytest

from driftgate.safety.audit import Event
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.keys import openers_of
from driftgate.safety.backups.seal import SealedError
from driftgate.safety.open import audit_file, open_audit, open_backups, state_folder
from driftgate.safety.redact import Redactor
from driftgate.safety.signing import SigningError, generate_key, write_key
from driftgate.safety.trail.checkpoint import checkpoint_file
from driftgate.settings.schema import AuditSettings, BackupSettings


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        pytest.param({"HOME": "/h"}, "/h/.local/state/driftgate", id="home"),
        pytest.param({"HOME": "/h", "XDG_STATE_HOME": "/s"}, "/s/driftgate", id="XDG_STATE_HOME"),
    ],
)
def test_the_users_state_folder(env: dict[str, str], folder: str) -> None:
    assert state_folder(env) == Path(folder)


def test_the_log_is_where_the_settings_say() -> None:
    assert audit_file(AuditSettings(), {"XDG_STATE_HOME": "/s"}) == Path("/s/driftgate/audit.jsonl")
    assert audit_file(AuditSettings(path="/var/log/dg.jsonl"), {}) == Path("/var/log/dg.jsonl")


def test_a_configured_log(tmp_path: Path) -> None:
    write_key(generate_key(), tmp_path / "key")
    settings = AuditSettings(path=str(tmp_path / "log"), signing_key=str(tmp_path / "key"), checkpoint_every=1)
    env = {"DG_RUN_ID": "r1", "GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada"}
    redactor = Redactor()
    redactor.add("correct-horse-battery")
    audit = open_audit(settings, env, reason="OPS-1", cloud="arn:aws:sts::1:me", redactor=redactor)
    untouched = not (tmp_path / "log").exists()
    audit.append(Event("apply", details={"said": "correct-horse-battery"}))
    record: dict[str, Any] = json.loads((tmp_path / "log").read_text())

    assert untouched
    assert (record["reason"], record["run"], record["who"]["cloud"]) == ("OPS-1", "r1", "arn:aws:sts::1:me")
    assert record["who"]["ci"] == {"system": "github", "actor": "ada"}
    assert record["details"] == {"said": "(sensitive)"}
    assert checkpoint_file(tmp_path / "log").exists()


def test_a_signing_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="cannot read the key"):
        open_audit(AuditSettings(signing_key=str(tmp_path / "no")), {})


APP = Subject("file:app", "app", "default", "lin", 7)
IDENTITY = pyrage.x25519.Identity.generate()


def test_backups_are_in_the_users_state_folder_unless_set(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    backups = open_backups(BackupSettings(), env)
    untouched = list(tmp_path.iterdir()) == []
    backups.save(b"state", APP, reason="")

    assert untouched
    assert [kept.label.subject for kept in open_backups(BackupSettings(), env).list()] == [APP]
    assert sorted(p.name for p in (tmp_path / "driftgate/backups").iterdir()) == ["index.sqlite3", "v1"]


def test_the_index_of_a_bucket_is_in_the_users_state_folder(tmp_path: Path) -> None:
    one, two = (
        open_backups(BackupSettings(destination=f"s3://bucket/{p}"), {"XDG_STATE_HOME": str(tmp_path)}) for p in "ab"
    )

    assert one.index.path.parent == tmp_path / "driftgate/indexes"
    assert one.index != two.index


@pytest.mark.parametrize("way", ["clear", "age", "key file"])
def test_sealed_as_set_and_opened_with_the_keys_at_hand(tmp_path: Path, way: str) -> None:
    key, identity = tmp_path / "key", tmp_path / "identity"
    key.write_text(base64.b64encode(b"k" * 32).decode())
    identity.write_text(str(IDENTITY))
    settings = BackupSettings(
        destination=str(tmp_path / "backups"),
        recipients=(str(IDENTITY.to_public()),) if way == "age" else (),
        key_file=str(key) if way == "key file" else "",
    )
    backups = open_backups(settings, {})
    backups.save(b"hunter2-hunter2", APP, reason="")
    (kept,) = backups.list()
    elsewhere = openers_of(BackupSettings(), {}, key_files=[key], identities=[identity])

    assert (b"hunter2" in backups.file(kept)) == (way == "clear")
    assert backups.read(kept, elsewhere) == b"hunter2-hunter2"
    if way == "key file":
        assert backups.read(kept, openers_of(settings, {})) == b"hunter2-hunter2"
    if way == "age":
        assert backups.read(kept, openers_of(BackupSettings(identities=(str(identity),)), {})) == b"hunter2-hunter2"


def test_keys_that_are_set_and_not_on_this_machine_stop_only_what_needs_them(tmp_path: Path) -> None:
    """As on the machine that a disaster is mended on: the repo's settings are there, the key is somewhere else."""
    key = tmp_path / "elsewhere"
    key.write_text(base64.b64encode(b"k" * 32).decode())
    here = BackupSettings(destination=str(tmp_path / "backups"), key_file=str(key))
    open_backups(here, {}).save(b"hunter2-hunter2", APP, reason="")
    there = BackupSettings(destination=here.destination, key_file="/no/key", identities=("/no/identity",))
    backups = open_backups(there, {})
    (kept,) = backups.list()

    assert backups.read(kept, openers_of(there, {}, key_files=[key])) == b"hunter2-hunter2"
    with pytest.raises(SealedError, match="it is sealed with the key file:"):
        backups.read(kept, openers_of(there, {}))
    with pytest.raises(BackupError, match="cannot read the key file /no/key") as refused:
        backups.save(b"more", APP, reason="")
    assert "put the key there" in refused.value.next_step


def test_a_kms_key_is_not_asked_before_it_is_needed() -> None:
    assert open_backups(BackupSettings(kms_key_id="alias/x"), {}).sealer.keys == ("kms:alias/x",)


def test_two_ways_to_seal_are_one_too_many() -> None:
    with pytest.raises(BackupError, match=r"\[backup\] sets key_file and kms_key_id"):
        open_backups(BackupSettings(key_file="k", kms_key_id="alias/x"), {})

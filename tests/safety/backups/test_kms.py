from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import aws_env

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.aes import AesSealer
from driftgate.safety.backups.archive import Archive, Condition
from driftgate.safety.backups.index import Index
from driftgate.safety.backups.kms import KmsKeeper, _region
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.backups.seal import SealedError

APP = Subject("s3://states/app.tfstate", "live/app", "default", "lin", 7)


@pytest.fixture
def kms(aws: str) -> Iterator[Any]:
    client = boto3.client(
        "kms", endpoint_url=aws, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    yield client
    client.close()


@pytest.fixture
def arn(kms: Any) -> str:
    """A fresh KMS key in another region than the environment's."""
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def archive(folder: Path, keeper: KmsKeeper) -> Archive:
    return Archive(LocalStore(folder / "b"), Index(folder / "i"), AesSealer(keeper))


def test_a_backup_under_a_kms_key(tmp_path: Path, aws: str, arn: str) -> None:
    kept_here = archive(tmp_path, KmsKeeper(arn, aws_env(aws)))
    kept_here.save(b"hunter2-hunter2", APP, reason="")
    (kept,) = kept_here.list()
    openers = (AesSealer(KmsKeeper("", aws_env(aws))),)

    assert kept.label.sealing["keys"] == [f"kms:{arn}"]
    assert b"hunter2" not in kept_here.file(kept)
    assert kept_here.read(kept, openers) == b"hunter2-hunter2"
    assert kept_here.check(kept, openers).condition is Condition.WHOLE
    with pytest.raises(SealedError):
        kept_here.read(kept)


def test_the_data_key_is_bound_to_its_state(aws: str, arn: str) -> None:
    keeper = KmsKeeper(arn, aws_env(aws))
    key, wrapped = keeper.new_key({"driftgate:serial": "7"})

    assert keeper.give_back(wrapped, keeper.name, {"driftgate:serial": "7"}) == key
    with pytest.raises(BackupError, match="cannot open a backup with the KMS key"):
        keeper.give_back(wrapped, keeper.name, {"driftgate:serial": "8"})


def test_a_key_that_is_not_there(tmp_path: Path, aws: str, arn: str) -> None:
    with pytest.raises(BackupError, match="cannot seal a backup with the KMS key") as caught:
        archive(tmp_path, KmsKeeper(f"{arn[:-4]}zzzz", aws_env(aws))).save(b"x", APP, reason="")

    assert "kms:GenerateDataKey" in caught.value.next_step
    assert not (tmp_path / "b").exists()


def test_settings_that_cannot_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[profile p]\nmfa_serial = arn:aws:iam::1:mfa/x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    with pytest.raises(BackupError, match=r"cannot seal a backup with the KMS key alias/x: .*MFA"):
        KmsKeeper("alias/x", {"AWS_PROFILE": "p", "AWS_CONFIG_FILE": str(tmp_path / "config")}).new_key({})


def test_keys_of_others_are_none_of_its(aws: str) -> None:
    assert KmsKeeper("", {}).give_back(b"", "file:1234", {}) is None


def test_kms_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "botocore.exceptions", None)

    with pytest.raises(MissingExtra, match="boto3"):
        KmsKeeper("alias/x", {}).new_key({})


@pytest.mark.parametrize(
    ("key_id", "region"),
    [("arn:aws:kms:eu-west-1:1:key/x", "eu-west-1"), ("alias/backups", ""), ("1234-abcd", "")],
)
def test_region(key_id: str, region: str) -> None:
    assert _region(key_id) == region

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env, start_aws
from state.documents import document, instance, resource
from tofu_encryption import seal

from driftgate.backends.aws_kms import open_key
from driftgate.backends.base import BackendError, Surroundings
from driftgate.discover.encryption import encryption_of
from driftgate.process import run
from driftgate.state.reader import read_state_file


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with start_aws() as endpoint:
        yield endpoint


def test_open_key(aws: str, tmp_path: Path) -> None:
    kms = boto3.client(
        "kms", endpoint_url=aws, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
    settings = {
        "kms_key_id": key_id,
        "region": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "key_spec": "AES_256",
    }
    around = Surroundings(tmp_path, aws_env(aws), run)

    assert open_key(settings, made["CiphertextBlob"], around=around) == made["Plaintext"]

    by_setting = {**settings, "endpoints": {"kms": aws}}
    assert open_key(by_setting, made["CiphertextBlob"], around=Surroundings(tmp_path, {}, run)) == made["Plaintext"]


def test_what_kms_does_not_open(aws: str, tmp_path: Path) -> None:
    around = Surroundings(tmp_path, aws_env(aws), run)
    settings = {"kms_key_id": "alias/none", "access_key": CREDENTIALS["AWS_ACCESS_KEY_ID"], "secret_key": "test"}
    with pytest.raises(BackendError, match="cannot use the key alias/none of AWS KMS") as refused:
        open_key(settings, b"x" * 60, around=around)
    assert refused.value.next_step


def test_a_state_whose_key_kms_holds(aws: str, tmp_path: Path) -> None:
    kms = boto3.client(
        "kms", endpoint_url=aws, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
    meta = {"key_provider.aws_kms.main": {"ciphertext_blob": base64.b64encode(made["CiphertextBlob"]).decode()}}
    (tmp_path / "old.tfstate").write_bytes(seal(document(resource("a", instance())), made["Plaintext"], meta))
    text = f'key_provider "aws_kms" "main" {{\n  kms_key_id = "{key_id}"\n  key_spec = "AES_256"\n}}\nmethod "aes_gcm" "m" {{\n  keys = key_provider.aws_kms.main\n}}\nstate {{\n  method = method.aes_gcm.m\n}}'
    env = {**aws_env(aws), "TF_ENCRYPTION": text}

    found = read_state_file(tmp_path / "old.tfstate", env=env, encryption=lambda: encryption_of(tmp_path, ".", env))

    assert [str(item.address) for item in found.instances()] == ["aws_x.a"]

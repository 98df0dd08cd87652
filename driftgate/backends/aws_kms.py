"""AWS KMS opens data keys: the `aws_kms` key provider of OpenTofu, whose settings are those of an s3 backend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from driftgate.backends.aws_errors import explained
from driftgate.backends.aws_session import kms_client
from driftgate.backends.aws_settings import aws_settings
from driftgate.backends.base import Surroundings
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig


def open_key(settings: Mapping[str, object], sealed: bytes, *, around: Surroundings) -> bytes:
    """The data key that the KMS key `kms_key_id` sealed; who asks and where is decided as for an s3 backend.

    Raises BackendError when KMS does not open it.
    """
    given = Settings(BackendConfig("s3", settings), PurePosixPath(around.unit_dir), around.env, None)
    key_id = given.get("kms_key_id")
    aws = aws_settings(given, around)
    with explained("use", f"the key {key_id} of AWS KMS", aws):
        answer = kms_client(aws).decrypt(KeyId=key_id, CiphertextBlob=sealed)
    return bytes(answer["Plaintext"])

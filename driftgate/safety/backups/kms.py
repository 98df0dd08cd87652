"""Data keys from AWS KMS: `kms:GenerateDataKey` is all that sealing takes, opening takes `kms:Decrypt`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError

PREFIX = "kms:"


@dataclass(frozen=True, slots=True)
class KmsKeeper:
    """The KMS key `key_id` (ARN, id or `alias/…`); "" only opens, what any key sealed. AWS is reached as `env` says."""

    key_id: str
    env: Mapping[str, str]

    @property
    def name(self) -> str:
        return PREFIX + self.key_id

    def new_key(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        with _explained("seal", self.key_id, "kms:GenerateDataKey"):
            made = _client(self.key_id, self.env).generate_data_key(
                KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=context
            )
        return bytes(made["Plaintext"]), bytes(made["CiphertextBlob"])

    def give_back(self, wrapped: bytes, name: str, context: dict[str, str]) -> bytes | None:
        if not name.startswith(PREFIX):
            return None
        key_id = name.removeprefix(PREFIX)
        with _explained("open", key_id, "kms:Decrypt"):
            answer = _client(key_id, self.env).decrypt(CiphertextBlob=wrapped, KeyId=key_id, EncryptionContext=context)
        return bytes(answer["Plaintext"])


def _client(key_id: str, env: Mapping[str, str]) -> Any:
    """The shared client for the key's own region, else for the environment's."""
    from driftgate import process
    from driftgate.backends.aws_session import kms_client
    from driftgate.backends.aws_settings import aws_settings
    from driftgate.backends.base import Surroundings
    from driftgate.backends.where_settings import Settings
    from driftgate.unit import BackendConfig

    region = _region(key_id)
    block = BackendConfig("s3", {"region": region} if region else {})
    settings = Settings(block, PurePosixPath("."), env, None)
    return kms_client(aws_settings(settings, Surroundings(Path(), env, process.run)))


def _region(key_id: str) -> str:
    """The region that an ARN names, "" for other spellings."""
    parts = key_id.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 5 else ""


@contextmanager
def _explained(act: str, key_id: str, permission: str) -> Iterator[None]:
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise MissingExtra("boto3", "aws", "sealing with AWS KMS") from None
    from driftgate.backends.base import BackendError

    try:
        yield
    except BackendError as error:  # settings that cannot work
        raise BackupError(
            f"cannot {act} a backup with the KMS key {key_id}: {error.message}", next_step=error.next_step
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise BackupError(
            f"cannot {act} a backup with the KMS key {key_id}: {' '.join(str(error).split())}",
            next_step=f"check the key's ARN, its region, the credentials, and that they have {permission}",
        ) from None

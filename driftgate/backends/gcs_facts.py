"""How a bucket of Google Cloud Storage keeps states: who we are there, old versions, encryption, who else can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from driftgate.backends.base import Fact
from driftgate.backends.gcs_errors import explained
from driftgate.backends.gcs_session import TIMEOUT, account, retries, storage_client
from driftgate.backends.gcs_settings import GcsSettings
from driftgate.backends.rest_facts import asked

_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})


def facts(name: str, settings: GcsSettings, *, key: str) -> Iterator[Fact]:
    """What can be found out about the bucket `name`; `key` says which key of its own the backend block writes with.

    Its metadata are asked for once, its policy only where that decides.
    """
    where = f"gs://{name}"

    @cache
    def bucket() -> Any:
        with explained("look at", where, lambda: account(settings)):
            return storage_client(settings).get_bucket(name, timeout=TIMEOUT, retry=retries())

    def policy() -> Any:
        with explained("see who may read", where, lambda: account(settings)):
            return bucket().get_iam_policy(requested_policy_version=3, timeout=TIMEOUT, retry=retries())

    who = account(settings)
    yield Fact("identity", True if who else None, who or "not known: a user's token does not say whose it is")
    yield asked("versioned", lambda: _versioned(bucket()))
    yield _encrypted(key) if key else asked("encrypted", lambda: _by_default(bucket()))
    yield asked("private", lambda: _private(bucket(), policy))


def _versioned(bucket: Any) -> Fact:
    if bucket.versioning_enabled:
        return Fact("versioned", True, "the bucket keeps old versions")
    return Fact(
        "versioned", False, "the bucket keeps no old versions",
        f"switch it on: `gcloud storage buckets update gs://{bucket.name} --versioning`",
    )  # fmt: skip


def _encrypted(key: str) -> Fact:
    return Fact("encrypted", True, f"with {key}")


def _by_default(bucket: Any) -> Fact:
    key = bucket.default_kms_key_name
    return _encrypted(f"the KMS key {key}" if key else "keys of Google")


def _private(bucket: Any, policy: Callable[[], Any]) -> Fact:
    """Prevention decides alone. Without it an organisation may still enforce it, which no bucket shows."""
    about = bucket.iam_configuration
    if about.public_access_prevention == "enforced":
        return Fact("private", True, "public access is prevented")
    mend = f"`gcloud storage buckets update gs://{bucket.name} --public-access-prevention`"
    roles = sorted(binding["role"] for binding in policy().bindings if _EVERYBODY & set(binding["members"]))
    if roles:
        return Fact("private", False, f"everybody has {', '.join(roles)}", f"prevent public access: {mend}")
    if not about.uniform_bucket_level_access_enabled:
        return Fact(
            "private", None, "its policy lets no strangers in, but the ACL of an object may, which is not looked at",
            f"prevent public access: {mend}",
        )  # fmt: skip
    return Fact(
        "private", None, "closed to strangers now; whether it could be opened depends on the organisation's policy",
        f"prevent public access: {mend}",
    )  # fmt: skip

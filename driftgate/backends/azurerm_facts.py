"""How a storage account keeps states: who we are there, old versions, encryption, who else can read.

Blob Storage itself says little of the account that it belongs to. Azure Resource Manager says all, and is asked where
the backend block names subscription and resource group; else what the blob and its container show has to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from driftgate.backends.azure_errors import explained
from driftgate.backends.azure_session import blob_service, caller, managed
from driftgate.backends.azure_settings import AzureSettings
from driftgate.backends.azurerm_lease import properties
from driftgate.backends.base import Fact
from driftgate.backends.rest_facts import asked

_NAME_THEM = "set resource_group_name and subscription_id in the block, for Azure Resource Manager to be asked"
_VERSIONS = "az storage account blob-service-properties update --enable-versioning true"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a state is; `snapshot`: one is taken before each write."""

    settings: AzureSettings
    container: str
    name: str
    snapshot: bool = False

    def blob(self) -> Any:
        """The blob's properties, None where there is none. Raises BackendError, as all here."""
        with explained("read", f"azurerm://{self.settings.account}/{self.container}/{self.name}", self.settings):
            return properties(self._client().get_blob_client(self.name))

    def opened(self) -> Any:
        """The container's properties."""
        with explained("look at", f"container {self.container}", self.settings):
            return self._client().get_container_properties()

    def managed(self, path: str = "") -> Any:
        """The account's properties by Resource Manager, which takes no key: it is Entra ID's login that asks."""
        login = replace(self.settings, access_key="", sas_token="", entra=True)
        with explained("look at", f"storage account {self.settings.account}", login):
            return managed(self.settings, path)["properties"]

    @property
    def by_manager(self) -> bool:
        """Whether Resource Manager can be asked at all."""
        return bool(self.settings.subscription and self.settings.resource_group)

    def _client(self) -> Any:
        return blob_service(self.settings).get_container_client(self.container)


def facts(kept: Kept) -> Iterator[Fact]:
    """What can be found out; what Resource Manager or Blob Storage will not tell is not known, with what it takes."""
    yield asked("identity", lambda: _identity(kept.settings))
    yield asked("versioned", lambda: _versioned(kept))
    yield asked("encrypted", lambda: _encrypted(kept))
    yield asked("private", lambda: _private(kept))


def _identity(settings: AzureSettings) -> Fact:
    with explained("read", f"who asks storage account {settings.account}", settings):
        name = caller(settings)
    return Fact("identity", True if name else None, name or "not known: the token does not say whose it is")


def _versioned(kept: Kept) -> Fact:
    if kept.snapshot:
        return Fact("versioned", True, "each write takes a snapshot first (snapshot = true)")
    if kept.by_manager:
        if kept.managed("/blobServices/default").get("isVersioningEnabled"):
            return Fact("versioned", True, "the account keeps old versions")
        return Fact(
            "versioned", False, "the account keeps no old versions",
            f"set snapshot = true in the block, or switch them on: `{_VERSIONS} -n {kept.settings.account}`",
        )  # fmt: skip
    stored = kept.blob()
    if stored is not None and stored.version_id:
        return Fact("versioned", True, "the account keeps old versions: the state has a version id")
    return Fact(
        "versioned", None, "not readable here: Blob Storage does not say whether the account keeps old versions",
        f"{_NAME_THEM}; or set snapshot = true",
    )  # fmt: skip


def _encrypted(kept: Kept) -> Fact:
    """Azure encrypts whatever is written; what is still in clear was written before it did (2017)."""
    blob = kept.blob()
    if blob is not None and blob.server_encrypted is False:
        return Fact("encrypted", False, "the state is stored in clear", "write it again: Azure encrypts what it stores")
    default = kept.opened().encryption_scope if blob is None else None
    scope = default.default_encryption_scope if default else blob and blob.encryption_scope
    if scope and not scope.startswith("$"):  # $account-encryption-key stands for none
        return Fact("encrypted", True, f"with the key of the encryption scope {scope}")
    return Fact("encrypted", True, "with the account's key")


def _private(kept: Kept) -> Fact:
    """The container's own access counts now, the account's leave for it keeps it as it is."""
    level, name = kept.opened().public_access, kept.settings.account
    if level:
        return Fact(
            "private", False, f"everybody can read in the container (public access: {level})",
            f"`az storage container set-permission --public-access off -n {kept.container} --account-name {name}`",
        )  # fmt: skip
    if not kept.by_manager:
        said = "closed to strangers now; whether the account lets that be changed is not readable here"
        return Fact("private", None, said, _NAME_THEM)
    allowed = kept.managed().get("allowBlobPublicAccess")
    if allowed is False:
        return Fact("private", True, "the account forbids public access")
    said = (
        "nothing keeps it from being made public" if allowed else "whether that can be changed the account leaves open"
    )
    mend = f"`az storage account update --allow-blob-public-access false -n {name}`"
    return Fact("private", False if allowed else None, f"closed to strangers now; {said}", mend)

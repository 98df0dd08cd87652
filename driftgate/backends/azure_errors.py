"""What Azure's errors mean to someone who wants to reach a state: one line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core import exceptions as core
from azure.identity import CredentialUnavailableError

from driftgate.backends.azure_session import who
from driftgate.backends.azure_settings import AzureSettings
from driftgate.backends.base import BackendError, NoAnswerError

_READER = "the role Storage Blob Data Reader on the container"
_CONTRIBUTOR = "the role Storage Blob Data Contributor on the container"
_ROLE = {
    "read": _READER,
    "list": _READER,
    "write": _CONTRIBUTOR,
    "lock": _CONTRIBUTOR,
    "unlock": _CONTRIBUTOR,
    "delete": _CONTRIBUTOR,
    "look at": "the role Reader on it, or Storage Blob Data Reader on a container",
}
_LOG_IN = "log in again (`az login`) or renew the secret, the certificate or the token"
# https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-error-codes
_BY_CODE = {
    "AccountIsDisabled": ("the storage account is disabled", "have it enabled, or check storage_account_name"),
    "AuthorizationFailure": (
        "the storage account's firewall lets this network not in",
        "allow this network on the account, or go through its private endpoint",
    ),
    "AuthorizationProtocolMismatch": ("the SAS token is for another protocol", "renew sas_token with https allowed"),
    "ContainerBeingDeleted": ("the container is being deleted", "restore the container, or check container_name"),
    "ContainerNotFound": ("the container does not exist", "check container_name and storage_account_name"),
    "KeyBasedAuthenticationNotPermitted": (
        "the storage account takes no account keys",
        "set use_azuread_auth = true, or ARM_USE_AZUREAD=true",
    ),
    "LeaseIdMissing": ("it is locked", "wait for the lock; `dg state locks` shows who holds it"),
    "LeaseIdMismatchWithBlobOperation": ("the lock is no longer ours", "`dg state locks` shows who holds it"),
    "LeaseLost": ("the lock is no longer ours", "see whether somebody else wrote meanwhile"),
    "LeaseNotPresentWithBlobOperation": ("the lock is no longer ours", "see whether somebody else wrote meanwhile"),
}
_REJECTED = frozenset({"AuthenticationFailed", "InvalidAuthenticationInfo"})
_NOT_ONE = "failed to retrieve a token from the included credentials"  # a chain says it in words only
_DENIED = frozenset({"AuthorizationPermissionMismatch", "InsufficientAccountPermissions", "AuthorizationFailed"})


@contextmanager
def explained(doing: str, where: str, settings: AzureSettings) -> Iterator[None]:
    """Whatever Azure's SDK raises in the block comes out as a BackendError that says `cannot DOING WHERE`.

    `doing` is one of the keys of _ROLE.
    """
    try:
        yield
    except (core.AzureError, OSError, ValueError, KeyError) as error:
        why, next_step = _explain(error, doing, settings)
        kind = NoAnswerError if _silent(error) else BackendError
        raise kind(f"cannot {doing} {where}: {why}", next_step=next_step) from None


def code_of(error: core.AzureError) -> str:
    """The service's own code of an error, "" when it has none."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def _explain(error: Exception, doing: str, settings: AzureSettings) -> tuple[str, str]:
    if isinstance(error, CredentialUnavailableError) or _NOT_ONE in str(error):
        return "no usable Azure credentials", "log in with `az login`, or set ARM_CLIENT_ID and what goes with it"
    if isinstance(error, core.ServiceRequestError | core.ServiceResponseError):
        return _unreachable(error, settings)
    if isinstance(error, core.HttpResponseError):
        return _answered(error, doing, settings)
    if isinstance(error, core.ClientAuthenticationError):
        return f"Entra ID does not accept the login ({_line(error)})", _LOG_IN
    return _line(error), "check the backend's settings"


def _answered(error: core.HttpResponseError, doing: str, settings: AzureSettings) -> tuple[str, str]:
    """Azure said no: with which code."""
    code, status = code_of(error), error.status_code
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code in _REJECTED and (settings.access_key or settings.sas_token):
        return (
            "the key or the SAS token is not accepted or has expired",
            "renew access_key (ARM_ACCESS_KEY) or sas_token (ARM_SAS_TOKEN); check the clock of this machine",
        )
    if code in _DENIED or status == 403:
        name = who(settings)
        return "access denied" + (f" to {name}" if name else ""), f"grant {_ROLE[doing]}"
    if isinstance(error, core.ClientAuthenticationError):
        return f"Entra ID does not accept the login ({_line(error)})", _LOG_IN
    return f"Azure answered {code or status}: {_line(error)}", "check the backend's settings"


def _unreachable(error: core.AzureError, settings: AzureSettings) -> tuple[str, str]:
    text = _line(error)
    if _untrusted(text):
        return f"the server's certificate is not trusted ({text})", "name the CA with SSL_CERT_FILE"
    if "resolve" in text.lower() or "Name or service not known" in text:
        return (
            f"no host of that name: storage account {settings.account} is not there, or not to be seen from here",
            "check storage_account_name, environment, and the DNS of a private endpoint",
        )
    return text, "check storage_account_name, the proxy settings and the network"


def _silent(error: Exception) -> bool:
    return isinstance(error, core.ServiceRequestError | core.ServiceResponseError) and not _untrusted(_line(error))


def _untrusted(text: str) -> bool:
    return "certificate" in text.lower() or "SSL" in text


def _line(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error)
    return " ".join(text.split())[:300]

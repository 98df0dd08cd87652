"""What Google's errors mean to someone who wants to reach a state: one line, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud.storage.exceptions import DataCorruption
from requests import exceptions as http

from driftgate.backends.base import NO_HEADER, BackendError, NoAnswerError

LOG_IN = "log in again (`gcloud auth application-default login`) or renew the token or the key"
_NEEDED = {
    "read": "storage.objects.get and storage.objects.list (without it a missing state reads as denied)",
    "write": "storage.objects.create, and storage.objects.delete to replace what is there",
    "lock": "storage.objects.create and storage.objects.get",
    "unlock": "storage.objects.delete",
    "delete": "storage.objects.delete",
    "list": "storage.objects.list",
    "look at": "storage.buckets.get",
    "see who may read": "storage.buckets.getIamPolicy",
}
# The SDK takes for granted that an answer is Google's.
_STRANGE = (AttributeError, TypeError, KeyError)
_FAILURES = (
    api.GoogleAPIError, auth.GoogleAuthError, http.RequestException, DataCorruption, OSError, ValueError, *_STRANGE
)  # fmt: skip


@contextmanager
def explained(doing: str, where: str, who: Callable[[], str]) -> Iterator[None]:
    """Whatever Google's SDK raises in the block comes out as a BackendError that says `cannot DOING WHERE`.

    `doing` is one of the keys of _NEEDED; `who` finds out the account, for denials.
    """
    try:
        yield
    except _FAILURES as error:
        why, next_step = _explain(error, doing, where, who)
        kind = NoAnswerError if _silent(error) else BackendError
        raise kind(f"cannot {doing} {where}: {why}", next_step=next_step) from None


def _explain(error: Exception, doing: str, where: str, who: Callable[[], str]) -> tuple[str, str]:
    if isinstance(error, api.RetryError) and isinstance(error.cause, Exception):
        return _explain(error.cause, doing, where, who)
    if isinstance(error, api.GoogleAPICallError):
        return _answered(error, doing, where, who)
    if isinstance(error, auth.GoogleAuthError):
        return _unauthenticated(error)
    if isinstance(error, http.SSLError):
        return (
            f"the server's certificate is not trusted ({_line(error)})",
            "name the CA with SSL_CERT_FILE or REQUESTS_CA_BUNDLE",
        )
    if isinstance(error, DataCorruption):
        return (
            "what arrived does not match the checksum that Google keeps",
            "try again; if it stays, the object is damaged",
        )
    if isinstance(error, _STRANGE):
        return (
            "the server's answer is not as Google's are",
            "check storage_custom_endpoint, and whether a proxy or a login page stands before it",
        )
    if isinstance(error, http.InvalidHeader):
        return NO_HEADER, LOG_IN
    if isinstance(error, http.RequestException):
        return _line(error), "check storage_custom_endpoint, the proxy settings and the network"
    return _line(error), "check the backend's settings"


def _silent(error: Exception) -> bool:
    cause = error.cause if isinstance(error, api.RetryError) else error
    return isinstance(cause, http.ConnectionError | http.Timeout) and not isinstance(cause, http.SSLError)


def _answered(error: api.GoogleAPICallError, doing: str, where: str, who: Callable[[], str]) -> tuple[str, str]:
    """Google said no: with which status."""
    message = _line(error)
    if isinstance(error, api.Unauthorized):
        return "the Google credentials are not accepted or have expired", LOG_IN
    if isinstance(error, api.Forbidden):
        account = who()
        if "retention" in message or "hold" in message.lower():
            return f"the bucket forbids it ({message})", "look at the bucket's retention policy and the object's holds"
        denied = f"access denied to {account}" if account else "access denied"
        return denied, f"grant {_NEEDED[doing]}, or use other credentials"
    if isinstance(error, api.NotFound):
        bucket = where.removeprefix("gs://").partition("/")[0]
        return f"bucket {bucket} does not exist", "check the bucket's name, the project and the endpoint"
    if "encrypt" in message.lower():
        return (
            "it is encrypted with a customer-supplied key, and the one given does not fit",
            "set encryption_key or GOOGLE_ENCRYPTION_KEY to the key it was written with",
        )
    return f"Google answered {error.code}: {message}", "check the backend's settings"


def _unauthenticated(error: auth.GoogleAuthError) -> tuple[str, str]:
    if isinstance(error, auth.DefaultCredentialsError):
        return (
            f"no usable Google credentials ({_line(error)})",
            "set GOOGLE_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
        )
    if isinstance(error, auth.RefreshError):
        text = _line(error)
        if "impersonat" in text.lower():
            return (
                f"the service account cannot be impersonated ({text})",
                "grant roles/iam.serviceAccountTokenCreator on it to the account that asks",
            )
        return "the Google credentials are not accepted or have expired", LOG_IN
    return _line(error), "check the network and the metadata server"


def _line(error: Exception) -> str:
    text = error.message if isinstance(error, api.GoogleAPICallError) else str(error)
    return " ".join(str(text).split())[:300]

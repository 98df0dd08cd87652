"""Google credentials and storage clients, one pooled client for each set of settings."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable
from typing import Any

import google.auth
import requests
from google.api_core.retry import Retry
from google.auth import impersonated_credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from google.oauth2 import credentials as oauth2
from requests.adapters import HTTPAdapter

from driftgate.backends.base import BackendError
from driftgate.backends.gcs_settings import GcsSettings

TIMEOUT = (5, 60)
"""Seconds to connect and to wait for an answer."""
RETRY_SECONDS = 30.0
CONNECTIONS = 32
SCOPE = "https://www.googleapis.com/auth/devstorage.full_control"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"

_STORAGE, _TOKENS = "https://storage.googleapis.com", "https://oauth2.googleapis.com"

_clients: dict[GcsSettings, Any] = {}
_lock = threading.Lock()


def storage_client(settings: GcsSettings) -> Any:
    """The storage client for `settings`, shared by all threads and made on first use.

    Raises BackendError for credentials that are none, and whatever google-auth raises while it looks for some.
    """
    with _lock:
        if settings not in _clients:
            tokens = Request(_prepared(requests.Session(), settings, _TOKENS))
            session = AuthorizedSession(_identity(settings), auth_request=tokens)
            _prepared(session, settings, settings.endpoint or _STORAGE)
            session.hooks["response"].append(_read_refusal)
            options = {"api_endpoint": settings.endpoint} if settings.endpoint else None
            client = storage.Client(
                project=None, credentials=session.credentials, _http=session, client_options=options
            )
            # It would ask for the bucket's project for its traces: a request, and a permission that readers lack.
            client._bucket_metadata_cache = None
            _clients[settings] = client
        return _clients[settings]


def retries(on_error: Callable[[Exception], object] | None = None) -> Any:
    """The SDK's own retries; `on_error` hears of each failure that is tried again."""
    return Retry(predicate=DEFAULT_RETRY._predicate, timeout=RETRY_SECONDS, on_error=on_error)


def account(settings: GcsSettings) -> str:
    """The e-mail address of the account that asks; "" for a user's token, which does not say."""
    try:
        identity = storage_client(settings)._credentials
    except (GoogleAuthError, BackendError):
        return ""
    names = (str(getattr(identity, name, "") or "") for name in ("service_account_email", "signer_email", "account"))
    return next((name for name in names if name not in ("", "default")), "")  # default: of a metadata server, unasked


def _prepared(session: requests.Session, settings: GcsSettings, url: str) -> requests.Session:
    """The session, made ready for the host of `url` as the environment said when the settings were read."""
    session.trust_env = False
    session.verify = settings.ca_bundle or True
    for scheme in ("https", "http"):
        session.mount(f"{scheme}://", HTTPAdapter(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS))
        proxy = settings.proxies.through(f"{scheme}://{url.partition('://')[2]}")
        if proxy:
            session.proxies[scheme] = proxy
    return session


def _read_refusal(response: Any, *_args: object, **_options: object) -> None:
    """Free the connection of an answer that is no download: the SDK leaves its body unread."""
    if not response.ok:
        response.content  # noqa: B018  # reads it


def _identity(settings: GcsSettings) -> Any:
    """google-auth's credentials; Google is not asked before first use."""
    scopes = [CLOUD] if settings.impersonate else [SCOPE]
    identity = _source(settings, scopes)
    if not settings.impersonate:
        return identity
    return impersonated_credentials.Credentials(
        source_credentials=identity,
        target_principal=settings.impersonate,
        delegates=list(settings.delegates),
        target_scopes=[SCOPE],
    )


def _source(settings: GcsSettings, scopes: list[str]) -> Any:
    if settings.access_token:
        return oauth2.Credentials(settings.access_token)
    with warnings.catch_warnings():  # that whoever sets the credentials must be trusted; terraform trusts them too
        warnings.simplefilter("ignore", DeprecationWarning)
        if settings.credentials:
            return google.auth.load_credentials_from_dict(_document(settings.credentials), scopes=scopes)[0]
        if settings.default_file:
            return google.auth.load_credentials_from_file(settings.default_file, scopes=scopes)[0]
        return google.auth.default(scopes=scopes)[0]


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise BackendError(
            "backend gcs: credentials are neither a file nor JSON",
            next_step="check `credentials`, GOOGLE_BACKEND_CREDENTIALS or GOOGLE_CREDENTIALS",
        )
    return document

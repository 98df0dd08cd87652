"""The settings of a `gcs` backend: who asks Google and how. Pure, but for reading key files.

Honoured, with Terraform's environment fallbacks: bucket prefix (in `where.py`) · access_token
(GOOGLE_OAUTH_ACCESS_TOKEN), else credentials (GOOGLE_BACKEND_CREDENTIALS, GOOGLE_CREDENTIALS; a file's path or the
JSON itself), else application default credentials · impersonate_service_account
(GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT, GOOGLE_IMPERSONATE_SERVICE_ACCOUNT)
impersonate_service_account_delegates · encryption_key (GOOGLE_ENCRYPTION_KEY; a file's path or the base64 itself) ·
kms_encryption_key (GOOGLE_KMS_ENCRYPTION_KEY) · storage_custom_endpoint
(GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT, GOOGLE_STORAGE_CUSTOM_ENDPOINT). From the environment too: HTTP_PROXY
HTTPS_PROXY NO_PROXY SSL_CERT_FILE REQUESTS_CA_BUNDLE.

Source: https://developer.hashicorp.com/terraform/language/backend/gcs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.customer_key import customer_key
from driftgate.backends.rest_proxy import NO_PROXIES, Proxies, proxies
from driftgate.backends.where_settings import Settings

_HONOURED = """bucket prefix access_token credentials impersonate_service_account impersonate_service_account_delegates
    encryption_key kms_encryption_key storage_custom_endpoint"""
HONOURED = frozenset(_HONOURED.split())
_API = "/storage/v1"


@dataclass(frozen=True, slots=True)
class GcsSettings:
    """Everything that sets two storage clients apart, hashable: units with equal settings share one client.

    `credentials` is JSON, `default_file` the path that GOOGLE_APPLICATION_CREDENTIALS names, `endpoint` without the
    API's path, `ca_bundle` a file with the authorities to trust.
    """

    access_token: str = field(default="", repr=False)
    credentials: str = field(default="", repr=False)
    default_file: str = ""
    impersonate: str = ""
    delegates: tuple[str, ...] = ()
    endpoint: str = ""
    ca_bundle: str = ""
    proxies: Proxies = NO_PROXIES


def gcs_settings(s: Settings, around: Surroundings) -> GcsSettings:
    """How the backend with settings `s` reaches Google. Raises BackendError for a value that cannot be used."""
    delegates = s.backend.config.get("impersonate_service_account_delegates")
    given = s.get("credentials", "GOOGLE_BACKEND_CREDENTIALS", "GOOGLE_CREDENTIALS")
    endpoint = s.get(
        "storage_custom_endpoint", "GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", "GOOGLE_STORAGE_CUSTOM_ENDPOINT"
    )
    return GcsSettings(
        access_token=s.get("access_token", "GOOGLE_OAUTH_ACCESS_TOKEN"),
        credentials=_contents("credentials", given, around.unit_dir),
        default_file=s.env.get("GOOGLE_APPLICATION_CREDENTIALS", ""),
        impersonate=s.get(
            "impersonate_service_account",
            "GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT",
            "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
        ),
        delegates=tuple(str(name) for name in delegates) if isinstance(delegates, list | tuple) else (),
        endpoint=_base(endpoint),
        ca_bundle=s.env.get("SSL_CERT_FILE") or s.env.get("REQUESTS_CA_BUNDLE", ""),
        proxies=proxies(s.env),
    )


def encryption_key(s: Settings, around: Surroundings) -> bytes | None:
    """The 32 bytes of the customer-supplied key that the state (not its lock) is encrypted with, if any."""
    name, variable = "encryption_key", "GOOGLE_ENCRYPTION_KEY"
    text = _contents(name, s.get(name, variable), around.unit_dir).strip()
    return customer_key(text, backend="gcs", setting=name, variable=variable)


def _contents(name: str, text: str, unit_dir: Path) -> str:
    """What is in the file that `text` names, else `text` itself, as terraform takes it."""
    if not text or text.lstrip().startswith("{"):
        return text
    path = unit_dir / Path(text).expanduser()
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BackendError(
            f"backend gcs: {name} names a file that cannot be read ({type(error).__name__})",
            next_step="check the path and its permissions",
        ) from None
    return text


def _base(endpoint: str) -> str:
    """`https://host` of `https://host/storage/v1/b`: Go's client wants the API's path in it, Python's does not."""
    if not endpoint:
        return ""
    parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    return f"{parts.scheme}://{parts.netloc}{parts.path.partition(_API)[0].rstrip('/')}"

"""`[backup] destination` to a store: a folder, `s3://bucket/prefix?region=…`, `gs://bucket/prefix`,
`azurerm://account/container/prefix`. The kinds are a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.backups.store import Store

_STORES = {
    # URL scheme: (module:function(host, path, settings, env), extra, package)
    "s3": ("driftgate.safety.backups.s3_store:open_s3_store", "aws", "boto3"),
    "gs": ("driftgate.safety.backups.gcs_store:open_gcs_store", "gcp", "google-cloud-storage"),
    "azurerm": ("driftgate.safety.backups.azure_store:open_azure_store", "azure", "azure-storage-blob"),
}


def open_store(destination: str, env: Mapping[str, str]) -> Store:
    """The store that `destination` names: a folder, or a bucket and a prefix, and in the query settings as the backend
    of that type has them.

    Raises BackupError for what cannot be used, MissingExtra.
    """
    scheme, colon, _ = destination.partition("://")
    if not colon:
        return LocalStore(Path(destination))
    if scheme == "file":
        return LocalStore(Path(destination.removeprefix("file://")))
    if scheme not in _STORES:
        known = ", ".join(f"{name}://" for name in sorted(_STORES))
        raise BackupError(f"backups cannot go to {scheme}://", next_step=f"name a folder, or one of {known}")
    module, extra, package = _STORES[scheme]
    url = urlsplit(destination)
    if not url.netloc:
        raise BackupError(f"`{destination}` names no bucket", next_step=f"write {scheme}://NAME/prefix")
    prefix = url.path.strip("/")
    return _opener(module, extra, package)(url.netloc, f"{prefix}/" if prefix else "", dict(parse_qsl(url.query)), env)


def _opener(module: str, extra: str, package: str) -> Callable[[str, str, Mapping[str, str], Mapping[str, str]], Store]:
    name, _, function = module.partition(":")
    try:
        found: Callable[[str, str, Mapping[str, str], Mapping[str, str]], Store] = getattr(
            import_module(name), function
        )
    except ImportError:
        raise MissingExtra(package, extra, "keeping backups there") from None
    return found

"""Terraform's lock on a blob: an infinite lease whose id is the lock's, and the lock record in the blob's metadata.

All functions raise the SDK's own errors. A first lock makes an empty blob: a lease needs one.
"""

from __future__ import annotations

import base64
import time
from contextlib import suppress
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobLeaseClient, ContentSettings

from driftgate.backends.azure_errors import code_of
from driftgate.backends.lock import LockInfo

RECORD = "terraformlockid"
JSON = ContentSettings(content_type="application/json")
_PAUSES = (0.1, 0.3, 0.6)
UNRECORDED = "lease-without-record"
"""The id of a holder that has left no record: a writer that ended between leasing and recording."""


def take(blob: Any, info: LockInfo) -> bool:
    """Lease the blob under `info.id`, a UUID, and record `info` there; False when somebody else has it."""
    if properties(blob) is None:
        with suppress(ResourceExistsError):  # somebody else was quicker; whose the lease is will be seen
            blob.upload_blob(b"", overwrite=False, content_settings=JSON)
    try:
        blob.acquire_lease(lease_duration=-1, lease_id=info.id)
    except BaseException as error:
        if isinstance(error, HttpResponseError) and error.status_code == 409:
            return False
        with suppress(AzureError):  # the answer may be lost, and the lease taken
            BlobLeaseClient(blob, lease_id=info.id).release(retry_total=0)
        raise
    try:
        _record(blob, info.id, base64.b64encode(info.to_json()).decode())
    except BaseException:
        _release(blob, info.id)  # a lease without a record can only be broken
        raise
    return True


def holder(blob: Any) -> LockInfo | None:
    """Who has the lease; a record without one is a leftover and holds nothing.

    A lease without a record is looked at again for a second: whoever is just locking writes the record next.
    """
    for pause in (*_PAUSES, 0.0):
        seen = properties(blob)
        if seen is None or seen.lease.status != "locked":
            return None
        record = _metadata(seen).get(RECORD, "")
        with suppress(ValueError):
            return LockInfo.from_json(base64.b64decode(record))
        time.sleep(pause)
    return LockInfo(UNRECORDED, "", "", "", info="the lease has no lock record")


def give_back(blob: Any, lock_id: str) -> str:
    """Remove the record and end the lease that is held under `lock_id`; why not, when it is not."""
    now = holder(blob)
    if now is None:
        return "" if properties(blob) is None else "it is not locked"  # the lease ended with a blob that was deleted
    if now.id != lock_id:
        return "it is locked under another id"
    _record(blob, lock_id, None)
    _release(blob, lock_id)
    return ""


def break_(blob: Any, lock_id: str) -> str:
    """End the lease whose holder is `lock_id`, whatever the lease's own id is; why not, when it is another."""
    now = holder(blob)
    if now is None:
        return "it is not locked"
    if now.id != lock_id:
        return "it is locked under another id"
    BlobLeaseClient(blob).break_lease(lease_break_period=0)
    _record(blob, None, None)
    return ""


def _record(blob: Any, lease: str | None, record: str | None) -> None:
    """Set or remove the record, all other metadata kept."""
    seen = blob.get_blob_properties(lease=lease)
    kept = {name: value for name, value in (seen.metadata or {}).items() if name.lower() != RECORD}
    blob.set_blob_metadata(kept | ({RECORD: record} if record else {}), lease=lease)


def _release(blob: Any, lock_id: str) -> None:
    try:
        BlobLeaseClient(blob, lease_id=lock_id).release()
    except AzureError:
        if holder(blob) is not None:  # else it was our own request, repeated by the SDK
            raise


def properties(blob: Any) -> Any:
    """The blob's properties, None when there is no such blob."""
    try:
        return blob.get_blob_properties()
    except ResourceNotFoundError as error:
        if code_of(error) != "BlobNotFound":
            raise
        return None


def _metadata(seen: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in (seen.metadata or {}).items()}

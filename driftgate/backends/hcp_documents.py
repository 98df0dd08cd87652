"""Documents of HCP Terraform's API, and what is read out of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from driftgate.backends.base import BackendError, Version
from driftgate.backends.hcp_api import Document

UNREADABLE = frozenset({"pending", "discarded", "backing_data_soft_deleted", "backing_data_permanently_deleted"})


class Header(msgspec.Struct):
    """What the service is told of a state beside its bytes."""

    serial: int = 0
    lineage: str = ""


def header_of(data: bytes, where: str) -> Header:
    """Raises BackendError when `data`, to be stored at `where`, is no state."""
    try:
        return msgspec.json.decode(data, type=Header)
    except ValueError:
        raise BackendError(
            f"cannot write {where}: what should be stored is no state", next_step="give it a state file of version 4"
        ) from None


def typed(kind: str, attributes: Document) -> Document:
    return {"data": {"type": kind, "attributes": attributes}}


def included(document: Document) -> dict[str, Document]:
    """What came along with a document, by id."""
    return {str(thing["id"]): thing for thing in document.get("included") or ()}


def related(document: Document, name: str) -> dict[str, Any]:
    """The `id` and `type` of a related document, {} for none."""
    return dict(((document.get("relationships") or {}).get(name) or {}).get("data") or {})


def holder_name(thing: Document, by: Document) -> str:
    """A user or team by its name, anything else, such as a run, by its id."""
    attributes = thing.get("attributes") or {}
    name = attributes.get("username") or attributes.get("name") or by.get("id") or ""
    kind = str(by.get("type") or "")
    return f"{kind.removesuffix('s')} {name}" if kind in ("runs", "teams") else str(name)


def version_of(version: Document, authors: dict[str, Document], *, current: bool) -> Version:
    """A state version as ours; `authors` are the documents that came along."""
    attributes, by = version["attributes"], related(version, "created-by") or related(version, "run")
    created = datetime.fromisoformat(str(attributes["created-at"]).replace("Z", "+00:00")).astimezone(UTC)
    return Version(
        str(version["id"]),
        created.isoformat().replace("+00:00", "Z"),
        size=attributes.get("size"),
        current=current,
        author=holder_name(authors.get(by.get("id", ""), {}), by) if by else "",
        serial=attributes.get("serial"),
    )

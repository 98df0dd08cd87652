"""Bytes to `StateFile`: reads state versions 1 to 4 and has anything else explained."""

from __future__ import annotations

import codecs
from typing import Annotated, TypeVar

import msgspec
from msgspec import Raw

from driftgate.collector import collector_paused
from driftgate.state.diagnose import CURRENT, RESTORE, diagnose
from driftgate.state.file import NULL, EncryptedStateError, Output, Resource, StateError, StateFile
from driftgate.state.legacy import upgrade
from driftgate.state.snapshot import SnapshotMeta

_CHUNK = 1 << 20


class _Header(msgspec.Struct, frozen=True, gc=False):
    version: int
    terraform_version: str | None = None
    serial: Annotated[int, msgspec.Meta(ge=0)] | None = 0
    lineage: str | None = None
    modules: Raw = NULL
    backend: Raw = NULL
    encryption_version: Raw = NULL

    @property
    def meta(self) -> SnapshotMeta:
        return SnapshotMeta(self.serial or 0, self.lineage or "", self.terraform_version or "")


class _Document(_Header, frozen=True, gc=False):
    outputs: dict[str, Output] | None = None
    resources: tuple[Resource, ...] | None = None


class _Clear(msgspec.Struct, frozen=True):
    serial: int | None = 0
    lineage: str | None = ""


_Shape = TypeVar("_Shape", _Header, _Document)


def parse_state(data: bytes, source: str = "the state") -> StateFile:
    """The state in `data`, which must not be empty; `source` names it in errors.

    Raises StateError that says what the bytes are when they are no usable state, EncryptedStateError for OpenTofu's.
    """
    document = _decode(data, source, _Document)
    if document.version < CURRENT:
        outputs, resources = upgrade(document.modules, document.version, source)
    else:
        outputs, resources = document.outputs or {}, document.resources or ()
    return StateFile(data, document.version, document.meta, outputs, resources)


def parse_meta(data: bytes, source: str = "the state") -> SnapshotMeta:
    """Serial, lineage and writer's version of the state in `data`, its resources skipped. Raises as `parse_state`."""
    return _decode(data, source, _Header).meta


def outer_meta(data: bytes, source: str = "the state") -> SnapshotMeta:
    """As `parse_meta`, and also of a state that OpenTofu encrypted: it leaves serial and lineage in clear text."""
    try:
        return parse_meta(data, source)
    except EncryptedStateError:
        pass
    try:
        clear = msgspec.json.decode(data, type=_Clear)
    except ValueError as error:
        raise StateError(f"{source} is a damaged encrypted state ({error})", next_step=RESTORE) from None
    return SnapshotMeta(clear.serial or 0, clear.lineage or "", "")


def _decode(data: bytes, source: str, shape: type[_Shape]) -> _Shape:
    try:
        with collector_paused():
            document = msgspec.json.decode(data, type=shape)
        _check_text(data)
    except (ValueError, RecursionError) as error:
        raise diagnose(data, source, error) from None
    if not 1 <= document.version <= CURRENT or _given(document.encryption_version) or _is_backend_file(document):
        raise diagnose(data, source, None)
    return document


def _check_text(data: bytes) -> None:
    """Raises UnicodeDecodeError for what is not UTF-8, which decoding overlooks in the values that it keeps raw."""
    if not data.isascii():
        decoder = codecs.getincrementaldecoder("utf-8")()
        for start in range(0, len(data), _CHUNK):  # a whole copy as text would double the memory
            decoder.decode(data[start : start + _CHUNK])


def _given(raw: Raw) -> bool:
    return bytes(raw) != b"null"


def _is_backend_file(header: _Header) -> bool:
    """`.terraform/terraform.tfstate` says version 3 too; terraform < 0.12 writes empty modules beside the backend."""
    return header.version == 3 and _given(header.backend) and upgrade(header.modules, 3, "") == ({}, ())

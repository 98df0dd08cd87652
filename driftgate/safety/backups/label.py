"""What a backup says of itself, and the names it goes by. Pure; docs/disaster-recovery.md has it for people."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from driftgate.safety.backup import Subject
from driftgate.safety.canonical import canonical

FORMAT = "driftgate-backup"
VERSION = 1
ROOT = "v1"
LABEL_SUFFIX = ".json"
_BODY = re.compile(r"v1/([^/]+)/([^/]+)/(\d+|unknown)-([0-9a-f]{32})\.tfstate\.zst(?:\.age|\.aes)?")


@dataclass(frozen=True, slots=True)
class Label:
    """A backup's own words: which state it holds, when and why it was made, how it is sealed.

    `created` is RFC 3339 in UTC, `size` the state's bytes, `sealing` how to open it (`seal.py`). `stored` is the
    SHA-256 of the file, known only to the label beside it and only where the same process wrote both.
    """

    id: str
    subject: Subject
    created: str
    reason: str = ""
    size: int | None = None
    sealing: Mapping[str, Any] = field(default_factory=dict)
    stored: str = ""

    def document(self) -> dict[str, Any]:
        """The label as the JSON tree that stands in the backup's header."""
        return {
            "format": FORMAT,
            "v": VERSION,
            "id": self.id,
            "identity": self.subject.identity,
            "unit": self.subject.unit,
            "workspace": self.subject.workspace,
            "lineage": self.subject.lineage,
            "serial": self.subject.serial,
            "created": self.created,
            "reason": self.reason,
            "size": self.size,
            "sealing": dict(self.sealing),
        }

    def to_json(self) -> bytes:
        """The label as the file beside the backup."""
        return canonical({**self.document(), **({"stored_sha256": self.stored} if self.stored else {})}) + b"\n"


def parse_label(data: bytes) -> Label:
    """The label in `data`. Raises ValueError when it is none of ours."""
    try:
        given = json.loads(data)
        if given["format"] != FORMAT or given["v"] != VERSION:
            raise ValueError(f"not version {VERSION} of {FORMAT}")
        serial, size = given["serial"], given["size"]
        subject = Subject(
            str(given["identity"]),
            str(given["unit"]),
            str(given["workspace"]),
            str(given["lineage"]),
            None if serial is None else int(serial),
        )
        return Label(
            str(given["id"]),
            subject,
            str(given["created"]),
            str(given["reason"]),
            None if size is None else int(size),
            dict(given["sealing"]),
            str(given.get("stored_sha256", "")),
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no label of a backup ({type(error).__name__}: {error})") from None


def content_id(data: bytes, subject: Subject, keys: Sequence[str]) -> str:
    """The id under which these bytes of this state are kept, sealed for these `keys` (their names; none: in clear).

    It is as public as a file's name. So that nobody can try passwords against it, the hash of a sealed state is
    drawn through scrypt (RFC 7914) first: each guess costs what a guess at a login costs.
    """
    place = canonical([subject.identity, subject.workspace, subject.lineage, subject.serial, *sorted(keys)])
    digest = hashlib.sha256(data).digest()
    if keys:
        salt = hashlib.sha256(place).digest()
        digest = hashlib.scrypt(digest, salt=salt, n=2**14, r=8, p=1, dklen=32, maxmem=2**26)
    return hashlib.sha256(place + b"\n" + digest.hex().encode()).hexdigest()[:32]


def body_name(label: Label, suffix: str) -> str:
    """The name of the backup's file in its store, `/` between folders; names sort by state and serial."""
    serial = "unknown" if label.subject.serial is None else f"{label.subject.serial:012d}"
    lineage = _plain(label.subject.lineage) or "no-lineage"
    return f"{ROOT}/{_place(label.subject.identity)}/{lineage}/{serial}-{label.id}.tfstate{suffix}"


def fits(label: Label, name: str) -> bool:
    """Whether `name` is that of the backup with this label."""
    return name.startswith(body_name(label, "."))


def is_body(name: str) -> bool:
    """Whether this name in a store is a backup's, and not a label's or somebody else's."""
    return _BODY.fullmatch(name) is not None


def from_name(name: str) -> Label:
    """What the name of a backup alone tells; its identity is a readable rest and a hash. Needs `is_body(name)`."""
    found = _BODY.fullmatch(name)
    assert found
    place, lineage, serial, id_ = found.groups()
    subject = Subject(place, "", "", lineage, None if serial == "unknown" else int(serial))
    return Label(id_, subject, "")


def _place(identity: str) -> str:
    return f"{_plain(identity)[:60]}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def _plain(text: str) -> str:
    """`text` as a safe part of a file's name: nothing but ASCII letters, digits, `.`, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:80]

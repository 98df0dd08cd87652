"""What is said about a plan, and by whom: asked for, granted, denied, used. Signed; nothing in it can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from driftgate.errors import DriftgateError, ExitCode
from driftgate.safety.canonical import canonical
from driftgate.safety.signing import SigningKey, VerifyKey

VERSION = 1


class ApprovalError(DriftgateError):
    """A plan that may not be applied, or a statement that cannot be made."""

    exit_code = ExitCode.APPROVAL


class Kind(StrEnum):
    """What a statement says."""

    REQUEST = "request"
    GRANT = "grant"
    DENIAL = "denial"
    USE = "use"


@dataclass(frozen=True, slots=True)
class Bound:
    """What an approval is for: these bytes of a plan, made from this version of this state."""

    plan_sha256: str
    identity: str
    workspace: str
    lineage: str
    serial: int

    @property
    def id(self) -> str:
        """Names the plan in commands and files."""
        return self.plan_sha256[:20]


@dataclass(frozen=True, slots=True)
class Statement:
    """`by` is who says so of himself, `key` and `signature` prove which key did; a USE has none.

    `created` and `expires` are UTC; a grant is never good for longer than its request. `details` of a request tell
    the approver what the plan does: counts, addresses, why the gate blocked it. No values.
    """

    kind: Kind
    bound: Bound
    by: str
    created: datetime
    expires: datetime
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    signature: str = ""

    @property
    def body(self) -> bytes:
        """What is signed: all but the signature."""
        tree = asdict(self) | {"v": VERSION, "kind": str(self.kind), "details": dict(self.details)}
        tree["created"], tree["expires"] = self.created.isoformat(), self.expires.isoformat()
        return canonical({name: value for name, value in tree.items() if name != "signature"})

    def signed_by(self, keys: list[VerifyKey]) -> VerifyKey | None:
        """The one of `keys` that signed it, None when none did."""
        purpose = _purpose(self.kind)
        found = (key for key in keys if str(key) == self.key and key.verify(self.body, self.signature, purpose=purpose))
        return next(found, None)

    def to_bytes(self) -> bytes:
        return self.body[:-1] + b',"signature":' + msgspec.json.encode(self.signature) + b"}\n"


def sign(statement: Statement, key: SigningKey) -> Statement:
    """`statement`, said by the owner of `key`."""
    unsigned = replace(statement, key=str(key.public), signature="")
    return replace(unsigned, signature=key.sign(unsigned.body, purpose=_purpose(statement.kind)))


def parse_statement(data: bytes) -> Statement | None:
    """The statement in `data`, None when it is none that this version knows. Its signature is not looked at."""
    try:
        tree = msgspec.json.decode(data, type=dict[str, Any])
        if tree.pop("v") != VERSION:
            return None
        return msgspec.convert(tree, Statement)
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        return None


def _purpose(kind: Kind) -> str:
    return f"plan {kind}"

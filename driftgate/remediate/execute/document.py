"""PLAN.json read back: what `dg remediate plan -o json` wrote, as data. Nothing in it is run as it stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from driftgate.errors import DriftgateError

FORMAT_VERSION = "1.1"
KNOWN = frozenset({FORMAT_VERSION})


class DocumentError(DriftgateError):
    """A file that is no plan of a remediation, or one that cannot be executed."""


class StateVersion(msgspec.Struct, frozen=True):
    """The version of a unit's state that the plan was made for; `serial` is None where there was no state."""

    path: str
    workspace: str
    identity: str
    lineage: str
    serial: int | None
    tool: str

    @property
    def key(self) -> tuple[str, str]:
        return self.path, self.workspace


class PatchedFile(msgspec.Struct, frozen=True):
    """A file that a step's patch changes: SHA-256 of its bytes before and after, "" where there is no file."""

    path: str
    before: str
    after: str


class Risk(msgspec.Struct, frozen=True):
    """As the plan told it."""

    destroys: bool = False
    impact: tuple[str, ...] = ()


class DocumentStep(msgspec.Struct, frozen=True):
    """One step: which strategy closes the finding at `address`.

    `changes` are the paths of the attributes that the apply was seen to change, `files` what `patch` does to whom.
    """

    number: int
    strategy: str
    unit: str
    workspace: str
    address: str
    severity: str
    fingerprint: str
    does: str = ""
    cls: str = msgspec.field(name="class", default="")
    attributes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    patch: str = ""
    proved: bool = False
    files: tuple[PatchedFile, ...] = ()
    targets: tuple[str, ...] = ()
    risk: Risk = Risk()
    undo: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The unit's."""
        return self.unit, self.workspace

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the step may touch, as -target takes it: a deposed object goes by its instance."""
        return self.targets or (self.address.partition(" (deposed")[0],)


class Document(msgspec.Struct, frozen=True):
    """The plan; `sha256` is of the file's bytes, which an approval is bound to."""

    format_version: str
    created: str
    units: tuple[StateVersion, ...]
    steps: tuple[DocumentStep, ...]
    var_files: tuple[str, ...] = ()
    sha256: str = ""

    def version_of(self, step: DocumentStep) -> StateVersion:
        """The state that the step was planned for. Raises DocumentError when the document does not say."""
        for version in self.units:
            if version.key == step.key:
                return version
        raise DocumentError(f"step {step.number}: the plan does not say which state of {step.unit} it is for")


def is_document(data: bytes) -> bool:
    """Whether `data` looks like a remediation's plan, of whatever version."""
    try:
        tree = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return "format_version" in tree and "steps" in tree and "left" in tree


def read_document(data: bytes, name: str) -> Document:
    """The plan in `data`, the content of the file `name`. Raises DocumentError for one that cannot be executed."""
    again = "make it with `dg remediate plan -o json --out PLAN.json`"
    if not is_document(data):
        raise DocumentError(f"{name} is no plan of a remediation", next_step=again)
    version = msgspec.json.decode(data, type=dict[str, Any])["format_version"]
    if version not in KNOWN:
        raise DocumentError(
            f"{name} is of format {version}, and this dg executes {', '.join(sorted(KNOWN))}", next_step=again
        )
    try:
        document = msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{name} is damaged: {error}", next_step=again) from None
    numbers = [step.number for step in document.steps]
    if len(set(numbers)) != len(numbers):
        raise DocumentError(f"{name} is damaged: two steps have one number", next_step=again)
    return msgspec.structs.replace(document, sha256=hashlib.sha256(data).hexdigest())


def chosen(document: Document, only: Sequence[int]) -> tuple[DocumentStep, ...]:
    """The steps with these numbers, all for none, in the plan's order. Raises DocumentError for an unknown one."""
    unknown = sorted(set(only) - {step.number for step in document.steps})
    if unknown:
        raise DocumentError(f"the plan has no step {unknown[0]}", next_step=f"it has {len(document.steps)}")
    return tuple(step for step in document.steps if not only or step.number in only)

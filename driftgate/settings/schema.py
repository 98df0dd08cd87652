"""What a team can set, its types and defaults; `load.py` finds the values. docs/configuration.md is made of it.

A section is a struct, a key a field with its description. Environment: `DG_<SECTION>_<KEY>`, lists split at commas.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

SeverityName = Literal["critical", "high", "medium", "low", "info", "none"]
DriftClassName = Literal["missing", "reverted-by-apply", "outside-code", "unmanaged"]
StrategyName = Literal["revert", "accept", "adopt", "move", "forget", "ignore"]
"""What `dg remediate plan` knows to do about a finding."""


class _Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file."""


class DriftSettings(_Section, frozen=True):
    """What counts as drift, and how units are read."""

    fail_on: Annotated[SeverityName, Meta(description="Exit 2 from this severity on; `none`: never.")] = "info"
    strict: Annotated[bool, Meta(description="Anything unread or uncertain is an error too.")] = False
    parallelism: Annotated[int, Meta(ge=1, le=256, description="Units read at once.")] = 4
    terragrunt: Annotated[
        Literal["auto", "binary", "native"],
        Meta(
            description="What plans Terragrunt units: `binary` Terragrunt, `native` our own code, `auto` the binary "
            "where it is on PATH and does the same (docs/terragrunt.md)."
        ),
    ] = "auto"
    ledger: Annotated[
        str,
        Meta(
            description="Folder, `s3://bucket/prefix` or `.sqlite3` file that remembers findings. Unset: your own file."
        ),
    ] = ""


class ReportSettings(_Section, frozen=True):
    """How findings are shown."""

    template_dir: Annotated[
        str, Meta(description="Folder whose templates stand in for those of the same name. Relative to the file.")
    ] = ""
    show_values: Annotated[
        tuple[str, ...],
        Meta(description="Attributes whose values a pull request comment may show, such as `tags.*`, `instance_type`."),
    ] = ()


class WrapSettings(_Section, frozen=True):
    """What `dg terraform`, `dg tofu` and `dg terragrunt` do around a command that changes something."""

    backup: Annotated[bool, Meta(description="Back up the state before.")] = True
    diff: Annotated[bool, Meta(description="Say afterwards what changed in the state.")] = True
    drift_check: Annotated[bool, Meta(description="Scan the unit for drift before.")] = False
    hook_timeout: Annotated[
        float, Meta(gt=0, description="Seconds that all this may take before and after; then it is left out, and said.")
    ] = 30.0


class GateSettings(_Section, frozen=True):
    """When an apply may go on."""

    mode: Annotated[
        Literal["off", "observe", "enforce"],
        Meta(description="`observe` says what it would have blocked; `enforce` blocks, with exit 1."),
    ] = "observe"
    fail_on: Annotated[SeverityName, Meta(description="Drift of this severity or worse blocks.")] = "high"
    max_deletions: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="More resources destroyed or replaced than this block. Unset: any number."),
    ] = None
    protected: Annotated[
        tuple[str, ...], Meta(description="Addresses that may not be destroyed or replaced; `*` matches.")
    ] = ()
    approval: Annotated[bool, Meta(description="Every plan that changes something needs an approval.")] = False
    approvals: Annotated[
        Literal["backups", "git-notes"],
        Meta(description="Where approvals are kept: beside the backups, or in the repo's own git notes."),
    ] = "backups"
    approvers: Annotated[
        tuple[str, ...],
        Meta(description="Public keys (files, or `ed25519:` and base64) whose approvals count."),
    ] = ()
    requesters: Annotated[
        tuple[str, ...],
        Meta(description="Public keys that may ask for approval, besides the approvers' own; nobody grants their own."),
    ] = ()


class BackupSettings(_Section, frozen=True):
    """Where backups of states go, how they are sealed and how long they stay."""

    destination: Annotated[
        str,
        Meta(
            description="A folder, `s3://bucket/prefix`, `gs://bucket/prefix` or `azurerm://account/container/prefix`. "
            "Unset: a folder of the user's, for this machine only."
        ),
    ] = ""
    recipients: Annotated[tuple[str, ...], Meta(description="age public keys to encrypt to.")] = ()
    key_file: Annotated[str, Meta(description="File with the AES-256 key (32 bytes, base64) to encrypt with.")] = ""
    identities: Annotated[
        tuple[str, ...], Meta(description="Files with age private keys that open backups; for machines that restore.")
    ] = ()
    kms_key_id: Annotated[str, Meta(description="AWS KMS key whose data keys encrypt each backup.")] = ""
    keep_last: Annotated[int, Meta(ge=1, description="Backups of a state that `dg backup prune` always keeps.")] = 30
    keep_days: Annotated[int, Meta(ge=0, description="Days for which `dg backup prune` keeps every backup.")] = 90


class AuditSettings(_Section, frozen=True):
    """Where it is recorded who changed what."""

    path: Annotated[str, Meta(description="The log. Unset: a file of the user's, for this machine only.")] = ""
    signing_key: Annotated[str, Meta(description="Ed25519 key that signs checkpoints (`dg audit keygen`).")] = ""
    checkpoint_every: Annotated[int, Meta(ge=1, description="Records between two signed checkpoints.")] = 100


class StrategyRule(_Section, frozen=True):
    """A row of `[[remediate.rules]]`: what to do about a finding that is like all of what the row names. A class,
    severity or strategy may also be a list."""

    strategy: Annotated[
        StrategyName | tuple[StrategyName, ...],
        Meta(description="Required. Of several, the first one that can close it."),
    ]
    unit: Annotated[
        str, Meta(description="Path of the unit, with `*`, `**` and `{a,b}`; a folder means all below it too.")
    ] = ""
    address: Annotated[str, Meta(description="Address, with `*`; a module or a resource means all inside it too.")] = ""
    drift_class: Annotated[
        DriftClassName | tuple[DriftClassName, ...], Meta(description="Class of the finding (docs/drift-classes.md).")
    ] = field(name="class", default=())
    severity: Annotated[
        SeverityName | tuple[SeverityName, ...], Meta(description="Severity of the finding, exactly.")
    ] = ()


class RemediateSettings(_Section, frozen=True):
    """What `dg remediate` does about which finding."""

    rules: Annotated[
        tuple[StrategyRule, ...],
        Meta(
            description="`[[remediate.rules]]`, see below: the first that fits a finding counts. As a variable: JSON."
        ),
    ] = ()


class Settings(_Section, frozen=True):
    """All of them."""

    drift: DriftSettings = field(default_factory=DriftSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    wrap: WrapSettings = field(default_factory=WrapSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    remediate: RemediateSettings = field(default_factory=RemediateSettings)

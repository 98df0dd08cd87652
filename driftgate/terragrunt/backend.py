"""A unit's backend: its `remote_state`, a `generate` block that writes one, or what the module itself says.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#remote_state. Settings that only Terragrunt uses, to
create buckets, are taken off as Terragrunt takes them off (internal/remotestate/backend/*/remote_state_config.go).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from driftgate.hcl.ast import Body
from driftgate.hcl.constant import constant
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse
from driftgate.hcl.values import EvaluationError, Unknown, first_unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.files import Files

TERRAGRUNT_ONLY: Final[dict[str, frozenset[str]]] = {
    "s3": frozenset(
        (
            "accesslogging_bucket_name",
            "accesslogging_bucket_tags",
            "accesslogging_target_object_partition_date_source",
            "accesslogging_target_prefix",
            "bucket_sse_algorithm",
            "bucket_sse_kms_key_id",
            "disable_aws_client_checksums",
            "disable_bucket_update",
            "dynamodb_table_tags",
            "enable_lock_table_ssencryption",
            "s3_bucket_tags",
            "skip_accesslogging_bucket_acl",
            "skip_accesslogging_bucket_enforced_tls",
            "skip_accesslogging_bucket_public_access_blocking",
            "skip_accesslogging_bucket_ssencryption",
            "skip_bucket_accesslogging",
            "skip_bucket_enforced_tls",
            "skip_bucket_public_access_blocking",
            "skip_bucket_root_access",
            "skip_bucket_ssencryption",
            "skip_bucket_tagging",
            "skip_bucket_versioning",
            "skip_location_constraint",
            "skip_object_ownership",
        )
    ),
    "gcs": frozenset(
        (
            "enable_bucket_policy_only",
            "gcs_bucket_labels",
            "location",
            "project",
            "skip_bucket_creation",
            "skip_bucket_versioning",
        )
    ),
    "azurerm": frozenset(
        (
            "access_tier",
            "account_kind",
            "account_replication_type",
            "account_tier",
            "assign_storage_blob_data_owner",
            "enable_soft_delete",
            "location",
            "principal_id",
            "skip_container_creation",
            "skip_resource_group_creation",
            "skip_storage_account_creation",
            "skip_versioning",
            "soft_delete_retention_days",
            "tags",
        )
    ),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """The backend that the configuration states: `source` is where, `unknown` the reason by setting that is not known.

    `generates` says that the backend block is written by Terragrunt, so that the module need not have one.
    """

    type: str
    config: dict[str, object]
    source: str
    unknown: dict[str, str] = field(default_factory=dict)
    generates: bool = True


def stated_backend(config: Context) -> Stated | None:
    """The backend of a unit as far as its configuration says; None leaves it to the module. Raises EvaluationError."""
    remote = config.section("remote_state")
    if isinstance(remote, Unknown):
        return Stated("unknown", {}, "remote_state", {"remote_state": remote.reason})
    if not isinstance(remote, dict):
        return _generated(config)
    settings = remote.get("config")
    if isinstance(remote["backend"], Unknown):
        return Stated("unknown", {}, "remote_state", {"backend": remote["backend"].reason})
    if isinstance(settings, Unknown):
        return Stated(str(remote["backend"]), {}, "remote_state", {"config": settings.reason})
    if settings is not None and not isinstance(settings, dict):
        raise EvaluationError("remote_state: `config` must be a map", where=config.source.shown)
    found = _sorted_out(str(remote["backend"]), settings or {}, "remote_state")
    return Stated(found.type, found.config, found.source, found.unknown, generates=bool(remote.get("generate")))


def module_backend(files: Files, folder: str) -> Stated | None:
    """The backend block of the module in `folder`. What does not parse has none: terraform itself will say so."""
    for name in sorted(files.names(folder)):
        if name.endswith((".tf", ".tofu")):
            try:
                found = _backend_in(files.source(f"{folder}/{name}").body, "the module")
            except (HclError, EvaluationError):
                continue
            if found is not None:
                return found
    return None


def _sorted_out(kind: str, settings: dict[str, object], source: str) -> Stated:
    known: dict[str, object] = {}
    unknown: dict[str, str] = {}
    for name, value in settings.items():
        if name in TERRAGRUNT_ONLY.get(kind, ()) or value is None:
            continue
        reason = first_unknown(value)
        if reason is None:
            known[name] = value
        else:
            unknown[name] = reason.reason
    return Stated(kind, known, source, unknown)


def _generated(config: Context) -> Stated | None:
    """A backend in what a `generate` block writes."""
    section = config.section("generate")
    for name, entry in section.items() if isinstance(section, dict) else ():
        if not isinstance(entry, dict) or entry.get("disable") is True:
            continue
        contents = entry.get("contents")
        if isinstance(contents, str) and "backend" in contents:
            try:
                body = parse(contents)
            except HclError:
                continue  # not Terraform, or broken: terraform itself will say so
            found = _backend_in(body, f'generate "{name}"')
            if found is not None:
                return found
    return None


def _backend_in(body: Body, source: str) -> Stated | None:
    for terraform in body.blocks_of("terraform"):
        for block in terraform.body.blocks_of("backend"):
            settings = {name: constant(attribute.value) for name, attribute in block.body.attributes.items()}
            return _sorted_out(block.labels[0] if block.labels else "local", settings, source)
    return None

"""Who may do what: policies, trust, attachments, role assignments, members, keys and boundaries."""

from __future__ import annotations

from collections.abc import Iterable

from driftgate.drift.severity.facts import Leaves
from driftgate.drift.severity.permissions import policy_rule
from driftgate.drift.severity.policy_document import read_bindings
from driftgate.drift.severity.reading import texts
from driftgate.drift.severity.rule import Rule, Verdict, by_leaf, ceiling, changed, floor, guard, kept, risk
from driftgate.finding import Severity

_EVERYBODY = frozenset({"*", "allusers", "allauthenticatedusers"})
_MIGHTY = frozenset(
    {"administratoraccess", "poweruseraccess", "iamfullaccess", "owner", "contributor", "user access administrator"}
    | {"editor", "iam.securityadmin", "resourcemanager.organizationadmin", "resourcemanager.projectiamadmin"}
)


def _grants(types: str, paths: str, what: str) -> Rule:
    """Names that stand for rights or for those who hold them; `what` is such a name."""

    def compare(old: Leaves, new: Leaves) -> Verdict | None:
        was, now = texts(old), texts(new)
        return _grade(now - was, was - now, what)

    return by_leaf(types, paths, compare, _says(what))


def _bindings(old: Leaves, new: Leaves) -> Verdict | None:
    """The whole IAM policy of a Google resource, in JSON."""
    was, now = (read_bindings(side[0] if side else "") for side in (old, new))
    if was is None or now is None:
        return None
    more, fewer = now - was, was - now
    return _grade([name for pair in more for name in pair], fewer, "member") or (Severity.INFO, "same members")


def _grade(more: Iterable[str], fewer: Iterable[object], what: str) -> Verdict | None:
    names = {name.rpartition("/")[2].lower() for name in more}
    if names & _EVERYBODY:
        return Severity.CRITICAL, f"{what} added: everybody"
    if names & _MIGHTY:
        return Severity.CRITICAL, f"{what} added: administrator rights"
    if names:
        return Severity.HIGH, f"{what} added"
    return (Severity.LOW, f"{what} removed") if fewer else None


def _says(what: str) -> str:
    return f"{what} added: critical for everybody and for administrator rights, else high; removed: low"


RULES: tuple[Rule, ...] = (
    policy_rule(
        "aws_*",
        "policy inline_policy inline_policy.policy policy_document access_policy access_policies resource_policy",
    ),
    policy_rule("aws_iam_role", "assume_role_policy", trust=True),
    _grants(
        "aws_iam_* aws_ssoadmin_*",
        "policy_arn policy_arns managed_policy_arn managed_policy_arns",
        "policy",
    ),
    _grants("aws_iam_policy_attachment aws_iam_*group_membership", "users roles groups", "member"),
    _grants("aws_lambda_permission", "principal", "principal"),
    _grants("azurerm_role_assignment", "role_definition_name role_definition_id principal_id", "role"),
    _grants("azurerm_role_definition", "permissions.actions permissions.data_actions", "action"),
    _grants("google_*_iam_*", "role member members permissions", "member"),
    by_leaf("google_*_iam_policy", "policy_data", _bindings, _says("member")),
    kept("aws_iam_*", "permissions_boundary", Severity.HIGH, Severity.HIGH, "permissions boundary"),
    ceiling("aws_iam_role", "max_session_duration", Severity.MEDIUM, "session length"),
    guard("aws_iam_account_password_policy", "require_*", Severity.MEDIUM, "password rule"),
    floor(
        "aws_iam_account_password_policy",
        "minimum_password_length password_reuse_prevention",
        Severity.MEDIUM,
        "password rule",
    ),
    ceiling("aws_iam_account_password_policy", "max_password_age", Severity.MEDIUM, "password age"),
    risk("aws_iam_access_key", "status", Severity.HIGH, "access key"),
    guard("*", "iam_database_authentication_enabled", Severity.MEDIUM, "IAM authentication"),
    risk(
        "azurerm_*",
        "shared_access_key_enabled admin_enabled local_auth_enabled local_authentication_enabled",
        Severity.HIGH,
        "access by shared key",
    ),
    guard(
        "azurerm_*",
        "local_account_disabled local_authentication_disabled role_based_access_control_enabled "
        "rbac_authorization_enabled enable_rbac_authorization",
        Severity.HIGH,
        "role-based access",
    ),
    risk("google_container_cluster", "enable_legacy_abac", Severity.HIGH, "legacy authorization"),
    changed(
        "aws_*",
        "iam_instance_profile iam_instance_profile.* execution_role_arn task_role_arn service_role role_arn",
        Severity.HIGH,
        "role",
    ),
    changed("aws_lambda_function", "role", Severity.HIGH, "role"),
    changed("google_*", "service_account.email service_account_email", Severity.HIGH, "service account"),
)

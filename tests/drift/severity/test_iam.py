from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from driftgate.finding import Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def doc(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: object, resource: object = "arn:aws:s3:::b/*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}


READ = allow("s3:GetObject")
BOTH = allow(["s3:GetObject", "s3:PutObject"])

NOTHING = [
    pytest.param("aws_iam_policy", "policy", doc(READ), doc({**READ, "Sid": "x"}), id="a statement got a name"),
    pytest.param("aws_iam_policy", "policy", doc(READ), doc(allow(["S3:getobject"])),
        id="a list of one, in other letters"),
    pytest.param("aws_iam_policy", "policy", doc(BOTH), doc(READ, allow("s3:PutObject")), id="a statement cut in two"),
    pytest.param("aws_iam_policy", "policy", doc(allow("s3:*")), doc(allow("s3:*"), READ),
        id="an action already included"),
    pytest.param("aws_iam_role", "assume_role_policy", doc(trust(Service="ec2.amazonaws.com")),
        doc(trust(Service=["ec2.amazonaws.com"])), id="the same trust as a list"),
    pytest.param("google_project_iam_policy", "policy_data", '{"bindings":[{"role":"r","members":["m"]}]}',
        '{"bindings":[{"members":["m"],"role":"r"}],"etag":"x"}', id="the same Google bindings"),
    pytest.param("aws_iam_user", "permissions_boundary", None, "arn:x", id="a boundary set"),
    pytest.param("aws_iam_account_password_policy", "minimum_password_length", 8, 14, id="longer passwords"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_no_right_gained_is_info(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] is Severity.INFO


POLICIES = [
    pytest.param(doc(READ), doc(READ, allow("*", "*")), Severity.CRITICAL, "gained * on *", id="everything gained"),
    pytest.param(doc(READ), doc(allow("*")), Severity.HIGH, "gained every action", id="every action on one thing"),
    pytest.param(doc(READ), doc(allow("s3:*", "*")), Severity.HIGH, "gained every action of a service",
        id="every action of a service"),
    pytest.param(doc(READ), doc(allow("s3:*")), Severity.MEDIUM, "gained every action of a service",
        id="every action of a service on one thing"),
    pytest.param(doc(READ), doc(allow("iam:PassRole", "*")), Severity.HIGH, "gained a right that gives rights",
        id="a right that gives rights"),
    pytest.param(doc(READ), doc(allow("iam:Put*", "*")), Severity.HIGH, "gained a right that gives rights",
        id="a wildcard over a right that gives rights"),
    pytest.param(doc(READ), doc(allow("iam:PassRole", "arn:aws:iam::1:role/x")), Severity.MEDIUM,
        "gained permissions", id="a right that gives one right"),
    pytest.param(doc(READ), doc(BOTH), Severity.MEDIUM, "gained permissions", id="one more action"),
    pytest.param(doc(READ), doc(allow("s3:GetObject", "*")), Severity.MEDIUM, "gained permissions",
        id="one action on everything"),
    pytest.param(doc(BOTH), doc(READ), Severity.LOW, "narrowed: fewer permissions", id="one action less"),
    pytest.param(doc(allow("*", "*")), doc(READ), Severity.LOW, "narrowed: fewer permissions",
        id="everything taken away"),
    pytest.param(doc(READ), doc(READ, {**READ, "Effect": "Deny"}), Severity.LOW, "narrowed: fewer permissions",
        id="a deny added"),
    pytest.param(doc(READ, {**READ, "Effect": "Deny"}), doc(READ), Severity.HIGH, "deny removed", id="a deny removed"),
    pytest.param(doc(allow("s3:GetObject", Condition=MFA)), doc(READ), Severity.HIGH, "MFA condition removed",
        id="MFA no longer needed"),
    pytest.param(doc(READ, {**READ, "Effect": "Deny", "Condition": MFA}), doc(READ), Severity.HIGH,
        "MFA condition removed", id="a deny without MFA removed"),
    pytest.param(doc(allow("s3:GetObject", Condition={"a": {"b": "c"}})), doc(READ), Severity.MEDIUM,
        "gained permissions", id="another condition removed"),
    pytest.param(doc(READ), doc({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), Severity.CRITICAL,
        "gained * on *", id="everything but one service"),
    pytest.param(doc(READ), "{", Severity.MEDIUM, "the next apply puts it back", id="what is not JSON"),
    pytest.param(doc(READ), "[" * 100_000, Severity.MEDIUM, "the next apply puts it back",
        id="what is nested without end"),
    pytest.param(doc(READ), '{"Statement": 5}', Severity.MEDIUM, "the next apply puts it back",
        id="what is not a policy"),
    pytest.param(doc(READ), None, Severity.LOW, "narrowed: fewer permissions", id="the policy is gone"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "live", "severity", "reason"), POLICIES)
def test_a_policy_is_judged_by_what_it_newly_grants(
    judged: Judged, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged("aws_iam_policy", "policy", state, live) == (severity, reason)


OTHERS = [
    pytest.param("aws_iam_role", "assume_role_policy", doc(trust(Service="ec2.amazonaws.com")),
        doc(trust(Service="ec2.amazonaws.com", AWS="arn:aws:iam::2:root")), Severity.HIGH,
        "trusts another principal", id="another account trusted"),
    pytest.param("aws_iam_role", "assume_role_policy", doc(trust(Service="ec2.amazonaws.com")), doc(trust(AWS="*")),
        Severity.CRITICAL, "opened to everybody", id="everybody trusted"),
    pytest.param("aws_iam_role", "assume_role_policy", doc(trust(AWS=["a", "b"])), doc(trust(AWS="a")), Severity.LOW,
        "narrowed: fewer permissions", id="one less trusted"),
    pytest.param("aws_iam_role", "inline_policy", [{"name": "a", "policy": doc(READ)}],
        [{"name": "a", "policy": doc(READ)}, {"name": "b", "policy": doc(allow("*", "*"))}], Severity.CRITICAL,
        "gained * on *", id="an inline policy with everything"),
    pytest.param("aws_sqs_queue", "policy", "", doc(allow("sqs:SendMessage", Principal="*")), Severity.CRITICAL,
        "opened to everybody", id="a queue open to everybody"),
    pytest.param("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/AdministratorAccess"],
        Severity.CRITICAL, "policy added: administrator rights", id="administrator rights attached"),
    pytest.param("aws_iam_role", "managed_policy_arns", [], ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        Severity.HIGH, "policy added", id="a policy attached"),
    pytest.param("aws_iam_role", "managed_policy_arns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"], [], Severity.LOW,
        "policy removed", id="a policy detached"),
    pytest.param("aws_iam_group_membership", "users", ["a"], ["a", "b"], Severity.HIGH, "member added",
        id="a user added to a group"),
    pytest.param("aws_lambda_permission", "principal", "s3.amazonaws.com", "*", Severity.CRITICAL,
        "principal added: everybody", id="a function anybody may call"),
    pytest.param("azurerm_role_assignment", "role_definition_name", "Reader", "Owner", Severity.CRITICAL,
        "role added: administrator rights", id="an Azure owner"),
    pytest.param("azurerm_role_assignment", "role_definition_name", "Owner", "Reader", Severity.HIGH, "role added",
        id="another Azure role"),
    pytest.param("google_project_iam_binding", "members", ["user:a"], ["user:a", "allUsers"], Severity.CRITICAL,
        "member added: everybody", id="a Google role for everybody"),
    pytest.param("google_project_iam_member", "role", "roles/viewer", "roles/owner", Severity.CRITICAL,
        "member added: administrator rights", id="a Google owner"),
    pytest.param("google_project_iam_policy", "policy_data", '{"bindings":[]}',
        '{"bindings":[{"role":"roles/viewer","members":["allUsers"]}]}', Severity.CRITICAL,
        "member added: everybody", id="a whole Google policy for everybody"),
    pytest.param("google_project_iam_policy", "policy_data", '{"bindings":[{"role":"r","members":["m"]}]}', None,
        Severity.LOW, "member removed", id="a whole Google policy emptied"),
    pytest.param("google_project_iam_policy", "policy_data", '{"bindings":[]}', "{", Severity.MEDIUM,
        "the next apply puts it back", id="a Google policy that is not JSON"),
    pytest.param("aws_iam_user", "permissions_boundary", "arn:x", None, Severity.HIGH,
        "permissions boundary removed", id="a boundary removed"),
    pytest.param("aws_iam_role", "max_session_duration", 3600, 43200, Severity.MEDIUM, "session length raised",
        id="longer sessions"),
    pytest.param("aws_iam_role", "max_session_duration", 43200, 3600, Severity.INFO, "session length lowered",
        id="shorter sessions"),
    pytest.param("aws_iam_account_password_policy", "require_symbols", True, False, Severity.MEDIUM,
        "password rule switched off", id="a password rule off"),
    pytest.param("aws_iam_access_key", "status", "Inactive", "Active", Severity.HIGH, "access key switched on",
        id="a sleeping key woken"),
    pytest.param("azurerm_storage_account", "shared_access_key_enabled", False, True, Severity.HIGH,
        "access by shared key switched on", id="Azure shared keys on"),
    pytest.param("azurerm_key_vault", "enable_rbac_authorization", True, False, Severity.HIGH,
        "role-based access switched off", id="Azure role-based access off"),
    pytest.param("aws_lambda_function", "role", "arn:a", "arn:b", Severity.HIGH, "role changed",
        id="a function runs as another role"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), OTHERS)
def test_rights_and_those_who_hold_them(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)

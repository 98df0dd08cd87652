"""Realistic reports for every test that needs one: clean, mixed, failed, hostile and large."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from driftgate.finding import (
    AttributeChange,
    DriftClass,
    Finding,
    Mark,
    Report,
    Severity,
    SourceRange,
    UnitResult,
    UnitStatus,
)

REVERTED, OUTSIDE = DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE
PENDING, COMPUTED = DriftClass.PENDING, DriftClass.COMPUTED


def rule(port: int, *cidrs: str, description: str = "") -> dict[str, object]:
    """An `ingress` element as the AWS provider returns it."""
    return {
        "from_port": port,
        "to_port": port,
        "protocol": "tcp",
        "cidr_blocks": list(cidrs),
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "security_groups": [],
        "self": False,
        "description": description,
    }


HTTPS = rule(443, "10.0.0.0/8", description="from the office")
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}]}
WIDER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def changed(
    path: str, was: object, now: object, severity: Severity, reason: str = "", **more: object
) -> AttributeChange:
    """A drifted attribute that the next apply puts back."""
    return replace(AttributeChange(path, REVERTED, severity, was, now, was, reason=reason), **more)  # type: ignore[arg-type]


SECURITY_GROUP = Finding(
    unit="live/network",
    workspace="default",
    address='module.web.aws_security_group.web["blue"]',
    type="aws_security_group",
    cls=REVERTED,
    severity=Severity.CRITICAL,
    attributes=(
        changed("ingress", [HTTPS], [HTTPS, rule(22, "0.0.0.0/0")], Severity.CRITICAL, "opens port 22 to the world"),
        changed("tags.Owner", "platform", "nobody", Severity.INFO),
        AttributeChange(
            "tags.CostCenter", PENDING, Severity.NONE, Mark.ABSENT, Mark.ABSENT, "42", reason="tags in the code"
        ),
    ),
    actions=("update",),
    source=SourceRange("modules/web/main.tf", 12, 31),
)
ROLE_POLICY = Finding(
    unit="live/network",
    workspace="default",
    address="aws_iam_role_policy.reader",
    type="aws_iam_role_policy",
    cls=REVERTED,
    severity=Severity.HIGH,
    attributes=(
        changed("policy", json.dumps(POLICY), json.dumps(WIDER), Severity.HIGH, "the policy now allows every action"),
    ),
    actions=("update",),
    source=SourceRange("live/network/iam.tf", 3, 9),
)
BUCKET = Finding(
    unit="live/network",
    workspace="default",
    address="aws_s3_bucket_versioning.logs",
    type="aws_s3_bucket_versioning",
    cls=REVERTED,
    severity=Severity.MEDIUM,
    attributes=(
        changed(
            "versioning_configuration[0].status", "Enabled", "Suspended", Severity.MEDIUM, "versioning was turned off"
        ),
    ),
    actions=("update",),
    source=SourceRange("live/network/logs.tf", 8, 13),
)
SUBNET_PENDING = Finding(
    unit="live/network",
    workspace="default",
    address="aws_subnet.private[0]",
    type="aws_subnet",
    cls=PENDING,
    severity=Severity.NONE,
    attributes=(
        AttributeChange("tags.Tier", PENDING, Severity.NONE, "app", "app", "private", reason="tags in the code"),
        AttributeChange("map_public_ip_on_launch", PENDING, Severity.NONE, True, True, False),
    ),
    actions=("update",),
)
LAMBDA_COMPUTED = Finding(
    unit="live/network",
    workspace="default",
    address="aws_lambda_function.rotate",
    type="aws_lambda_function",
    cls=COMPUTED,
    severity=Severity.NONE,
    attributes=(
        AttributeChange(
            "last_modified", COMPUTED, Severity.NONE, "2026-01-02", "2026-01-03", Mark.UNKNOWN, reason="timestamp"
        ),
    ),
)
QUEUE = Finding(
    unit="live/app",
    workspace="prod",
    address="aws_sqs_queue.jobs",
    type="aws_sqs_queue",
    cls=DriftClass.MISSING,
    severity=Severity.HIGH,
    actions=("create",),
    reason="the object is gone",
    source=SourceRange("live/app/queues.tf", 1, 6),
)
DATABASE = Finding(
    unit="live/app",
    workspace="prod",
    address="aws_db_instance.orders",
    type="aws_db_instance",
    cls=REVERTED,
    severity=Severity.MEDIUM,
    attributes=(
        changed(
            "password", "Tr0ub4dor&3-first", "Tr0ub4dor&3-second", Severity.MEDIUM, "a secret changed", sensitive=True
        ),
        changed("backup_retention_period", 7, 1, Severity.MEDIUM, "backups are kept shorter"),
        AttributeChange(
            "ca_cert_identifier", OUTSIDE, Severity.LOW, "rds-ca-2019", "rds-ca-rsa2048-g1", "rds-ca-rsa2048-g1"
        ),
    ),
    actions=("delete", "create"),
)
UNREAD = Finding(
    unit="live/app",
    workspace="prod",
    address="aws_kms_key.main",
    type="aws_kms_key",
    cls=DriftClass.UNREAD,
    severity=Severity.NONE,
    reason="access denied: kms:GetKeyRotationStatus",
)

NETWORK = UnitResult(
    path="live/network",
    workspace="default",
    status=UnitStatus.OK,
    findings=(SECURITY_GROUP, ROLE_POLICY, BUCKET, SUBNET_PENDING, LAMBDA_COMPUTED),
    notes=("the state moved from serial 41 to 42 while it was read",),
    backend="s3",
    identity="s3://acme-tfstate/live/network/terraform.tfstate",
    serial=42,
    lineage="5a1c1d35-1c5e-0b6e-5c5e-e4a3a2f6e0b7",
    checked=31,
    seconds=6.2,
)
APP = UnitResult(
    path="live/app",
    workspace="prod",
    status=UnitStatus.OK,
    findings=(QUEUE, DATABASE, UNREAD),
    backend="s3",
    identity="s3://acme-tfstate/env:/prod/live/app/terraform.tfstate",
    serial=7,
    checked=18,
    seconds=4.9,
)
STORAGE = UnitResult(
    path="live/storage",
    workspace="default",
    status=UnitStatus.OK,
    backend="s3",
    identity="s3://acme-tfstate/live/storage/terraform.tfstate",
    serial=3,
    checked=9,
    seconds=3.1,
)
BROKEN = UnitResult(
    path="live/dns",
    workspace="default",
    status=UnitStatus.ERROR,
    error='S3 bucket "acme-tfstate-old" does not exist',
    next_step="create it or correct `bucket` in the backend block",
    backend="s3",
    identity="s3://acme-tfstate-old/live/dns/terraform.tfstate",
    seconds=1.4,
)


def report(*units: UnitResult, **more: object) -> Report:
    """A report of these units as the plan reader makes it."""
    ordered = tuple(sorted(units, key=lambda unit: (unit.path, unit.workspace)))
    return replace(Report(ordered, "plan", "2026-11-24T04:15:00Z", 12.4), **more)  # type: ignore[arg-type]


def clean() -> Report:
    """Two units, nothing to tell."""
    return report(STORAGE, replace(STORAGE, path="live/edge", identity="s3://acme-tfstate/live/edge/terraform.tfstate"))


def mixed() -> Report:
    """Every class but unmanaged, every severity but low alone, a unit that failed."""
    return report(NETWORK, APP, STORAGE, BROKEN)


def failed() -> Report:
    """Nothing could be read."""
    return report(BROKEN, replace(BROKEN, path="live/mail", error="no credentials found", next_step="sign in again"))


def pending_only() -> Report:
    """Code that was not applied, and no drift; read from a recorded plan."""
    return report(replace(NETWORK, findings=(SUBNET_PENDING, LAMBDA_COMPUTED), notes=()), recorded=True)


HOSTILE = (
    "</details><script>alert(1)</script> | `x` ``` ~~~ @octocat #1 GH-1 [a](http://evil.example) <!-- driftgate:v1 -->"
)


def hostile() -> Report:
    """Names and values that try to break out of every format."""
    escapes = f"\x1b[31mred\x1b[0m\x1b]0;title\x07\r\n::error::boo\u202e\x9b2J {HOSTILE}"
    attribute = changed(f'tags["{escapes}"]', escapes, {"a": [escapes], escapes: 1}, Severity.CRITICAL, escapes)
    finding = replace(
        SECURITY_GROUP, address=f'aws_x.y["{escapes}"]', attributes=(attribute,), reason=escapes, unit=f"live/{escapes}"
    )
    unit = replace(NETWORK, path=f"live/{escapes}", findings=(finding,), notes=(escapes,), identity=escapes)
    return report(unit, replace(BROKEN, error=escapes, next_step=escapes))


def large(findings: int = 5_000) -> Report:
    """As many findings as a very bad day has, in 50 units."""
    per_unit = findings // 50
    units = []
    for n in range(50):
        path = f"live/team-{n:02}/service"
        made = tuple(
            replace(
                SECURITY_GROUP,
                unit=path,
                address=f'module.web["{n}"].aws_security_group.web[{i}]',
                attributes=(
                    *SECURITY_GROUP.attributes,
                    changed("description", f"service {i}", f"changed {n}", Severity.LOW),
                ),
            )
            for i in range(per_unit)
        )
        units.append(replace(NETWORK, path=path, identity=f"s3://acme-tfstate/{path}.tfstate", findings=made))
    return report(*units)


SAMPLES: dict[str, Callable[[], Report]] = {
    "clean": clean,
    "mixed": mixed,
    "failed": failed,
    "pending": pending_only,
    "hostile": hostile,
}

"""Three hundred planted secrets, each in a place of its own kind, and a hundred harmless values."""

from __future__ import annotations

import base64
import html
import json
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from driftgate.tfexec.plan import Plan, parse_plan

EACH = 20
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Canary:
    """A secret, and how the plan holds it: resource attributes (with marks), or something beside the resources."""

    kind: str
    secret: str
    path: str = ""
    value: Any = None
    marked: bool = False
    beside: tuple[str, str] | None = None  # (section, name): variables, outputs, provider


def secret(rng: random.Random, n: int) -> str:
    """A password as people and generators make them, with the number in it that finds it again."""
    style = n % 4
    word = "".join(rng.choice(_LETTERS) for _ in range(18))
    return (f"{word}{n:03}", f"Kq{n:03}!{word[:10]}", f"{word[:8]}-{n:03}-{word[8:16]}/+", f"sk_live_{n:03}{word}")[
        style
    ]


def _json(name: str, value: str) -> str:
    return json.dumps([{"name": "app", "environment": [{"name": name, "value": value}]}])


def _pem(value: str) -> str:
    return f"-----BEGIN PRIVATE KEY-----\n{value}\n-----END PRIVATE KEY-----\n"


# kind: (attribute path, value around the secret, whether the schema marks it)
IN_RESOURCES: dict[str, tuple[str, Callable[[str], Any], bool]] = {
    "schema-sensitive": ("result", lambda s: s, True),
    "marked in a map": ("settings.inner.deep", lambda s: s, True),
    "password": ("password", lambda s: s, False),
    "token in a block": ("auth[0].token", lambda s: s, False),
    "access key": ("secret_access_key", lambda s: s, False),
    "JSON in a string": ("container_definitions", lambda s: _json("DB_PASSWORD", s), False),
    "camel case in JSON": ("definition", lambda s: json.dumps({"auth": {"clientSecret": s}}), False),
    "base64": (
        "user_data_base64",
        lambda s: base64.b64encode(f"#!/bin/sh\nexport TOKEN={s}\n".encode()).decode(),
        False,
    ),
    "heredoc": ("user_data", lambda s: f"#!/bin/sh\ncat <<EOF\n{s}\nEOF\n", False),
    "connection string": ("connection_string", lambda s: f"Server=db;User=app;Password={s};Encrypt=yes", False),
    "URL": ("endpoint", lambda s: f"postgres://app:{s.replace('/', '')}@db.internal:5432/app", False),
    "function environment": ("environment[0].variables.API_KEY", lambda s: s, False),
    "container environment": ("template[0].containers[0].env", lambda s: [{"name": "SESSION", "value": s}], False),
    "tag": ("tags.api-secret", lambda s: s, False),
    "private key": ("material", _pem, False),
    "helm values": ("values", lambda s: [f"db:\n  password: {s}\n"], False),
}
BESIDE = ("variables", "outputs", "provider", "copied")


def corpus() -> list[Canary]:
    """All canaries, the same each time."""
    rng, made, n = random.Random(20261126), [], 0
    for kind, (path, around, marked) in IN_RESOURCES.items():
        for _ in range(EACH):
            value = secret(rng, n)
            value = value.replace("/", "").replace("+", "") if kind == "URL" else value
            made.append(Canary(kind, value, path, around(value), marked))
            n += 1
    for section in BESIDE:
        for _ in range(EACH):
            made.append(Canary(section, secret(rng, n), beside=(section, f"x{n}")))
            n += 1
    return made


def tree(path: str, value: Any) -> Any:
    """The object in which `value` stands at `path`."""
    head, _, rest = path.partition(".")
    name, index, _ = head.partition("[")
    inner = tree(rest, value) if rest else value
    return {name: [inner] if index else inner}


def plan(canaries: list[Canary]) -> Plan:
    """A plan with every canary in its place; what is marked beside the resources is copied into computed attributes."""
    drift = []
    for n, canary in enumerate(c for c in canaries if c.beside is None):
        marks = tree(canary.path, True) if canary.marked else False
        change = {"actions": ["update"], "before": tree(canary.path, "old"), "after": tree(canary.path, canary.value),
                  "before_sensitive": marks, "after_sensitive": marks}  # fmt: skip
        drift.append({"address": f"aws_x.r{n}", "mode": "managed", "type": "aws_x", "name": f"r{n}", "change": change})
    for canary in (c for c in canaries if c.beside is not None):
        name = canary.beside[1] if canary.beside else ""
        change = {"actions": ["update"], "before": {"computed": "old"}, "after": {"computed": f"id of {canary.secret}"}}
        drift.append(
            {"address": f"aws_copy.{name}", "mode": "managed", "type": "aws_copy", "name": name, "change": change}
        )
    of = {section: [c for c in canaries if c.beside and c.beside[0] == section] for section in BESIDE}
    names = {c.beside[1]: c.secret for section in ("variables", "copied") for c in of[section] if c.beside}
    document = {
        "format_version": "1.2",
        "resource_drift": drift,
        "variables": {name: {"value": value} for name, value in names.items()},
        "output_changes": {c.beside[1]: {"actions": ["update"], "after": c.secret, "after_sensitive": True} for c in of["outputs"] if c.beside},
        "configuration": {
            "root_module": {"variables": {name: {"sensitive": True} for name in names}},
            "provider_config": {c.beside[1]: {"expressions": {"password": {"constant_value": c.secret}}} for c in of["provider"] if c.beside},
        },
    }  # fmt: skip
    return parse_plan(json.dumps(document).encode())


HARMLESS = tuple(
    re.findall(
        r"\S+",
        """
us-east-1 eu-west-1 eu-central-1b ap-southeast-2 europe-west4 westeurope t3.micro m5.2xlarge db.r6g.large
cache.t4g.small n2-standard-4 Standard_D2s_v5 10.0.0.0/16 192.168.1.0/24 0.0.0.0/0 ::/0 172.16.4.7 443 8080 5432
true false null 1.11.4 v2.0.1 14.7 2026-11-26 2026-11-26T03:00:00Z arn:aws:iam::123456789012:role/Reader
arn:aws:s3:::acme-logs arn:aws:kms:us-east-1:123456789012:key/1234 sg-0a1b2c3d4e5f67890 vpc-0f1e2d3c
ami-0123456789abcdef0 subnet-12345678 i-0abcdef1234567890 eni-0a1b2c3d rtb-11223344 igw-aabbccdd acl-0badcafe
vol-99887766 snap-0123abcd platform-team team-payments web-frontend orders-queue terraform.tfstate live/network
modules/web/main.tf aws_x.y aws_security_group.web module.web.aws_instance.app Enabled Suspended ACTIVE Pending
PAY_PER_REQUEST PROVISIONED STANDARD_IA GLACIER gp3 io2 aws:kms AES256 tcp udp icmp TLSv1.2_2021 http2 ipv4
dualstack internet-facing application round_robin least_outstanding postgres15 mysql8.0 aurora-postgresql
redis7.x python3.12 nodejs20.x provided.al2023 x86_64 arm64 linux windows us-east-1a production staging
development blue green canary-deploy private public default main master release-2026.11 acme-tfstate
rds-ca-rsa2048-g1 lambda.amazonaws.com ec2.amazonaws.com s3:GetObject iam:PassRole 86400 3600 0.5 100
""",
    )
)


def spellings(secret: str) -> set[str]:
    """How a secret may be written: as it is, for HTML, in a URL, in JSON, in base64 at any offset."""
    raw = secret.encode()
    shifted = {base64.b64encode(b" " * n + raw).decode()[4:-4] for n in range(3)}
    return {secret, html.escape(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], *shifted}


def leaks(text: str, canaries: Iterable[Canary]) -> list[Canary]:
    """The canaries that stand in `text` in any spelling."""
    return [canary for canary in canaries if any(spelled in text for spelled in spellings(canary.secret))]


def in_states(canaries: list[Canary]) -> list[Canary]:
    """Those of them that a state says are secret: by mark, by name, by shape. A variable leaves no mark in a state."""
    return [c for c in canaries if c.beside is None or c.beside[0] in ("outputs", "copied")]


def state_of(canaries: list[Canary], *, serial: int, holds: Callable[[Canary], str]) -> bytes:
    """A state in which `holds(canary)` stands in every canary's place; what is marked is copied where no mark is."""
    resources, outputs = [], {}
    for n, canary in enumerate(in_states(canaries)):
        text = holds(canary)
        attributes = {"id": f"id{n}", "copy": f"see {text}" if canary.marked or canary.beside else "nothing"}
        marks: list[Any] = []
        if canary.beside is None:
            attributes |= tree(canary.path, IN_RESOURCES[canary.kind][1](text))
            marks = [_steps(canary.path)] if canary.marked else []
        elif canary.beside[0] == "outputs":
            outputs[canary.beside[1]] = {"value": text, "type": "string", "sensitive": True}
        else:
            attributes["result"], marks = text, [_steps("result")]
        resources.append(_instance(f"r{n}", attributes, marks))
    document = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": "l", "outputs": outputs,
                "resources": resources, "check_results": None}  # fmt: skip
    return json.dumps(document).encode()


def _instance(name: str, attributes: dict[str, Any], marks: list[Any]) -> dict[str, Any]:
    object_ = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": marks}
    return {"mode": "managed", "type": "aws_x", "name": name, "provider": 'provider["registry.terraform.io/x/aws"]',
            "instances": [object_]}  # fmt: skip


def _steps(path: str) -> list[dict[str, Any]]:
    """A path as a state file marks it."""
    first, *others = path.split(".")
    keys = [{"type": "index", "value": {"value": name, "type": "string"}} for name in others]
    return [{"type": "get_attr", "value": first}, *keys]

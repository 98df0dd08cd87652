"""Secrets planted in every kind of place a plan has; no format may show one, in any spelling."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from report import samples

from driftgate.finding import AttributeChange, DriftClass, Finding, Mark, Report, Severity, UnitStatus
from driftgate.report.formats import FORMATS, to_text
from driftgate.safety.findings import redact_report
from driftgate.safety.taint import taint_of
from driftgate.tfexec.plan import parse_plan

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYCANARY{}"


def canary(place: str) -> str:
    return f"canary+{place}/9x"


def env(place: str) -> str:
    """Container definitions: environment variables in JSON in a string."""
    return json.dumps([{"name": "app", "environment": [{"name": "DB_PASSWORD", "value": canary(place)}]}])


# What is secret: attribute path, value before and after; `marked` ones only because the plan says so.
MARKED: dict[str, tuple[str, Any, Any]] = {
    "marked": ("result", canary("marked"), canary("marked2")),
    "marked map": ("settings.inner", {"deep": [canary("map")]}, {"deep": [canary("map2")]}),
    "marked json": ("document", json.dumps({"x": canary("json")}), json.dumps({"x": canary("json2")})),
    "marked number": ("serial_code", 918273645, 918273646),
    "marked lines": ("script_body", f"a\n{KEY.format('L1')}\nb", "a\nb"),
}
NAMED: dict[str, tuple[str, Any, Any]] = {
    "password": ("password", canary("password"), canary("password2")),
    "user data": ("user_data", f"#!/bin/sh\nexport TOKEN={canary('userdata')}\n", ""),
    "user data base64": ("user_data_base64", base64.b64encode(canary("ud64").encode()).decode(), None),
    "function environment": ("environment[0].variables.API", canary("lambda"), canary("lambda2")),
    "environment tree": ("environment", [{"variables": {"A": canary("tree")}}], []),
    "json text": ("container_definitions", env("container"), env("container2")),
    "policy json": ("definition", json.dumps({"auth": {"clientSecret": canary("camel")}}), "{}"),
    "secret tag": ("tags.secret", canary("tag"), canary("tag2")),
    "tag map": ("tags", {"api-token": canary("tagmap"), "Name": "web"}, {"Name": "web"}),
    "connection string": ("connection_string", f"Server=x;Password={canary('conn')};", None),
    "url": ("endpoint", "postgres://app:canary-url-9x@db/x", "postgres://app:canary-url2-9x@db/x"),
    "access key": ("access_key", canary("access"), None),
    "private key": ("pem", "-----BEGIN PRIVATE KEY-----\ncanarypem9x\n-----END PRIVATE KEY-----", None),
    "arn with password": ("arn", "arn:aws:x:us-east-1:123456789012:db?password=canary-arn-9x", None),
    "random key": ("license_key", KEY.format("R1"), KEY.format("R2")),
    "helm values": ("values", [f"db:\n  password: {canary('helm')}\n"], []),
    "setting": ("setting", [{"name": "DB_PASSWORD", "value": canary("setting")}], []),
    "data": ("secret_string", json.dumps({"user": "app", "pw": canary("secretstring")}), None),
}
PLACES = {**MARKED, **NAMED}
OUTPUT, VARIABLE, OLD_OUTPUT = canary("output"), canary("variable"), canary("oldoutput")
HARMLESS = (
    "us-east-1", "t3.micro", "10.0.0.0/16", "live/network", "aws_x.y", "s3://acme-tfstate", "terraform.tfstate",
    "arn:aws:iam::123456789012:role/Reader", "platform-team", "sg-0a1b2c3d4e5f67890", "rds-ca-rsa2048-g1",
)  # fmt: skip


def tree(path: str, value: Any) -> Any:
    """The object in which `value` stands at `path`."""
    head, _, rest = path.partition(".")
    name, index, _ = head.partition("[")
    inner = tree(rest, value) if rest else value
    return {name: [inner] if index else inner}


def plan() -> Any:
    def change(path: str, was: Any, now: Any, *, marked: bool) -> dict[str, Any]:
        marks = tree(path, True) if marked else False
        return {
            "address": "aws_x.y",
            "mode": "managed",
            "change": {"actions": ["update"], "before": tree(path, was), "after": tree(path, now),
                       "before_sensitive": marks, "after_sensitive": marks},
        }  # fmt: skip

    document = {
        "format_version": "1.2",
        "resource_drift": [change(*place, marked=name in MARKED) for name, place in PLACES.items()],
        "output_changes": {"o": {"actions": ["update"], "after": OUTPUT, "after_sensitive": True}},
        "variables": {"seasoning": {"value": VARIABLE}},
        "configuration": {"root_module": {"variables": {"seasoning": {"sensitive": True}}}},
        "prior_state": {"values": {"outputs": {"o": {"sensitive": True, "value": OLD_OUTPUT}}}},
    }
    return parse_plan(json.dumps(document).encode())


def secrets() -> list[str]:
    """Every planted secret: all strings that carry the word canary, and the marked numbers."""
    from driftgate.safety.spellings import leaves

    found = {OUTPUT, VARIABLE, OLD_OUTPUT, "918273645", "918273646", "canarypem9x", "canary-url-9x", "canary-arn-9x"}
    for _, was, now in PLACES.values():
        for text in (t for side in (was, now) for t in leaves(side)):
            parts = text.replace("=", " ").replace(";", " ").replace('"', " ").replace("\\", " ").split()
            found |= {part for part in parts if "canary+" in part or "CANARY" in part}
    return sorted(found)


def spellings(secret: str) -> set[str]:
    raw = secret.encode()
    shifted = {base64.b64encode(b" " * n + raw).decode()[4:-4] for n in range(3)}
    return {secret, html.escape(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], *shifted}


def leaky() -> Report:
    """A report in which every planted secret stands in its place, and copies of all of them in every text."""
    changes = [
        AttributeChange(path, DriftClass.REVERTED_BY_APPLY, Severity.HIGH, was, now, was, name in MARKED, f"see {name}")
        for name, (path, was, now) in PLACES.items()
    ]
    everything = " ".join(secrets())
    coded = base64.b64encode(everything.encode()).decode()
    changes += [
        AttributeChange(
            f'copies["{OUTPUT}"]',
            DriftClass.OUTSIDE_CODE,
            Severity.LOW,
            copy,
            Mark.ABSENT,
            [copy, {copy: 1}],
            reason=copy,
        )
        for copy in (everything, coded, quote(everything), json.dumps({"a": everything}), html.escape(everything))
    ]
    changes += [
        AttributeChange("size", DriftClass.PENDING, Severity.NONE, 1, 1, word, reason=VARIABLE) for word in HARMLESS
    ]
    finding = Finding(
        "live/network", "default", f'module.m["{OUTPUT}"].aws_x.y["{VARIABLE}"]', "aws_x", DriftClass.REVERTED_BY_APPLY,
        Severity.CRITICAL, tuple(changes), ("update",), f"because {everything}",
    )  # fmt: skip
    split = tuple(replace(finding, attributes=(change,)) for change in changes)
    unit = replace(
        samples.NETWORK, findings=(finding, *split), notes=(everything, coded), identity=f"pg://u:{OUTPUT}@h/db"
    )
    broken = replace(
        unit, status=UnitStatus.ERROR, error=f"failed: {everything}", next_step=f"try {coded}", path="live/x"
    )
    return samples.report(unit, broken)


def test_the_canaries_are_planted() -> None:
    assert len(secrets()) >= 30
    assert all(secret in repr(leaky()) or json.dumps(secret)[1:-1] in repr(leaky()) for secret in secrets())


@pytest.mark.parametrize("format", FORMATS)
def test_no_canary_in_any_format(format: str) -> None:
    text = to_text(redact_report(leaky(), taint_of(plan())), format)
    assert [secret for secret in secrets() for spelled in spellings(secret) if spelled in text] == []
    assert "canary+" not in text.replace("\n", "")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", NAMED)
def test_secrets_by_name_and_shape_need_no_plan(name: str, format: str) -> None:
    path, was, now = NAMED[name]
    change = AttributeChange(path, DriftClass.REVERTED_BY_APPLY, Severity.HIGH, was, now, was)
    text = to_text(
        samples.report(replace(samples.NETWORK, findings=(replace(samples.BUCKET, attributes=(change,)),))), format
    )
    assert [secret for secret in secrets() for spelled in spellings(secret) if spelled in text] == []


@pytest.mark.parametrize("format", ["table", "json", "html"])
@pytest.mark.parametrize("word", HARMLESS)
def test_harmless_values_stay_readable(word: str, format: str) -> None:
    change = AttributeChange("some_setting", DriftClass.REVERTED_BY_APPLY, Severity.LOW, word, f"was {word}", word)
    finding = replace(samples.BUCKET, attributes=(change,))
    report = redact_report(samples.report(replace(samples.NETWORK, findings=(finding,))), taint_of(plan()))
    assert word in to_text(report, format)

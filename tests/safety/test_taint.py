from __future__ import annotations

import json
from typing import Any

import pytest

from driftgate.safety.redact import MASK, Redactor
from driftgate.safety.taint import taint_of
from driftgate.tfexec.plan import Plan, parse_plan


def plan(**parts: Any) -> Plan:
    return parse_plan(json.dumps({"format_version": "1.2", "resource_changes": [], **parts}).encode())


def change(
    before: Any, before_sensitive: Any = False, after: Any = None, after_sensitive: Any = False
) -> dict[str, Any]:
    return {
        "address": "aws_x.y",
        "change": {
            "actions": ["update"],
            "before": before,
            "before_sensitive": before_sensitive,
            "after": after,
            "after_sensitive": after_sensitive,
        },
    }


def knows(redactor: Redactor, secret: str) -> bool:
    return redactor.text(secret) == MASK


RESOURCE = {"name": "orders-db", "endpoint": "orders.example.com", "note": "marked-value-1"}

HARMLESS = [
    pytest.param(plan(), "anything-at-all", id="empty plan"),
    pytest.param(plan(resource_changes=[change(RESOURCE)]), "marked-value-1", id="no marks"),
    pytest.param(plan(resource_changes=[change(RESOURCE, {"note": True})]), "orders.example.com", id="other attribute"),
    pytest.param(plan(resource_changes=[change({"region": "us-east-1"}, {"region": True})]), "us-east-1", id="region"),
    pytest.param(
        plan(output_changes={"db": {"actions": ["create"], "after": RESOURCE, "after_sensitive": True}}),
        "orders-db",
        id="name of an object marked as a whole",
    ),
    pytest.param(
        plan(resource_changes=[change({"environment": [{"variables": {"TABLE": "orders-table"}}]})]),
        "orders-table",
        id="ordinary environment value",
    ),
    pytest.param(plan(variables={"size": {"value": "large-machine"}}), "large-machine", id="ordinary variable"),
    pytest.param(
        plan(resource_changes=[change({"secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"})]),
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        id="ARN of a secret",
    ),
]

TAINTED = [
    pytest.param(plan(resource_changes=[change(RESOURCE, {"note": True})]), id="before_sensitive"),
    pytest.param(plan(resource_changes=[change(None, False, RESOURCE, {"note": True})]), id="after_sensitive"),
    pytest.param(plan(resource_drift=[change(RESOURCE, {"note": True})]), id="drift"),
    pytest.param(
        plan(resource_changes=[change({"a": [{"b": ["marked-value-1"]}]}, {"a": [{"b": [True]}]})]), id="nested"
    ),
    pytest.param(plan(resource_changes=[change({"a": [{"b": "marked-value-1"}]}, {"a": True})]), id="marked container"),
    pytest.param(
        plan(output_changes={"o": {"actions": ["create"], "after": RESOURCE, "after_sensitive": True}}),
        id="output change",
    ),
    pytest.param(
        plan(prior_state={"values": {"outputs": {"o": {"value": ["marked-value-1"], "sensitive": True}}}}), id="output"
    ),
    pytest.param(
        plan(
            prior_state={
                "values": {
                    "root_module": {
                        "child_modules": [
                            {"resources": [{"values": RESOURCE, "sensitive_values": {"note": True}}, {"values": None}]}
                        ]
                    }
                }
            }
        ),
        id="recorded resource of a child module",
    ),
    pytest.param(
        plan(
            variables={"v": {"value": {"k": "marked-value-1"}}, "unset": {}},
            configuration={"root_module": {"variables": {"v": {"sensitive": True}}}},
        ),
        id="sensitive variable",
    ),
    pytest.param(plan(variables={"db_password": {"value": "marked-value-1"}}), id="variable by name"),
    pytest.param(
        plan(
            configuration={"provider_config": {"x": {"expressions": {"token": {"constant_value": "marked-value-1"}}}}}
        ),
        id="provider literal",
    ),
    pytest.param(
        plan(
            configuration={
                "root_module": {
                    "module_calls": {
                        "m": {
                            "expressions": {"seasoning": {"constant_value": "marked-value-1"}},
                            "module": {"variables": {"seasoning": {"sensitive": True}, "other": {}}},
                        }
                    }
                }
            }
        ),
        id="literal for a module's sensitive variable",
    ),
    pytest.param(plan(resource_changes=[change({"password": "marked-value-1"})]), id="by name"),
    pytest.param(
        plan(resource_changes=[change({"env": [{"name": "API_TOKEN", "value": "marked-value-1"}]})]),
        id="by sibling name",
    ),
    pytest.param(
        plan(resource_changes=[change({"definition": '{"auth":{"password":"marked-value-1"}}'})]),
        id="by name in JSON text",
    ),
]


@pytest.mark.parametrize(("source", "text"), HARMLESS)
def test_what_is_not_secret_stays_readable(source: Plan, text: str) -> None:
    assert taint_of(source).text(text) == text


@pytest.mark.parametrize("source", TAINTED)
def test_secrets_of_a_plan_are_known(source: Plan) -> None:
    assert knows(taint_of(source), "marked-value-1")


def test_random_values_under_suspicious_names_are_known() -> None:
    key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY0"
    source = plan(resource_changes=[change({"environment": [{"variables": {"THING": key}}]}), change({"x": key})])
    assert knows(taint_of(source), key)


def test_a_random_name_of_a_marked_object_is_known() -> None:
    key = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0"
    source = plan(output_changes={"o": {"actions": ["create"], "after": {"id": key}, "after_sensitive": True}})
    assert knows(taint_of(source), key)


@pytest.mark.parametrize(
    ("script", "known"),
    [
        pytest.param("#!/bin/sh\ncat <<EOF\n  Kq001!L4iLTN8\nEOF\n", True, id="on a line of its own"),
        pytest.param("#!/bin/sh\nrun --port=8080! Kq001!L4iLTN8 now\n", False, id="among words"),
        pytest.param("#!/bin/sh\nKq001L4iLTN8\n", False, id="an identifier"),
    ],
)
def test_a_password_in_a_heredoc_is_known(script: str, known: bool) -> None:
    source = plan(resource_changes=[change({"user_data": script})])
    word = next(word for word in script.split() if word.startswith("Kq"))
    assert (taint_of(source).text(f"see {word}") == "see (sensitive)") is known

from __future__ import annotations

import pytest

from driftgate.tfexec.plan import PlanError, parse_plan


def test_unknown_fields_are_ignored_and_big_numbers_kept() -> None:
    plan = parse_plan(
        b'{"format_version":"1.9","novel":{},"resource_drift":[{"address":"a.b","novel":1,'
        b'"change":{"actions":["update"],"before":{"n":12345678901234567890123},"after":null}}]}'
    )

    assert plan.resource_drift[0].change.before == {"n": 12345678901234567890123}
    assert plan.resource_drift[0].change.actions == ("update",)
    assert plan.resource_changes == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a Terraform JSON plan", id="empty"),
        pytest.param(b"{", "not a Terraform JSON plan", id="truncated"),
        pytest.param(b"[]", "not a Terraform JSON plan", id="not an object"),
        pytest.param(b'{"version":4,"serial":1}', "not a Terraform JSON plan", id="a state"),
        pytest.param(b"PK\x03\x04", "not a Terraform JSON plan", id="a binary plan"),
        pytest.param(b'{"format_version":"1.0","values":{}}', "not a Terraform JSON plan", id="a state as shown"),
        pytest.param(b'{"format_version":"1.0"}', "not a Terraform JSON plan", id="no state as shown"),
        pytest.param(b'{"format_version":"1.0","valid":true}', "not a Terraform JSON plan", id="a validation"),
        pytest.param(b'{"format_version":"2.0"}', "2.0 is newer", id="a format from the future"),
    ],
)
def test_anything_else_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        parse_plan(data)


def test_a_plan_of_nothing_is_a_plan() -> None:
    data = b'{"format_version":"1.2","planned_values":{"root_module":{}},"configuration":{"root_module":{}}}'

    assert parse_plan(data).resource_changes == ()
    assert parse_plan(b'{"format_version":"1.2","resource_changes":[]}').resource_drift == ()

"""Terraform's JSON plan (`terraform show -json`, format_version 1.x) as typed, read-only values.

Source: https://developer.hashicorp.com/terraform/internals/json-format; only the major version is checked.
"""

from __future__ import annotations

from typing import Any

import msgspec

from driftgate.errors import DriftgateError


class PlanError(DriftgateError):
    """Bytes that are not a Terraform JSON plan."""


class Change(msgspec.Struct, frozen=True):
    """What happens to one object: values before and after, and parallel trees of `true` where unknown or sensitive."""

    actions: tuple[str, ...] = ()
    before: Any = None
    after: Any = None
    after_unknown: Any = False
    before_sensitive: Any = False
    after_sensitive: Any = False
    replace_paths: tuple[tuple[str | int, ...], ...] = ()
    importing: dict[str, Any] | None = None


class ResourceChange(msgspec.Struct, frozen=True):
    """One resource instance (or deposed object) in `resource_drift` or `resource_changes`."""

    address: str
    change: Change
    mode: str = "managed"
    type: str = ""
    name: str = ""
    index: int | str | None = None
    deposed: str | None = None
    previous_address: str | None = None
    module_address: str | None = None
    provider_name: str = ""
    action_reason: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """A plan as `show -json` prints it.

    In `resource_drift`, `before` is what the state recorded and `after` what the refresh read; in
    `resource_changes`, `before` is what the refresh read and `after` what apply would make it. `configuration`,
    `prior_state` and `planned_values` stay plain JSON.
    """

    format_version: str
    terraform_version: str = ""
    resource_changes: tuple[ResourceChange, ...] = ()
    resource_drift: tuple[ResourceChange, ...] = ()
    output_changes: dict[str, Change] = {}
    variables: dict[str, Any] = {}
    prior_state: dict[str, Any] = {}
    configuration: dict[str, Any] = {}
    planned_values: dict[str, Any] = {}
    timestamp: str = ""
    errored: bool = False
    applyable: bool | None = None
    complete: bool | None = None
    deferred_changes: tuple[dict[str, Any], ...] = ()


WITHOUT_DRIFT = "0.1"
"""The format of Terraform 0.12 to 0.15, which has no `resource_drift`."""

# Every plan has some of these; other documents of the same format version, such as a state's, have none.
_PARTS = frozenset(
    {"configuration", "planned_values", "prior_state", "resource_changes", "resource_drift", "variables"}
)


def parse_plan(data: bytes) -> Plan:
    """The plan in `data`. Raises PlanError when it is not JSON, not a plan, or of another major version."""
    try:
        plan = msgspec.json.decode(data, type=Plan)
    except msgspec.DecodeError as error:
        raise _no_plan(str(error)) from None
    if plan.format_version.partition(".")[0] not in ("0", "1"):
        raise PlanError(
            f"JSON plan format {plan.format_version} is newer than driftgate knows", next_step="update driftgate"
        )
    if not (plan.resource_changes or plan.configuration) and _PARTS.isdisjoint(msgspec.json.decode(data)):
        raise _no_plan("it may be what `show -json` prints of a state")
    return plan


def _no_plan(why: str) -> PlanError:
    return PlanError(
        f"not a Terraform JSON plan ({why})", next_step="make it with `terraform show -json PLANFILE > FILE`"
    )

"""How a unit is named to dg's own commands."""

from __future__ import annotations


def of_unit(unit: str, workspace: str) -> tuple[str, ...]:
    """`--unit`, and `--workspace` where it is not the default one: without it the selected one would be meant."""
    return ("--unit", unit, *(() if workspace == "default" else ("--workspace", workspace)))

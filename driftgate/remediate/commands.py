"""Command lines of steps: for a shell in the repo's root."""

from __future__ import annotations

from driftgate.finding import Finding
from driftgate.remediate.step import Facts


def terraform(finding: Finding, facts: Facts, *words: str) -> tuple[str, ...]:
    """The unit's tool, terragrunt for a Terragrunt unit, in the unit's folder and workspace."""
    tool = facts.tools.get(finding.unit, "terraform")
    workspace = () if finding.workspace == "default" else ("env", f"TF_WORKSPACE={finding.workspace}")
    flag = "--working-dir" if tool == "terragrunt" else "-chdir"
    here = () if finding.unit in (".", "") else (f"{flag}={finding.unit}",)
    return (*workspace, tool, *here, *words)

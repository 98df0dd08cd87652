"""The error for a Terragrunt configuration that cannot be used."""

from __future__ import annotations

from driftgate.errors import DriftgateError
from driftgate.hcl.values import EvaluationError


class TerragruntError(DriftgateError):
    """A configuration that Terragrunt would refuse: the message begins with `file:line:column` where that is known."""


def as_terragrunt_error(error: EvaluationError | RecursionError, file: str) -> TerragruntError:
    """What evaluating `file` ended with, as an error for people."""
    if isinstance(error, RecursionError):
        return TerragruntError(f"{file}: nested too deep to evaluate", next_step="split it into locals")
    return TerragruntError(f"{error.where or file}: {error.problem}", next_step="correct the file there and run again")

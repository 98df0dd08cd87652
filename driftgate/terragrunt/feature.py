"""Feature flags: their defaults, and what the command line sets instead.

Rules: https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#feature.
"""

from __future__ import annotations

from driftgate.hcl.convert import convert, type_of
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.shapes import as_mapping


def feature_values(config: Context) -> dict[str, object]:
    """What `feature` is: an object with `value` for each flag."""
    flags = as_mapping(config.section("feature"))
    return {name: {"value": flag(config, name, default)} for name, default in flags.items()}


def flag(config: Context, name: str, default: object) -> object:
    """The value of one flag: text from the command line is converted to the type of the default."""
    if name not in config.session.features:
        return default
    given = config.session.features[name]
    try:
        return convert(given, type_of(default))
    except EvaluationError as error:
        raise EvaluationError(f"feature {name}: {error.problem}") from None

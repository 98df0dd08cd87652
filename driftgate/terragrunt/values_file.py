"""`values`: what a stack gives its units, from memory or from `terragrunt.values.hcl` beside them."""

from __future__ import annotations

from driftgate.hcl.constant import ModuleScope
from driftgate.hcl.evaluate import evaluate
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.files import VALUES_FILE, Files


def values_of(config: Context) -> dict[str, object]:
    """The values of the unit. Raises EvaluationError when it has none."""
    given = config.session.values.get(config.folder)
    if given is not None:
        return given
    path = f"{config.folder}/{VALUES_FILE}"
    if not config.files.is_file(path):
        raise EvaluationError(f"there are no values: {config.files.shown(path)} does not exist")
    return read_values(config.files, path)


def read_values(files: Files, path: str) -> dict[str, object]:
    """The attributes of a values file, which may use Terraform's functions but no names. Raises EvaluationError."""
    source = files.source(path)
    scope = ModuleScope({}, {})
    try:
        return {name: evaluate(attribute.value, scope) for name, attribute in source.body.attributes.items()}
    except EvaluationError as error:
        error.where = error.where or source.place(error.span or (0, 0))
        raise

"""`read_terragrunt_config`: another file as an object, read once for everybody when nothing in it hangs on who asks."""

from __future__ import annotations

import posixpath
from typing import Final

from driftgate.hcl.error import HclError
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.files import STACK_FILE, VALUES_FILE
from driftgate.terragrunt.stack_file import stack_object
from driftgate.terragrunt.values_file import read_values
from driftgate.terragrunt.view import as_object

# Words in a file whose result may depend on the unit that reads it, not only on the file.
_ASKER: Final = ("get_original_terragrunt_dir", "read_terragrunt_config", "get_terraform_c", "include")


def read_config(config: Context, path: str) -> object:
    """The file at `path` as an object, for the unit that `config` is read for. Raises EvaluationError.

    Nothing in it is evaluated before it is asked for.
    """
    if path.endswith(VALUES_FILE):
        return read_values(config.files, path)
    try:
        source = config.files.source(path)
    except HclError as error:
        place = f"{error.filename}:{error.line}:{error.column}"
        raise EvaluationError(error.problem, (error.offset, error.offset), place) from None
    known = config.session.read
    key = (path, config.original if any(word in source.text for word in _ASKER) else "")
    if key not in known:
        other = config.other(source)
        is_stack = posixpath.basename(path) == STACK_FILE
        known[key] = stack_object(other) if is_stack else as_object(other, merged=True)
    return known[key]

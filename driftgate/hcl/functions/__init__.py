"""Terraform's functions, one file a family; `PURE` are those that need nothing but their arguments."""

from __future__ import annotations

from typing import Final

from driftgate.hcl.functions import (
    collection,
    conversion,
    dates,
    encoding,
    files,
    formatting,
    hashing,
    json_text,
    network,
    numeric,
    pattern,
    sets,
    text,
    unknowable,
    yaml_text,
)
from driftgate.hcl.scope import Function

PURE: Final[dict[str, Function]] = {
    **files.PATHS,
    **numeric.FUNCTIONS,
    **text.FUNCTIONS,
    **pattern.FUNCTIONS,
    **formatting.FUNCTIONS,
    **collection.FUNCTIONS,
    **sets.FUNCTIONS,
    **encoding.FUNCTIONS,
    **json_text.FUNCTIONS,
    **yaml_text.FUNCTIONS,
    **hashing.FUNCTIONS,
    **dates.FUNCTIONS,
    **network.FUNCTIONS,
    **conversion.FUNCTIONS,
    **unknowable.FUNCTIONS,
}

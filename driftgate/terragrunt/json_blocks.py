"""Which names are blocks in Terragrunt's JSON syntax, and how many labels each takes."""

from __future__ import annotations

from typing import Final

OPTIONAL: Final = -1
"""One label, or none: `include` is bare when its members are settings, not objects."""

BLOCKS: Final[dict[str, dict[str, int]]] = {
    "": {
        "include": OPTIONAL,
        "locals": 0,
        "dependency": 1,
        "dependencies": 0,
        "remote_state": 0,
        "generate": 1,
        "terraform": 0,
        "feature": 1,
        "exclude": 0,
        "errors": 0,
        "engine": 0,
        "catalog": 0,
        "unit": 1,
        "stack": 1,
    },
    "terraform": {"extra_arguments": 1, "before_hook": 1, "after_hook": 1, "error_hook": 1},
    "errors": {"retry": 1, "ignore": 1},
}

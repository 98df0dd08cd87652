"""What of Terragrunt and of Terraform's functions is understood, as the table of docs/terragrunt.md."""

from __future__ import annotations

from typing import Final

from driftgate.hcl.functions import PURE, unknowable
from driftgate.hcl.functions.files import UNREAD
from driftgate.terragrunt.executed import EXECUTED
from driftgate.terragrunt.functions import FUNCTIONS

CONSTRUCTS: Final = {
    "include": "bare, labelled, several; `expose`; merge strategies `no_merge`, `shallow`, `deep`; one level",
    "locals": "in any order; may use `include`, `feature` and `values`",
    "dependency": "edges and outputs: from the other unit's state, or `mock_outputs` where Terragrunt would use them; "
    "`enabled`, `skip_outputs`, allowed commands, the strategies to merge mocks with the state",
    "dependencies": "edges",
    "remote_state": "block or attribute, with and without `generate`; Terragrunt's own settings are taken off",
    "generate": "block or attribute; written into the private folder that a scan plans in; a backend in it counts",
    "terraform": "`source`: a path, or fetched by terraform; `extra_arguments` for plan: `env_vars` and variable "
    "files, not `arguments`; hooks are read, never run",
    "inputs": "given to terraform as `TF_VAR_…`, but for those that the environment has already",
    "feature": "defaults, and `--feature NAME=VALUE`",
    "exclude": "a check reads excluded units all the same, and says so",
    "errors": "shown by `dg render`; nothing is retried",
    "engine": "shown by `dg render`; no engine is used",
    "catalog": "shown by `dg render`",
    "unit": "in `terragrunt.stack.hcl`: seen as if generated when its source is on this disk, with `values`; "
    "`autoinclude` (Terragrunt's experiment `stack-dependencies`) is refused, in a file of its own too",
    "stack": "in `terragrunt.stack.hcl`: stacks in stacks",
    "attributes": "`iam_role` and its kin, `download_dir`, `prevent_destroy`, `terraform_binary`, version constraints, "
    "`skip`: shown by `dg render`; `terraform_binary` decides the tool",
}
_PARTLY: Final = {
    **dict.fromkeys(("regex", "regexall", "replace"), "exact, but for scripts (`\\p{Greek}`), which are unknown"),
    "sensitive": "the value, which is masked wherever it is shown; marks are not carried along",
    **dict.fromkeys(("nonsensitive", "ephemeralasnull"), "the value; marks are not carried along"),
}
_LAZY: Final = ("can", "try")
_UNKNOWN: Final = {
    "get_default_retryable_errors": "unknown: it differs from version to version of Terragrunt",
    "get_working_dir": "unknown when `terraform.source` is set: a folder in Terragrunt's cache",
}


def markdown() -> str:
    """The tables: constructs, Terragrunt's functions, Terraform's functions."""
    return f"{_constructs()}\n{_own_functions()}\n{_terraform_functions()}"


def _constructs() -> str:
    rows = "".join(f"| `{name}` | {what} |\n" for name, what in sorted(CONSTRUCTS.items()))
    return f"## What is read\n\n| block or attribute | what counts |\n|---|---|\n{rows}"


def _own_functions() -> str:
    rows = "".join(f"| `{name}` | {_own_status(name)} |\n" for name in sorted(FUNCTIONS))
    return f"## Terragrunt's functions\n\n| function | result |\n|---|---|\n{rows}"


def _own_status(name: str) -> str:
    if name in EXECUTED:
        return "unknown, with `--allow-exec` exact"
    return _UNKNOWN.get(name, "exact")


def _terraform_functions() -> str:
    names = sorted({*PURE, *UNREAD, *_LAZY})
    rows = "".join(f"| `{name}` | {_status(name)} |\n" for name in names)
    return f"## Terraform's functions\n\n| function | result |\n|---|---|\n{rows}"


def _status(name: str) -> str:
    reason = unknowable.REASONS.get(name)
    return _PARTLY.get(name, "exact") if reason is None else f"unknown by design: {reason}"

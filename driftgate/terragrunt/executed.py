"""The functions that would run a program or ask a cloud: unknown, unless the session may execute.

Documented: https://terragrunt.gruntwork.io/docs/reference/hcl/functions/, `run_cmd`, `sops_decrypt_file`, `get_aws_…`.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Sequence
from typing import Final

from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.terragrunt.context import Context

_FLAGS = ("--terragrunt-quiet", "--terragrunt-global-cache", "--terragrunt-no-cache")
_IDENTITY = ("aws", "sts", "get-caller-identity", "--output", "json")


def _executed(config: Context, name: str, command: Sequence[str], folder: str) -> str | Unknown:
    """What a command prints in a folder; it runs once for each folder and command."""
    execute = config.session.execute
    if execute is None:
        return Unknown(f"{name}() is not executed: allow it with --allow-exec")
    key = (folder, *command)
    if key not in config.session.executed:
        config.session.executed[key] = execute(command, folder)
    return config.session.executed[key]


def _run_cmd(config: Context, *arguments: str) -> str | Unknown:
    command = list(arguments)
    flags = []
    while command and command[0] in _FLAGS:
        flags.append(command.pop(0))
    if not command:
        raise EvaluationError("run_cmd needs a command")
    if {"--terragrunt-global-cache", "--terragrunt-no-cache"} <= set(flags):
        raise EvaluationError("--terragrunt-global-cache and --terragrunt-no-cache exclude each other")
    return _executed(config, "run_cmd", command, config.folder)


def _sops_decrypt_file(config: Context, *arguments: str) -> str | Unknown:
    if len(arguments) != 1:
        raise EvaluationError(f"sops_decrypt_file takes 1 argument, not {len(arguments)}")
    path = posixpath.normpath(posixpath.join(config.folder, arguments[0]))
    config.note_read(path)
    return _executed(config, "sops_decrypt_file", ("sops", "--decrypt", config.files.real(path)), config.folder)


def _identity(name: str, field: str) -> Callable[..., object]:
    def ask(config: Context, *arguments: str) -> object:
        said = _executed(config, name, _IDENTITY, config.folder)
        if isinstance(said, Unknown):
            return said
        try:
            return str(json.loads(said)[field])
        except (ValueError, KeyError, TypeError):
            raise EvaluationError("`aws sts get-caller-identity` gave no identity") from None

    return ask


def _account_alias(config: Context, *arguments: str) -> object:
    command = ("aws", "iam", "list-account-aliases", "--query", "AccountAliases[0]", "--output", "text")
    said = _executed(config, "get_aws_account_alias", command, config.folder)
    return said if isinstance(said, Unknown) else "" if said == "None" else said


EXECUTED: Final[dict[str, Callable[..., object]]] = {
    "get_aws_account_alias": _account_alias,
    "get_aws_account_id": _identity("get_aws_account_id", "Account"),
    "get_aws_caller_identity_arn": _identity("get_aws_caller_identity_arn", "Arn"),
    "get_aws_caller_identity_user_id": _identity("get_aws_caller_identity_user_id", "UserId"),
    "run_cmd": _run_cmd,
    "sops_decrypt_file": _sops_decrypt_file,
}

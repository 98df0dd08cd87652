"""A terraform command line as it may be written down: values that can be secret masked, everything else as typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from driftgate.safety.redact import MASK, Redactor

# What a backend block says of where a state is; any other value may be a key, a password or a token.
_PLACES = frozenset(
    re.findall(
        r"\w+",
        "bucket key region prefix path workspace_dir workspace_key_prefix dynamodb_table use_lockfile encrypt"
        " container_name storage_account_name resource_group_name subscription_id tenant_id client_id environment"
        " organization hostname schema_name secret_suffix namespace profile role_arn"
        " skip_region_validation skip_credentials_validation skip_metadata_api_check skip_requesting_account_id"
        " skip_s3_checksum use_path_style force_path_style use_oidc use_azuread_auth use_msi",
    )
)


def masked_argv(argv: Sequence[str], redactor: Redactor | None = None) -> list[str]:
    """`argv` with every `-var` value masked and those of `-backend-config` that say more than where a state is.

    Names stay, and files (`-var-file=…`, `-backend-config=prod.hcl`). What looks like a key, or is a secret that
    `redactor` knows, is masked wherever it stands.
    """
    known = redactor or Redactor()
    return [known.text(word) for word in _masked(argv)]


def _masked(argv: Iterable[str]) -> Iterable[str]:
    option = ""
    for word in argv:
        if option:
            yield _setting(option, word)
            option = ""
            continue
        name, equals, value = word.partition("=")
        flag = name.removeprefix("-").removeprefix("-")
        if not name.startswith("-") or flag not in ("var", "backend-config"):
            yield word
        elif equals:
            yield f"{name}={_setting(flag, value)}"
        else:
            yield word
            option = flag


def _setting(option: str, text: str) -> str:
    """`name=value` with the value masked; a text without `=` is a file for -backend-config."""
    name, equals, _ = text.partition("=")
    if not equals:
        return MASK if option == "var" else text
    if option == "backend-config" and name.strip() in _PLACES:
        return text
    return f"{name}={MASK}"

"""The settings of a `cloud` block or a `remote` backend: which host, and with whose token. Pure but for files.

Honoured: hostname (TF_CLOUD_HOSTNAME, for `cloud`) organization (TF_CLOUD_ORGANIZATION) · workspaces with name, prefix
(`remote`), tags or project (`cloud`; TF_CLOUD_PROJECT, TF_WORKSPACE) · the token, in terraform's order:
token of the block, TF_TOKEN_<host>, the CLI configuration (`credentials.tfrc.json`, `.terraformrc`, or only
TF_CLI_CONFIG_FILE) · services that a `host` block of the CLI configuration names · HTTP_PROXY HTTPS_PROXY NO_PROXY
SSL_CERT_FILE SSL_CERT_DIR.

Source: https://developer.hashicorp.com/terraform/cli/cloud/settings,
https://developer.hashicorp.com/terraform/language/backend/remote.
"""

from __future__ import annotations

from dataclasses import dataclass

from driftgate.backends.base import BackendError
from driftgate.backends.cli_config import CliConfig, cli_config, token_variable
from driftgate.backends.hcp_api import SERVICES, Hcp
from driftgate.backends.rest import Rest
from driftgate.backends.rest_proxy import proxies
from driftgate.backends.rest_tls import Tls, system_trust
from driftgate.backends.where import hostname
from driftgate.backends.where_settings import Settings

HONOURED = frozenset({"hostname", "organization", "workspaces", "token"})
RETRIES = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Which workspaces of an organization are the block's; tags without a value have None."""

    prefix: str = ""
    tags: tuple[tuple[str, str | None], ...] = ()
    project: str = ""


def hcp(s: Settings, where: str, tool: str | None) -> Hcp:
    """The API of the block's host. Raises BackendError when there is no token for it."""
    name = hostname(s)
    config = cli_config(s.env, tool)
    token = s.get("token") or config.tokens.get(name)
    if not token:
        raise _no_token(name, config)
    rest = Rest(
        where,
        f"check the token for {name} (`terraform login {name}`, or {token_variable(name)}) and its team's access",
        (("Authorization", f"Bearer {token}"),),
        Tls(extra=system_trust(s.env)),
        proxies(s.env),
        retries=RETRIES,
    )
    services = config.services.get(name, {})
    return Hcp(rest, name, next((services[key] for key in SERVICES if key in services), ""))


def selection(s: Settings) -> Selection | None:
    """Which workspaces belong to the block; None when it names just one."""
    chosen = s.nested("workspaces")
    if chosen.get("name"):
        return None
    project = chosen.get("project") or (s.env.get("TF_CLOUD_PROJECT", "") if s.backend.type == "cloud" else "")
    return Selection(str(chosen.get("prefix") or ""), _tags(chosen.get("tags")), str(project or ""))


def _tags(tags: object) -> tuple[tuple[str, str | None], ...]:
    """A set of names, or a map of names and values."""
    if isinstance(tags, dict):
        return tuple((str(name), str(value)) for name, value in sorted(tags.items()))
    names = sorted(str(tag) for tag in tags) if isinstance(tags, list | tuple | set | frozenset) else []
    return tuple((name, None) for name in names)


def _no_token(name: str, config: CliConfig) -> BackendError:
    if config.helper:
        return BackendError(
            f"the token for {name} is with the credentials helper `{config.helper}`, a program that driftgate does "
            "not run to look at a state",
            next_step=f"give it as {token_variable(name)}",
        )
    return BackendError(f"there is no token for {name}", next_step=f"run `terraform login {name}`")

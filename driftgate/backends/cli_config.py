"""Terraform's CLI configuration, as far as reaching a host needs it: API tokens, and services named by hand.

A credentials helper is a program, and is not run. Source: https://developer.hashicorp.com/terraform/cli/config/config-file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.backends.base import BackendError
from driftgate.backends.where_url import normal_host
from driftgate.hcl.ast import Body
from driftgate.hcl.constant import constant
from driftgate.hcl.parse import HclError, parse

_TOKEN = "TF_TOKEN_"  # noqa: S105  # the start of a variable's name


@dataclass(frozen=True, slots=True)
class CliConfig:
    """Tokens and services by host; `helper` is the credentials helper there is, "" for none."""

    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    helper: str = ""


def cli_config(env: Mapping[str, str], tool: str | None = None) -> CliConfig:
    """What `tool` (`tofu` has a file of its own) would find under `env`: variables first, then files.

    Raises BackendError for a file that cannot be read.
    """
    tokens: dict[str, str] = {}
    services: dict[str, Mapping[str, str]] = {}
    helper = ""
    for path in _files(env, tool):
        document = _document(path)
        helper = next(iter(_labelled(document, "credentials_helper")), helper)
        tokens |= {
            normal_host(name): str(entry["token"])
            for name, entry in _labelled(document, "credentials").items()
            if entry.get("token")
        }
        for name, entry in _labelled(document, "host").items():
            named = entry.get("services")
            services[normal_host(name)] = (
                {str(k): str(v) for k, v in named.items()} if isinstance(named, Mapping) else {}
            )
    return CliConfig(tokens | dict(_from_variables(env)), services, helper)


def token_variable(name: str) -> str:
    """The variable that holds a host's token; it cannot say a port."""
    return _TOKEN + name.partition(":")[0].replace("-", "__").replace(".", "_")


def _from_variables(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """TF_TOKEN_app_terraform_io: a dot is written `_`, a hyphen as itself or `__`."""
    for name, value in sorted(env.items()):
        if name.startswith(_TOKEN) and value:
            yield normal_host(name.removeprefix(_TOKEN).replace("__", "-").replace("_", ".")), value


def _files(env: Mapping[str, str], tool: str | None) -> list[Path]:
    """The files there are; of two that say the same the later counts. One named in the environment stands for all."""
    chosen = env.get("TF_CLI_CONFIG_FILE") or env.get("TERRAFORM_CONFIG")
    if chosen:
        return [path for path in (Path(chosen),) if path.is_file()]
    if not env.get("HOME"):
        return []
    home = Path(env["HOME"])
    folder = home / ".terraform.d"
    more = sorted(path for path in folder.glob("*") if path.name.endswith((".tfrc", ".tfrc.json")))
    names = (".tofurc", ".terraformrc") if tool == "tofu" else (".terraformrc",)
    main = next((home / name for name in names if (home / name).is_file()), None)
    return [*([main] if main else []), *more]


def _document(path: Path) -> Mapping[str, object]:
    """Blocks by type, then by label."""
    try:
        text = path.read_text()
        document = json.loads(text) if path.suffix == ".json" else _blocks(parse(text, filename=path.name))
    except (OSError, ValueError, HclError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200]
        raise BackendError(
            f"the CLI configuration {path} cannot be read: {reason}",
            next_step="correct it, or name another with TF_CLI_CONFIG_FILE",
        ) from None
    return document if isinstance(document, Mapping) else {}


def _blocks(body: Body) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for block in body.blocks:
        content = {name: constant(attribute.value) for name, attribute in block.body.attributes.items()}
        found.setdefault(block.type, {})[block.labels[0] if block.labels else ""] = content
    return found


def _labelled(document: Mapping[str, object], kind: str) -> dict[str, Mapping[str, object]]:
    found = document.get(kind)
    entries = found.items() if isinstance(found, Mapping) else ()
    return {str(label): entry for label, entry in entries if isinstance(entry, Mapping)}

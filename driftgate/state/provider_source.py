"""Provider addresses as states spell them: `module.a.provider["registry.terraform.io/hashicorp/aws"].west`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from driftgate.state.file import StateError

_CURRENT = re.compile(r'(?P<module>(?:.*\.)?)provider\["(?P<source>[^"]+)"\](?P<alias>(?:\..*)?)', re.DOTALL)
_LEGACY = re.compile(r"(?P<module>(?:.*\.)?)provider\.(?P<name>[^.\[\]]+)(?P<alias>(?:\.[^.]+)?)", re.DOTALL)
_PART = re.compile(r"[0-9a-z](?:[0-9a-z-]*[0-9a-z])?|-")
_HOST = re.compile(r"[0-9a-z.-]+(?::\d+)?")


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A provider configuration in a module: where it is declared (`module.a.` or ""), source, alias (`.west` or "")."""

    module: str
    source: str
    alias: str

    def __str__(self) -> str:
        return f'{self.module}provider["{self.source}"]{self.alias}'


def parse_config(text: str) -> ProviderConfig | None:
    """The configuration that a state's `provider` names, None when it makes no sense.

    States of Terraform 0.12 say `provider.aws`, which Terraform since reads as registry.terraform.io/-/aws.
    """
    found = _CURRENT.fullmatch(text)
    if found:
        return ProviderConfig(found["module"], found["source"], found["alias"])
    found = _LEGACY.fullmatch(text)
    if found:
        return ProviderConfig(found["module"], f"registry.terraform.io/-/{found['name']}", found["alias"])
    return None


def parse_source(text: str, host: str = "registry.terraform.io") -> str:
    """`aws`, `acme/aws` or `registry.acme.com/acme/aws` in full; `host` is the default registry (OpenTofu has its own).

    Raises StateError for anything else.
    """
    parts = text.lower().split("/")
    full = [*[host, "hashicorp"][: max(3 - len(parts), 0)], *parts]
    if len(full) != 3 or not _HOST.fullmatch(full[0]) or not all(_PART.fullmatch(part) for part in full[1:]):
        raise StateError(
            f"`{text}` is not a provider", next_step="spell it as required_providers does: [hostname/]namespace/name"
        )
    return "/".join(full)

"""Which proxy a request goes through: the environment's, by the rules of Go's clients, which Terraform's are."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in typeshed


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxy's URL by the scheme asked for ("" for none), and the hosts that are asked directly."""

    http: str = ""
    https: str = ""
    direct: str = ""

    def through(self, url: str) -> str:
        """The proxy for `url`, "" for none. This machine itself is never asked through a proxy."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        chosen = self.https if parts.scheme == "https" else self.http
        if not chosen or is_this_machine(url) or _is_listed(host, parts.port, self.direct):
            return ""
        return chosen if "://" in chosen else f"http://{chosen}"


NO_PROXIES = Proxies()


def proxies(env: Mapping[str, str]) -> Proxies:
    """The proxies that `env` asks for. Source: https://pkg.go.dev/golang.org/x/net/http/httpproxy."""
    http, https, direct = (env.get(name.upper()) or env.get(name) or "" for name in _VARIABLES)
    return Proxies(http, https, direct)


_VARIABLES = ("http_proxy", "https_proxy", "no_proxy")


def is_this_machine(url: str) -> bool:
    """Whether `url` leads to the machine that asks."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or _in_network(host, "127.0.0.0/8") or host == "::1"


def _is_listed(host: str, port: int | None, direct: str) -> bool:
    if not direct:
        return False
    if any(_in_network(host, entry.strip()) for entry in direct.split(",") if "/" in entry):
        return True
    return bool(proxy_bypass_environment(f"{host}:{port}" if port else host, {"no": direct}))


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False

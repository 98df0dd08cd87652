"""The settings of a `consul` backend: which agent is asked, by whom and how. Pure but for files.

Honoured, with the fallbacks of Consul's own client: path gzip lock · address (CONSUL_HTTP_ADDR) scheme
(CONSUL_HTTP_SSL) datacenter · access_token (CONSUL_HTTP_TOKEN; CONSUL_HTTP_TOKEN_FILE goes before both) http_auth
(CONSUL_HTTP_AUTH) · ca_file (CONSUL_CACERT, CONSUL_CAPATH) cert_file (CONSUL_CLIENT_CERT) key_file
(CONSUL_CLIENT_KEY). Only from the environment: CONSUL_HTTP_SSL_VERIFY CONSUL_TLS_SERVER_NAME CONSUL_NAMESPACE
CONSUL_PARTITION, HTTP_PROXY HTTPS_PROXY NO_PROXY, SSL_CERT_FILE SSL_CERT_DIR.

Source: https://developer.hashicorp.com/terraform/language/backend/consul,
https://developer.hashicorp.com/consul/commands#environment-variables.
"""

from __future__ import annotations

from pathlib import Path

from driftgate.backends.base import BackendError
from driftgate.backends.consul_kv import Kv
from driftgate.backends.rest import Rest, basic
from driftgate.backends.rest_proxy import proxies
from driftgate.backends.rest_tls import Tls, system_trust
from driftgate.backends.where_settings import Settings

_HONOURED = "path gzip lock address scheme datacenter access_token http_auth ca_file cert_file key_file"
HONOURED = frozenset(_HONOURED.split())
LOGIN = (
    "check access_token (CONSUL_HTTP_TOKEN); its policy needs key_prefix write for the path, and session write to lock"
)


def consul_kv(s: Settings, unit_dir: Path, where: str) -> Kv:
    """The key-value store that the backend with settings `s` uses. Raises BackendError for what cannot be used."""
    scope = {
        "dc": s.get("datacenter"),
        "ns": s.env.get("CONSUL_NAMESPACE", ""),
        "partition": s.env.get("CONSUL_PARTITION", ""),
    }
    rest = Rest(where, LOGIN, _headers(s, unit_dir), _tls(s, unit_dir), proxies(s.env))
    return Kv(rest, _url(s), tuple((name, value) for name, value in scope.items() if value))


def _url(s: Settings) -> str:
    """The agent's URL, path prefix included; an `http://` in the address does not take TLS back once asked for."""
    scheme = s.get("scheme") or ("https" if _true(s.env.get("CONSUL_HTTP_SSL", "")) else "http")
    given, separator, rest = s.get("address", "CONSUL_HTTP_ADDR", default="127.0.0.1:8500").partition("://")
    if not separator:
        return f"{scheme}://{given.rstrip('/')}"
    if given not in ("http", "https"):
        raise BackendError(
            f"backend consul: driftgate does not speak to an agent over {given}://",
            next_step="set address to the agent's HTTP address, e.g. with CONSUL_HTTP_ADDR",
        )
    return f"{'https' if given == 'https' else scheme}://{rest.rstrip('/')}"


def _headers(s: Settings, unit_dir: Path) -> tuple[tuple[str, str], ...]:
    headers = {}
    file = s.env.get("CONSUL_HTTP_TOKEN_FILE", "")
    token = (_text("CONSUL_HTTP_TOKEN_FILE", file, unit_dir).strip() if file else "") or s.get(
        "access_token", "CONSUL_HTTP_TOKEN"
    )
    if token:
        headers["X-Consul-Token"] = token
    login = s.get("http_auth", "CONSUL_HTTP_AUTH")
    if login:
        user, _, password = login.partition(":")
        headers["Authorization"] = basic(user, password)
    return tuple(sorted(headers.items()))


def _tls(s: Settings, unit_dir: Path) -> Tls:
    authority, folder = s.get("ca_file", "CONSUL_CACERT"), s.env.get("CONSUL_CAPATH", "")
    certificate, key = s.get("cert_file", "CONSUL_CLIENT_CERT"), s.get("key_file", "CONSUL_CLIENT_KEY")
    files = [unit_dir / authority] if authority else sorted((unit_dir / folder).glob("*")) if folder else []
    return Tls(
        verify=_true(s.env.get("CONSUL_HTTP_SSL_VERIFY") or "true"),
        authorities="\n".join(_text("ca_file", str(file), unit_dir) for file in files),
        certificate=_text("cert_file", certificate, unit_dir),
        key=_text("key_file", key, unit_dir),
        server_name=s.env.get("CONSUL_TLS_SERVER_NAME", ""),
        extra=system_trust(s.env),
    )


def _text(name: str, file: str, unit_dir: Path) -> str:
    """What is in `file`, relative to the unit where terraform runs; "" for no file."""
    if not file:
        return ""
    try:
        return (unit_dir / file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "not a text"
        raise BackendError(
            f"backend consul: cannot read {name} {file}: {reason}", next_step=f"correct {name}"
        ) from None


def _true(text: str) -> bool:
    return text.lower() in ("1", "t", "true")

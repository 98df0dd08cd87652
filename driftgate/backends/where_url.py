"""URLs and connection strings without what is secret or says only how to connect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

_SECRET = re.compile(r"token|secret|passw|pwd|key|sig|auth|credential", re.IGNORECASE)
_DSN_ITEM = re.compile(r"(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def without_secrets(url: str) -> str:
    """The URL without user and password, and without query values that may be secret."""
    scheme, separator, rest = url.partition("://")
    try:
        parts = urlsplit(f"{scheme}{separator}{_split_login(rest)[1]}")
    except ValueError:  # a broken IPv6 address; nothing after it can be told apart
        return f"{scheme}{separator}…"
    query = urlencode([(k, "" if _SECRET.search(k) else v) for k, v in parse_qsl(parts.query, True)])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def normal_url(url: str) -> str:
    """`without_secrets`, with host in lower case and no default port, so that equal places are equal text."""
    if not url:
        return ""
    parts = urlsplit(without_secrets(url if "://" in url else f"https://{url}"))
    host, colon, port = parts.netloc.lower().rpartition(":")
    if not colon or not port.isdigit():
        host, port = parts.netloc.lower(), ""
    if port == _DEFAULT_PORTS.get(parts.scheme):
        port = ""
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path, parts.query, ""))


def normal_host(name: str) -> str:
    """The name of a host that speaks HTTPS, as it is compared: lower case, without the default port."""
    return name.lower().removesuffix(":443")


def connection(conn_str: str, env: Mapping[str, str]) -> str:
    """`host:port/database` of a PostgreSQL URL or `key=value` string, with libpq's fallbacks.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
    """
    given = parameters(conn_str)
    host = given.get("host") or env.get("PGHOST") or "localhost"
    port = given.get("port") or env.get("PGPORT") or "5432"
    database = given.get("dbname") or env.get("PGDATABASE") or given.get("user") or env.get("PGUSER") or ""
    return f"{host.lower()}:{port}/{database}"


def parameters(conn_str: str) -> dict[str, str]:
    """Everything that a PostgreSQL URL or `key=value` string says, the password too, by libpq's keywords."""
    return _from_url(conn_str) if "://" in conn_str else _from_dsn(conn_str)


def _split_login(rest: str) -> tuple[str, str]:
    """Login and the rest of what follows `://`. A password may hold an unescaped `/` or `?`, so the last `@` counts."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and ":" not in authority:
        return "", rest
    login, _, address = rest.rpartition("@")
    return login, address


def _from_url(url: str) -> dict[str, str]:
    login, rest = _split_login(url.partition("://")[2])
    parts = urlsplit(f"//{rest}")
    host, _, port = parts.netloc.rpartition(":")
    if not host or port.endswith("]"):  # no port; an IPv6 address stands in brackets
        host, port = parts.netloc, ""
    user, _, password = login.partition(":")
    found = {"host": host, "port": port, "user": user, "password": password, "dbname": parts.path.lstrip("/")}
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {name: unquote(value) for name, value in found.items() if value} | query


def _from_dsn(dsn: str) -> dict[str, str]:
    return {m[1]: re.sub(r"\\(.)", r"\1", m[2]) if m[2] is not None else m[3] for m in _DSN_ITEM.finditer(dsn)}

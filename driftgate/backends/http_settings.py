"""The settings of an `http` backend: where it sends which request, and how the server is reached. Pure.

Honoured, each with its TF_HTTP_ variable in Terraform's spelling: address update_method · lock_address lock_method
unlock_address unlock_method · username password, or a login in the address · client_certificate_pem
client_private_key_pem client_ca_certificate_pem · retry_max retry_wait_min retry_wait_max. Without a variable:
skip_cert_verification, and OpenTofu's headers. From the environment: HTTP_PROXY HTTPS_PROXY NO_PROXY SSL_CERT_FILE
SSL_CERT_DIR.

Source: https://developer.hashicorp.com/terraform/language/backend/http, https://opentofu.org/docs/language/settings/backends/http.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

from driftgate.backends.base import BackendError
from driftgate.backends.rest import Rest, basic
from driftgate.backends.rest_proxy import proxies
from driftgate.backends.rest_tls import Tls, system_trust
from driftgate.backends.where_settings import Settings

_HONOURED = """address update_method lock_address lock_method unlock_address unlock_method username password headers
    client_certificate_pem client_private_key_pem client_ca_certificate_pem retry_max retry_wait_min retry_wait_max
    skip_cert_verification"""
HONOURED = frozenset(_HONOURED.split())
LOGIN = "check username and password (TF_HTTP_USERNAME, TF_HTTP_PASSWORD), and that the user may do this"
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/?#]*@")


def setting(s: Settings, name: str, default: str = "") -> str:
    """The setting `name`, else its TF_HTTP_ variable."""
    return s.get(name, f"TF_HTTP_{name.upper()}", default=default)


def http_rest(s: Settings, where: str) -> Rest:
    """How the server of the backend with settings `s` is asked. Raises BackendError for a value that cannot be used."""
    return Rest(
        where=where,
        login=LOGIN,
        headers=_headers(s),
        tls=Tls(
            verify=not s.flag("skip_cert_verification"),
            authorities=setting(s, "client_ca_certificate_pem"),
            certificate=setting(s, "client_certificate_pem"),
            key=setting(s, "client_private_key_pem"),
            extra=system_trust(s.env),
        ),
        proxies=proxies(s.env),
        retries=_number(s, "retry_max", 2),
        pause=_number(s, "retry_wait_min", 1),
        longest_pause=_number(s, "retry_wait_max", 30),
    )


def without_login(url: str) -> str:
    """The URL as it is asked: a login in it goes into a header."""
    return _LOGIN_IN_URL.sub("", url, count=1)


def with_lock_id(url: str, lock_id: str | None) -> str:
    """The URL with the query item by which a write shows that it holds the lock."""
    if not lock_id:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, f"ID={lock_id}")))))


def _headers(s: Settings) -> tuple[tuple[str, str], ...]:
    own = {str(name): str(value) for name, value in s.nested("headers").items()}
    user, password = setting(s, "username"), setting(s, "password")
    parts = urlsplit(setting(s, "address"))
    if not user and parts.username:
        user, password = unquote(parts.username), unquote(parts.password or "")
    if user:
        own["Authorization"] = basic(user, password)
    return tuple(sorted(own.items()))


def _number(s: Settings, name: str, default: int) -> int:
    text = setting(s, name, str(default))
    if not text.isdecimal():
        raise BackendError(f"backend http: {name} is `{text}`, not a number", next_step=f"correct {name}")
    return int(text)

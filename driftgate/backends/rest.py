"""The one HTTP client of the backends that speak REST: one pool for equal settings, urllib3's own retries, and errors
that say what to do and hold no secret."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import threading
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3
from urllib3 import exceptions as trouble
from urllib3.util.retry import Retry

from driftgate import __version__
from driftgate.backends.base import NO_HEADER, BackendError, NoAnswerError
from driftgate.backends.rest_proxy import NO_PROXIES, Proxies
from driftgate.backends.rest_tls import SYSTEM_TLS, Tls, context
from driftgate.backends.where_url import without_secrets

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
CONNECTIONS = 32
LONGEST_RETRY_AFTER = 30.0
REDIRECTS = 5
CONNECT_RETRIES = 2
_LATER = frozenset({429, 500, 502, 503, 504})
_TURNED_AWAY = frozenset({429})
_NEVER_CONNECTED = (trouble.NewConnectionError, trouble.ConnectTimeoutError, trouble.LocationValueError)

urllib3.disable_warnings(trouble.InsecureRequestWarning)  # the block asked for it
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # its warnings quote URLs, which may hold secrets

T = TypeVar("T")
_pools: dict[tuple[Tls, str], urllib3.PoolManager] = {}
_lock = threading.Lock()


class UnreachableError(BackendError):
    """A server that could not be asked at all, so that nothing has changed there."""


class NotConnectedError(UnreachableError, NoAnswerError):
    """A server that there is no connection to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; `headers` take names in any case."""

    status: int
    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rest:
    """One state's server. `where` names the state in errors, `login` says what to do when we are not let in.

    `headers` go with every request and are secret; `retries` is how often a request is sent again, after `pause`,
    twice that, … and never more than `longest_pause` seconds.
    """

    where: str
    login: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tls: Tls = SYSTEM_TLS
    proxies: Proxies = NO_PROXIES
    retries: int = 2
    pause: float = 0.5
    longest_pause: float = 30.0

    def send(
        self,
        method: str,
        url: str,
        doing: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] = {},
        ok: Container[int] = (200,),
        repeat: bool | None = None,
    ) -> Answer:
        """Ask, and return an answer whose status is `ok`. `doing` is the verb for errors: `read`, `write`, `lock`.

        `repeat` says that sending it twice does no harm (None: a GET). A request that never reached the server, or
        that it turned away for its rate limit, is sent again in any case. Raises BackendError for everything else,
        UnreachableError when the server has not seen the request.
        """
        repeat = method == "GET" if repeat is None else repeat
        sent = urllib3.HTTPHeaderDict(self.headers)  # a name may come twice
        sent.update({"User-Agent": f"driftgate/{__version__}", **headers})
        try:
            response = self._pool(url).request(
                method,
                url,
                body=body,
                headers=sent,
                retries=self._retries(repeat),
                redirect=method == "GET",
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            )
            answer = Answer(response.status, response.data, response.headers)
        except (trouble.HTTPError, OSError) as error:
            raise self._unreached(error, url, doing) from None
        except ValueError:  # http.client quotes the header
            raise BackendError(f"cannot {doing} {self.where}: {NO_HEADER}", next_step=self.login) from None
        if answer.status not in ok:
            raise self.refused(answer, url, doing, repeated=self.retries > 0 and answer.status in _again(repeat))
        return answer

    def json(self, answer: Answer, doing: str, take: Callable[[Any], T]) -> T:
        """What `take` finds in the document in `answer`.

        Raises BackendError when it is none, as from a proxy's login page, or lacks what `take` looks for.
        """
        what = "is not JSON"
        try:
            document, what = json.loads(answer.data), "is JSON, but not what was asked for"
            return take(document)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise BackendError(
                f"cannot {doing} {self.where}: the server's answer {what}",
                next_step="check the address, and whether a proxy or a login page stands before it",
            ) from None

    def refused(self, answer: Answer, url: str, doing: str, *, repeated: bool = False) -> BackendError:
        """The error for a status that was not expected; `repeated` when the request was sent again because of it."""
        said = self._said(answer)
        message = f"cannot {doing} {self.where}: "
        if answer.status == 401:
            return BackendError(f"{message}the server wants a login, or does not accept it{said}", next_step=self.login)
        if answer.status == 403:
            return BackendError(f"{message}access denied{said}", next_step=self.login)
        if 300 <= answer.status < 400:
            target = without_secrets(answer.headers.get("Location", "elsewhere"))
            return BackendError(
                f"{message}{without_secrets(url)} redirects to {target}", next_step="set the address to where it is now"
            )
        if answer.status in _LATER:
            again = ", also when asked again" if repeated else ""
            return BackendError(
                f"{message}the server answered {answer.status}{again}{said}",
                next_step="try again later; if it lasts, look into the server's log",
            )
        return BackendError(
            f"{message}the server answered {answer.status}{said}", next_step="check the backend's settings"
        )

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = self.proxies.through(url)
        with _lock:
            if (self.tls, proxy) not in _pools:
                _pools[self.tls, proxy] = _open_pool(self.tls, proxy)
            return _pools[self.tls, proxy]

    def _retries(self, repeat: bool) -> Retry:
        again = self.retries if repeat else 0
        return _Retry(
            total=None,
            connect=min(self.retries, CONNECT_RETRIES),
            read=again,
            status=self.retries,
            other=again,
            redirect=REDIRECTS,
            status_forcelist=_again(repeat),
            allowed_methods=None,
            backoff_factor=self.pause,
            backoff_max=self.longest_pause,
            raise_on_status=False,
            raise_on_redirect=False,
            remove_headers_on_redirect=frozenset(name for name, _ in self.headers),
        )

    def _unreached(self, error: Exception, url: str, doing: str) -> BackendError:
        """urllib3's messages hold the whole URL: only its reason is told."""
        reason: object = error
        while isinstance(reason, trouble.MaxRetryError | trouble.ProxyError):
            reason = getattr(reason, "reason", None) or getattr(reason, "original_error", None)
        host = without_secrets(url).partition("://")[2].partition("/")[0]
        message = f"cannot {doing} {self.where}: no connection to {host}"
        if isinstance(reason, trouble.SSLError):
            return UnreachableError(
                f"{message}: TLS failed ({_line(reason)})",
                next_step="name the server's CA in the backend's settings or in SSL_CERT_FILE",
            )
        next_step = "check the address, the proxy settings and the network"
        if isinstance(reason, _NEVER_CONNECTED):
            return NotConnectedError(f"{message} ({_cause(reason)})", next_step=next_step)
        if isinstance(reason, trouble.ReadTimeoutError):
            slow = f"cannot {doing} {self.where}: {host} took longer than {READ_SECONDS:.0f} s to answer"
            return NoAnswerError(slow, next_step=next_step)
        return NoAnswerError(f"cannot {doing} {self.where}: {host} hung up ({_cause(reason)})", next_step=next_step)

    def _said(self, answer: Answer) -> str:
        text = _line(_reason(answer.data))
        if not text or text.startswith("<"):  # a page for browsers tells nothing
            return ""
        for secret in _secrets(self.headers):
            text = text.replace(secret, "***")
        return f": {text}"


class _Retry(Retry):
    """urllib3's, but a server cannot make us wait for hours."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, LONGEST_RETRY_AFTER)


def basic(user: str, password: str) -> str:
    """The Authorization header for a user and password."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _again(repeat: bool) -> frozenset[int]:
    """The answers after which a request is sent again."""
    return _LATER if repeat else _TURNED_AWAY


def _open_pool(tls: Tls, proxy: str) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "ssl_context": context(tls)}
    if tls.server_name:
        options |= {"server_hostname": tls.server_name, "assert_hostname": tls.server_name}
    if not proxy:
        return urllib3.PoolManager(**options)
    parts = urllib3.util.parse_url(proxy)
    login = urllib3.make_headers(proxy_basic_auth=parts.auth) if parts.auth else None
    return urllib3.ProxyManager(parts._replace(auth=None).url, proxy_headers=login, **options)


def _secrets(headers: tuple[tuple[str, str], ...]) -> set[str]:
    """Every text in the headers that must not be shown: values, and what is in a basic login."""
    found = set()
    for _, value in headers:
        token = value.rpartition(" ")[2]
        found |= {value, token}
        try:
            found |= set(base64.b64decode(token, validate=True).decode().split(":", 1))
        except (binascii.Error, UnicodeDecodeError):
            continue
    return {text for text in found if len(text) > 3}


def _reason(data: bytes) -> str:
    """What an error's body says: the message of Kubernetes, of JSON:API, or the text as it is."""
    text = data[:20000].decode(errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        return text
    errors = document.get("errors") if isinstance(document, dict) else None
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("detail") or errors[0].get("title") or text)
    return str(document.get("message") or text) if isinstance(document, dict) else text


def _cause(reason: object) -> str:
    text = _line(reason)
    known = re.search(r"\[Errno [^\]]+\] (.+)$", text)
    return known[1] if known else text.rpartition(": ")[2]


def _line(text: object) -> str:
    return " ".join(str(text).split())[:200]

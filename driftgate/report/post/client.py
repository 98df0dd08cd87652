"""A small HTTP client for JSON APIs: bounded waits, rate limits honoured, a token that never leaves its host."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from driftgate.errors import DriftgateError
from driftgate.report.text import clean, clip

if TYPE_CHECKING:
    import urllib3

_TRIES = 4
_BACKOFF = 2.0
_LONGEST_WAIT = 90.0
_TIMEOUT = 20.0
_PAGES = 100
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class PostError(DriftgateError):
    """A service did not take what was sent, or could not be reached. `status` is HTTP's, 0 without an answer."""

    def __init__(self, message: str, *, status: int = 0, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.status = status


@contextmanager
def understood() -> Iterator[None]:
    """Decorates what reads an answer: one that the API does not describe is the service's fault. Raises PostError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PostError(
            "the service answered something that its API does not describe",
            next_step="check the API's URL, and what stands between here and the service",
        ) from None


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: its JSON tree (None without a body) and its headers."""

    tree: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Requests under `base` (an API's root URL, with a trailing slash). `sleep` takes seconds.

    For a `webhook` the paths are secrets, which no error shows, and what is answered does not matter.
    """

    base: str
    headers: Mapping[str, str]
    pool: urllib3.PoolManager
    sleep: Callable[[float], None]
    webhook: bool = False

    def get(self, path: str) -> Answer:
        """The answer to GET `path`. Raises PostError."""
        return self._send("GET", path, None)

    def send(self, method: str, path: str, tree: Any = None) -> Answer:
        """The answer to a request with a JSON body. A write is repeated only where the service says that it did
        nothing (a rate limit). Raises PostError."""
        return self._send(method, path, None if tree is None else json.dumps(tree).encode())

    def send_bytes(self, method: str, path: str, body: bytes) -> None:
        """As `send`, for a body that is JSON already. Raises PostError."""
        self._send(method, path, body)

    def pages(self, path: str) -> Iterator[Any]:
        """The items of every page of a list, following `Link: rel="next"` within the API's own host.

        Raises PostError, also for a list of more pages than anybody would read: a part is not the whole.
        """
        target = path
        for _ in range(_PAGES):
            answer = self.get(target)
            yield from _items(answer.tree)
            following = _next(answer.headers.get("link", ""))
            if following is None:
                return
            target = following
        raise PostError(f"{path.partition('?')[0]} has more than {_PAGES} pages", next_step="close or remove old ones")

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        import urllib3

        url = self._url(path)
        headers = {**self.headers, **({"Content-Type": "application/json"} if body is not None else {})}
        waited = 0.0
        for attempt in range(1, _TRIES + 1):
            try:
                response = self.pool.request(
                    method, url, body=body, headers=headers, timeout=_TIMEOUT, retries=_redirects()
                )
            except urllib3.exceptions.HTTPError as error:
                raise PostError(
                    f"{urlsplit(url).netloc} cannot be reached: {_cause(error)}",
                    next_step="check the network and the API's URL",
                ) from None
            answered = {name.lower(): value for name, value in response.headers.items()}
            wait = _wait(method, response.status, answered, response.data, attempt)
            if wait is None or attempt == _TRIES or waited + wait > _LONGEST_WAIT:
                shown = urlsplit(url).netloc + ("" if self.webhook else urlsplit(url).path)
                body_read = b"" if self.webhook and response.status < 300 else response.data
                return _answer(f"{method} {shown}", response.status, answered, body_read)
            waited += wait
            self.sleep(wait)
        raise AssertionError("unreachable")

    def _url(self, path: str) -> str:
        url = _joined(self.base, path)
        ours, theirs = urlsplit(self.base), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise PostError(f"{ours.netloc} sent us on to {theirs.netloc}, which may not see the token")
        return url


def connect(
    base: str,
    headers: Mapping[str, str],
    env: Mapping[str, str],
    sleep: Callable[[float], None],
    *,
    webhook: bool = False,
) -> Client:
    """A client for the API at `base`, through the proxy and with the CA bundle that `env` names (HTTPS_PROXY, NO_PROXY,
    SSL_CERT_FILE). Raises PostError for a URL that would carry the token in clear text, for one that is none, and for
    a token that no header takes."""
    import urllib3

    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise PostError("the token has characters that no token has", next_step="store it without quotes and line ends")
    base = base if base.endswith("/") else f"{base}/"
    parts = _split(base)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise PostError(f"{base} is not https: the token would go in clear text", next_step="give the API's https URL")
    certificates = env.get("SSL_CERT_FILE") or env.get("REQUESTS_CA_BUNDLE") or None
    proxy = env.get("HTTPS_PROXY") or env.get("https_proxy")
    if proxy and parts.scheme == "https" and not _bypassed(host, env.get("NO_PROXY") or env.get("no_proxy") or ""):
        return Client(base, headers, _through(proxy, certificates), sleep, webhook)
    return Client(base, headers, urllib3.PoolManager(ca_certs=certificates), sleep, webhook)


def _through(proxy: str, certificates: str | None) -> urllib3.ProxyManager:
    """Connections through `proxy`, whose scheme may be left out as in curl, with the name and password in its URL."""
    import urllib3

    proxy = proxy if "://" in proxy else f"http://{proxy}"
    parts = _split(proxy)
    if parts.scheme not in ("http", "https"):
        raise PostError(f"a {parts.scheme} proxy cannot be used", next_step="name an http proxy in HTTPS_PROXY")
    login = unquote(f"{parts.username}:{parts.password or ''}") if parts.username else None
    headers = urllib3.make_headers(proxy_basic_auth=login)
    return urllib3.ProxyManager(proxy, ca_certs=certificates, proxy_headers=headers)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise PostError("the API's or the proxy's URL is no URL", next_step="write https://host/path") from None


@understood()
def _joined(base: str, path: str) -> str:
    return urljoin(base, path)


@understood()
def _items(tree: Any) -> list[dict[str, Any]]:
    if not (isinstance(tree, list) and all(isinstance(item, dict) for item in tree)):
        raise TypeError("no list of objects")
    return tree


def _bypassed(host: str, no_proxy: str) -> bool:
    names = [name.strip().lstrip(".") for name in no_proxy.split(",")]
    return any(name == "*" or (name and (host == name or host.endswith(f".{name}"))) for name in names)


def _redirects() -> urllib3.Retry:
    """Redirects as a moved repository makes them; the token is dropped on the way to another host."""
    import urllib3

    return urllib3.Retry(
        total=3, connect=1, read=0, redirect=3, status=0, respect_retry_after_header=False, raise_on_redirect=False,
        remove_headers_on_redirect=("authorization", "private-token", "job-token"),
    )  # fmt: skip


def _wait(method: str, status: int, headers: Mapping[str, str], body: bytes, attempt: int) -> float | None:
    """Seconds to wait before the next try; None when there should be none.

    Limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api (403 or 429, Retry-After or
    a spent quota, or a message about a secondary limit).
    """
    limited = status == 429 or (
        status == 403
        and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or b"secondary rate limit" in body)
    )
    if limited:
        after = headers.get("retry-after", "")
        return float(after) if after.isdecimal() else _BACKOFF * 2**attempt
    if status in (500, 502, 503, 504) and method in ("GET", "PUT", "PATCH", "DELETE"):
        return _BACKOFF * attempt
    return None


def _answer(request: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    if 200 <= status < 300:
        try:
            return Answer(json.loads(body) if body.strip() else None, headers)
        except ValueError:
            raise PostError(f"{request} answered with something that is not JSON", status=status) from None
    raise PostError(f"{request} answered {status}{_said(body)}", status=status, next_step=_NEXT.get(status, ""))


_NEXT = {
    401: "check that the token is valid",
    403: "give the token the right to write here; a pull request from a fork has none",
    404: "check the repository and number, and that the token may see them",
    422: "see what the service said",
    429: "try again later",
}


def _said(body: bytes) -> str:
    try:
        tree = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(tree, dict):
        return ""
    message = tree.get("message") or tree.get("error")
    words = [str(word) for word in message] if isinstance(message, list) else [str(message)] if message else []
    errors = tree.get("errors")  # what GitHub finds wrong with a body
    listed = errors if isinstance(errors, list) else ()
    details = [error.get("message") if isinstance(error, dict) else error for error in listed]
    words += [str(detail) for detail in details if detail]
    return f": {clip(clean('; '.join(words)), 300)}" if words else ""


def _cause(error: Exception) -> str:
    import urllib3

    if isinstance(error, urllib3.exceptions.LocationValueError):
        return "it is no URL"  # urllib3 repeats it, and of a webhook it is a secret
    reason = getattr(error, "reason", None) or error
    return clip(clean(str(reason)), 200)


def _next(link: str) -> str | None:
    """The target of `rel="next"` in a Link header (RFC 8288)."""
    for part in link.split(","):
        target, _, parameters = part.partition(";")
        if 'rel="next"' in parameters.replace(" ", ""):
            return target.strip().strip("<>")
    return None

"""A server in front of the real one: it passes requests on, remembers them, and may answer in its place."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

from loopback import Answer, Request


class Between:
    """`instead` may answer before a request is passed on, `afterwards` in place of the real answer."""

    def __init__(self, server: str) -> None:
        self.server, self.requests = server, list[Request]()
        self.instead: Any = lambda request: None
        self.afterwards: Any = lambda request: None

    def __call__(self, request: Request) -> Answer | None:
        self.requests.append(request)
        return self.instead(request) or self._pass_on(request)

    def _pass_on(self, request: Request) -> Answer:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("connection", "expect")}
        headers.setdefault("Content-Type", "application/octet-stream")  # urllib would make a form of it
        body = request.body if request.method in ("PUT", "POST") else None
        passed = urllib.request.Request(self.server + request.path, body, headers, method=request.method)
        try:
            with urllib.request.urlopen(passed) as answer:
                length = {"Content-Length": answer.headers["Content-Length"]} if request.method == "HEAD" else {}
                found = Answer(answer.status, answer.read(), {**_headers(answer.headers), **length})
        except urllib.error.HTTPError as error:
            with error:
                found = Answer(error.code, error.read(), _headers(error.headers))
        return self.afterwards(request) or found


def _headers(headers: Any) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() not in ("transfer-encoding", "connection", "content-length")}

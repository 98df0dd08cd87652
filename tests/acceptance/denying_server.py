"""A loopback HTTP server that answers as AWS does to credentials that are expired or may not do this."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MESSAGES = {
    "ExpiredToken": "The provided token has expired.",
    "AccessDenied": "Access Denied",
}
IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/intern</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


@contextmanager
def denying_server(code: str) -> Iterator[str]:
    """The endpoint of a server that refuses every request with the AWS error `code`.

    As in AWS, who may do nothing may still ask who he is: only an expired token fails at that.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(code))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(code: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if b"Action=GetCallerIdentity" in asked and code == "AccessDenied":
                self._answer(200, IDENTITY)
            else:
                self._answer(403, _refusal(code, query=True))

        def do_GET(self) -> None:
            self._answer(403, _refusal(code, query=False))

        do_HEAD = do_PUT = do_DELETE = do_GET  # noqa: N815

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test's output clean."""

    return Handler


def _refusal(code: str, *, query: bool) -> bytes:
    """S3's error document, or the one of the services that speak AWS's query protocol."""
    error = f"<Code>{code}</Code><Message>{MESSAGES[code]}</Message>"
    if query:
        return (
            f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>1</RequestId></ErrorResponse>".encode()
        )
    return f'<?xml version="1.0"?><Error>{error}<RequestId>1</RequestId></Error>'.encode()

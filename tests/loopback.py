"""A tiny HTTP server on a free loopback port, answering with what a function says."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def free_port() -> int:
    """One that nobody listens on now, for a server that must be told its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(
    answer: Callable[[Request], Answer | None], certificate: Path | None = None, clients: Path | None = None
) -> Iterator[str]:
    """Yield the URL of a server that answers each request with `answer(request)`; None: it resets the connection.

    Over TLS with a `certificate`; it lets only clients in whose certificate the authority `clients` has signed.
    """

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            request = Request(self.command, self.path, dict(self.headers.items()), self.body())
            _respond(self, answer(request))

        def body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":  # else boto3 waits a second for it
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_LOCK = do_UNLOCK = handle_any  # noqa: N815

        def log_message(self, *_args: object) -> None:
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # clients that hang up
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _respond(handler: BaseHTTPRequestHandler, found: Answer | None) -> None:
    if found is None:  # hang up in the rudest way: the client sees `connection reset`
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        return
    handler.send_response(found.status)
    for name, value in {"Content-Length": str(len(found.body)), **found.headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(found.body)

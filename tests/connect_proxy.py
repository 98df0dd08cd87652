"""A proxy for CONNECT on a free loopback port, that leads to servers on this machine and to nowhere else."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer


@contextmanager
def start_proxy(ports: Mapping[str, int]) -> Iterator[str]:
    """Yield the proxy's URL. A host that ends with a key of `ports` is this machine, at that port."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            method, target, _ = self.rfile.readline().decode().split()
            while self.rfile.readline().strip():
                pass
            host = target.rpartition(":")[0]
            port = next((port for suffix, port in ports.items() if host.endswith(suffix)), None)
            if method != "CONNECT" or port is None:
                self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", port)) as server:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                _join(self.connection, server)

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no error."""

    proxy = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_address[1]}"
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def _join(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    peers = {one: other, other: one}
    with suppress(OSError):
        while True:
            for ready in select.select([one, other], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                peers[ready].sendall(data)

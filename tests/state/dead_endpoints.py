"""Endpoints that take connections and never answer, and units whose states are said to be there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from driftgate.backends.where import locate
from driftgate.unit import BackendConfig, Unit


@contextmanager
def dropping() -> Iterator[tuple[int, list[int]]]:
    """Yield the port of a server that hangs up on everybody, and a list that grows by one with each connection."""
    met: list[int] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def drop() -> None:
        while True:
            try:
                connection, (_, port) = listener.accept()
            except OSError:  # closed
                return
            met.append(port)
            connection.close()

    thread = threading.Thread(target=drop)
    thread.start()
    try:
        yield listener.getsockname()[1], met
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)


def http_unit(port: int, name: str = "app") -> Unit:
    backend = BackendConfig("http", {"address": f"http://ci:hush@127.0.0.1:{port}/{name}", "retry_max": 0})
    return located(backend, name)


def located(backend: BackendConfig, name: str = "app", **env: str) -> Unit:
    path = PurePosixPath(name)
    return Unit(path, backend, location=locate(backend, path, env=env))

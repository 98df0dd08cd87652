"""Azurite, Microsoft's stand-in for Azure Storage, over TLS: real clients reach it through a proxy of our own.

terraform makes the address of an account itself, `https://ACCOUNT.blob.core.windows.net`; a proxy that leads there and
an authority that vouches for it need neither root nor an entry in the hosts file.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient
from certificates import make_certificates
from connect_proxy import start_proxy
from loopback import free_port

START_SECONDS = 60.0
HOSTS = ".blob.core.windows.net"
ACCOUNT = "tfacct"
KEY = base64.b64encode(b"a key that everybody may know, for tests only, of 64 bytes......").decode()
INSTALL = "make .venv/.azurite (it needs npm)"


@dataclass(frozen=True)
class Azure:
    """A running service: `env` is for its clients, `proxy` and `authority` for a client of the test's own."""

    proxy: str
    authority: Path

    @property
    def env(self) -> dict[str, str]:
        return {"HTTPS_PROXY": self.proxy, "SSL_CERT_FILE": str(self.authority), "ARM_ACCESS_KEY": KEY}

    def service(self) -> Any:
        """The service, reached around the backend."""
        return BlobServiceClient(
            f"https://{ACCOUNT}{HOSTS}",
            credential={"account_name": ACCOUNT, "account_key": KEY},
            connection_verify=str(self.authority),
            proxies={"https": self.proxy},
        )


@contextmanager
def start_azurite(folder: Path) -> Iterator[Azure]:
    """Yield a fresh, empty service that keeps all in memory; skip where azurite is not installed."""
    program = _program()
    if program is None or shutil.which("node") is None:
        pytest.skip(f"azurite is not installed: {INSTALL}")
    certificates = make_certificates(folder, f"*{HOSTS}")
    port = free_port()
    with (folder / "azurite.log").open("wb") as log:
        server = subprocess.Popen(
            [
                "node", program, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence",
                "--cert", certificates.server, "--key", certificates.server, "--oauth", "basic",
                "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            ],
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(server, port, folder / "azurite.log")
        with start_proxy({HOSTS: port}) as proxy:
            yield Azure(proxy, certificates.authority)
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _program() -> Path | None:
    """Azurite's entry for blobs in the virtual environment, where the Makefile puts it."""
    program = Path(sys.prefix) / "azurite/node_modules/azurite/dist/src/blob/main.js"
    return program if program.exists() else None


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"azurite ended at once: {log.read_text()[-500:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("azurite does not answer")

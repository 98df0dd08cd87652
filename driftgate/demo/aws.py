"""An embedded AWS: moto's server on a free loopback port, in a child process that never outlives the demo."""

from __future__ import annotations

import importlib.util
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftgate import process
from driftgate.demo.environment import own_environment
from driftgate.errors import DriftgateError, MissingExtra

REGION = "us-east-1"
KEY = "demo"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class EmbeddedAws:
    """A running server. It holds fake credentials only, and forgets everything when it stops."""

    endpoint: str

    def client(self, service: str) -> Any:
        """A boto3 client that talks to this server."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=KEY,
        )

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that send terraform, boto3 and `dg` to this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }


@contextmanager
def embedded_aws(folder: Path, env: Mapping[str, str]) -> Iterator[EmbeddedAws]:
    """Start an empty AWS, logging to `folder/aws.log`; it is stopped and reaped when the block is left.

    Raises MissingExtra when moto is not installed, DriftgateError when the server does not come up.
    """
    require_moto()
    log = folder / "aws.log"
    port = _free_port()
    argv = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as output:
        server = process.start(argv, cwd=folder, env=own_environment(env, folder), output=output)
        try:
            aws = EmbeddedAws(f"http://127.0.0.1:{port}")
            _wait(aws, lambda: server.poll() is None, log)
            yield aws
        finally:
            process.stop(server)


def require_moto() -> None:
    """Raises MissingExtra unless the embedded AWS can be started from this installation."""
    for package in ("moto", "flask", "boto3"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtra(package if package != "flask" else "moto[server]", "demo", "`dg demo`")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(aws: EmbeddedAws, is_alive: Callable[[], bool], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while is_alive() and time.monotonic() < deadline:
        try:
            with opener.open(f"{aws.endpoint}/moto-api/data.json", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    said = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise DriftgateError(f"the embedded AWS does not start: {' '.join(said) or 'no answer'}", next_step=f"see {log}")

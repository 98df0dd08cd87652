"""A real PostgreSQL on a free loopback port: Debian's, else the one in the Python package pgserver."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from loopback import free_port

START_SECONDS = 60.0
INSTALL = "pip install pgserver, or apt-get install postgresql"
_UNPRIVILEGED = 65534  # PostgreSQL refuses to run as root


@contextmanager
def start_pg() -> Iterator[str]:
    """Yield `postgres://…` of a fresh, empty server's maintenance database; skip where there is no PostgreSQL."""
    programs = _programs()
    if programs is None:
        pytest.skip(f"PostgreSQL is not installed: {INSTALL}")
    folder = Path(tempfile.mkdtemp(prefix="dg-pg-"))  # not below pytest's folder, which only we may enter
    try:
        port = free_port()
        with _running(programs, folder, port):
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, port: int) -> Iterator[None]:
    user = _UNPRIVILEGED if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)
    data = folder / "data"
    try:
        made = subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            user=user, group=user, extra_groups=None if user is None else [], cwd=folder, capture_output=True, check=False,
        )  # fmt: skip
    except PermissionError:  # a virtual environment in a folder that only root may enter
        pytest.skip(f"an unprivileged user may not run {programs}/initdb: apt-get install postgresql")
    if made.returncode:
        pytest.skip(f"PostgreSQL's initdb does not work here: {made.stderr.decode()[-300:]}")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder,
                "-c", "fsync=off", "-c", "max_connections=200", "-c", "shared_buffers=16MB",
            ],
            user=user, group=user, extra_groups=None if user is None else [], cwd=folder,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(server, port, folder / "log")
        yield
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _programs() -> Path | None:
    """The folder with initdb and postgres."""
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    package = find_spec("pgserver")
    if package is not None and package.origin:
        found.append(Path(package.origin).parent / "pginstall" / "bin")
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once: {log.read_text()[-500:]}")
        try:
            psycopg.connect(f"postgres://postgres@127.0.0.1:{port}/postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL does not answer")

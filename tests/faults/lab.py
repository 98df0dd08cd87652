"""Runs a command that writes a state with a fault at each of its steps, and looks at what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from between import Between
from contract.sites import Site
from loopback import Answer, Request

KILLED = -signal.SIGKILL
READ_SECONDS = 30.0
SHORT_SECONDS = 0.6


@dataclass(frozen=True)
class Run:
    """A command that ended: `calls` are those that changed files or locks, when it lived to tell."""

    code: int
    said: str
    calls: Sequence[str]


class Zygote:
    """The warm process; see `zygote.py`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid_file = folder / "pid"
        path = os.pathsep.join(p for p in sys.path if p)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))], env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self, *argv: object, cwd: Path, env: Mapping[str, str], at: int = 0, how: str = "", read: float = READ_SECONDS
    ) -> Run:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {
            "argv": [str(arg) for arg in argv], "cwd": str(cwd), "env": dict(env), "at": at, "how": how,
            "pid_file": str(self.pid_file), "said": str(self.folder / "said"), "read_seconds": read,
        }  # fmt: skip
        print(json.dumps(order), file=self.process.stdin, flush=True)
        ended = json.loads(self.process.stdout.readline())
        said = (self.folder / "said").read_text() if (self.folder / "said").exists() else ""
        return Run(ended["code"], said, ended["calls"])

    def know(self, site: Site, env: Mapping[str, str]) -> None:
        """Make the AWS clients of `site` before the children need them."""
        assert self.process.stdin is not None
        print(json.dumps({"config": dict(site.config), "env": dict(env)}), file=self.process.stdin, flush=True)

    def kill(self) -> None:
        """Kill the child that runs now, and see that it is gone."""
        child = int(self.pid_file.read_text())
        os.kill(child, signal.SIGKILL)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)


@contextmanager
def zygote(folder: Path) -> Iterator[Zygote]:
    warm = Zygote(folder)
    try:
        yield warm
    finally:
        warm.close()


HTTP_FAULTS = ("kill before", "kill after", "500", "reset", "lost answer", "timeout")


class Meddler(Between):
    """Between the command and the real server: does `how` at the request with the number `at` (from 1; 0: never)."""

    def __init__(self, server: str, warm: Zygote) -> None:
        super().__init__(server)
        self.warm, self.at, self.how, self.count = warm, 0, "", 0

    def arm(self, at: int, how: str) -> None:
        self.at, self.how, self.count = at, how, 0

    def __call__(self, request: Request) -> Answer | None:
        self.count += 1
        if self.count != self.at:
            return super().__call__(request)
        if self.how == "500":
            return Answer(500, b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>")
        if self.how == "reset":
            return None
        if self.how == "timeout":
            time.sleep(SHORT_SECONDS * 2)
            return None
        if self.how != "kill before":
            super().__call__(request)
        if self.how.startswith("kill"):
            self.warm.kill()
        return None


@dataclass
class Bench:
    """A unit with a state, where a command is run with faults; `fresh` puts it back to how it was before."""

    site: Site
    warm: Zygote
    old: bytes
    new: bytes
    newer: bytes
    argv: Sequence[object]
    next_argv: Sequence[object]
    points: list[str] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """The command's own home: backups and audit log of this bench."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DG_"))}
        return {**kept, **self.site.env, "HOME": str(self.home)}

    @property
    def home(self) -> Path:
        return self.site.folder.parent / "home"

    def run(self, *argv: object, **fault: Any) -> Run:
        return self.warm.run(*argv, cwd=self.site.folder, env=self.env, **fault)

    def check(self, point: str, run: Run) -> None:
        """What must be true whatever happened; then the next command must succeed."""
        self.points.append(point)
        self._speaks_to_people(point, run)
        stored = self.stored()
        assert stored in (self.old, self.new), point
        if run.code == 0:
            assert stored == self.new, f"{point}: {run.said}"
        if stored == self.new:
            assert self.old in self._backups(), point
        self._unlock(point)
        after = self.run(*self.next_argv)
        assert after.code == 0, f"{point}: then {after.said}"
        assert self.stored() == self.newer, point

    def _speaks_to_people(self, point: str, run: Run) -> None:
        assert "Traceback" not in run.said, f"{point}: {run.said}"
        assert "a bug in driftgate" not in run.said, f"{point}: {run.said}"
        assert run.code in (0, 1, KILLED), f"{point}: {run.code} {run.said}"
        if run.code == 1:
            assert "→ " in run.said, f"{point}: {run.said}"

    def stored(self) -> bytes | None:
        """What is stored now, seen past all faults."""
        payload = self.site.open().get()
        return payload.data if payload else None

    def _backups(self) -> list[bytes]:
        from driftgate.safety.backups.archive import Archive
        from driftgate.safety.backups.index import Index
        from driftgate.safety.backups.local_store import LocalStore

        folder = self.home / ".local/state/driftgate/backups"
        archive = Archive(LocalStore(folder), Index(self.home / "own-index.sqlite3"))
        return [archive.read(kept) for kept in archive.list()]

    def _unlock(self, point: str) -> None:
        """The lock is free, or shown as stale with its mend: then that mend works."""
        holder = self.site.open().holder()
        if holder is None:
            return
        listed = self.run("state", "locks")
        assert "stale by " in listed.said, f"{point}: {listed.said}"
        broken = self.run("state", "unlock", "--yes")
        assert broken.code == 0, f"{point}: {broken.said}"
        assert self.site.open().holder() is None, point

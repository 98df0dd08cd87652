"""Runs one command line twice, bare and behind dg, each in a fresh copy of one unit, and says what each left."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wrap.terminal import PATIENCE, When, on_terminal

DG = (sys.executable, "-m", "driftgate")
_VARYING = (
    (re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), b"ID"),
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\dZ+:-]*( [+]\d{4} UTC)?"), b"TIME"),
    (re.compile(rb"after \d+m?s"), b"after Ns"),
    (re.compile(rb'"elapsed_seconds":[\d.]+'), b'"elapsed_seconds":N'),
    (re.compile(rb"(Still \w+\.\.\.) .*\r?\n"), b""),
    (re.compile(rb"\d{10,}"), b"NUMBER"),
)
_OURS = re.compile(rb"^dg: .*\n(  .*\n)*", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """All that a user can tell two runs by."""

    code: int
    stdout: bytes
    stderr: bytes
    states: Mapping[str, object]


@dataclass(frozen=True)
class Line:
    """A command line: `args` after the tool's name. On a terminal when it has a `script` (empty: nothing is typed)."""

    args: Sequence[str | bytes]
    stdin: bytes | None = None
    env: Mapping[str, str] | None = None
    script: Sequence[When] | None = None
    before: Callable[[Path], None] | None = None
    shell: str = ""


def outcome(prefix: Sequence[str], line: Line, prepared: Path, folder: Path) -> Outcome:
    """Run `line` behind `prefix` in a copy of `prepared` at `folder`."""
    shutil.copytree(prepared, folder, symlinks=True)
    if line.before is not None:
        line.before(folder)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(line.env or {})}
    argv: list[str | bytes] = [*prefix, "terraform", *line.args]
    if line.shell:
        argv = ["bash", "-c", line.shell, "bash", *argv]
    if line.script is not None:
        ended = on_terminal(argv, cwd=folder, env=env, stderr=folder / ".stderr", script=line.script)
        code, stdout, stderr = ended.code, ended.screen, ended.stderr
    else:
        done = subprocess.run(
            argv, cwd=folder, env=env, input=line.stdin or b"", capture_output=True, check=False, timeout=PATIENCE
        )
        code, stdout, stderr = done.returncode, done.stdout, done.stderr
    return Outcome(code, same(stdout, folder), same(_OURS.sub(b"", stderr), folder), _states(folder))


def same(output: bytes, folder: Path) -> bytes:
    """`output` without what varies from run to run."""
    output = output.replace(str(folder).encode(), b"DIR")
    for pattern, word in _VARYING:
        output = pattern.sub(word, output)
    return output


def _states(folder: Path) -> dict[str, object]:
    files = [p for p in folder.rglob("*.tfstate*") if p.is_file() and ".terraform" not in p.parts]
    return {
        same(bytes(p.relative_to(folder)), folder).decode(): json.loads(same(p.read_bytes(), folder))
        for p in sorted(files)
    }

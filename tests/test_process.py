from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate import process

PYTHON = sys.executable


def python(code: str) -> tuple[str, ...]:
    return (PYTHON, "-c", code)


@pytest.mark.parametrize(
    ("code", "returncode", "stdout", "stderr"),
    [
        pytest.param("pass", 0, b"", b"", id="silent"),
        pytest.param("print('out')", 0, b"out\n", b"", id="stdout"),
        pytest.param("import sys; sys.exit('bad')", 1, b"", b"bad\n", id="failure"),
        pytest.param("import sys; print(sys.stdin.read() == '')", 0, b"True\n", b"", id="no stdin"),
        pytest.param("import os; os.kill(os.getpid(), 9)", -9, b"", b"", id="killed"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_run_captures(
    tmp_path: Path, code: str, returncode: int, stdout: bytes, stderr: bytes, streaming: bool
) -> None:
    lines: list[bytes] = []

    result = process.run(python(code), cwd=tmp_path, env=os.environ, on_line=lines.append if streaming else None)

    assert (result.returncode, result.stdout, result.stderr) == (returncode, stdout, stderr)
    assert result.ok == (returncode == 0)
    assert b"".join(lines) == (stdout if streaming else b"")


def test_a_flood_on_both_streams_does_not_deadlock(tmp_path: Path) -> None:
    code = "import sys\nfor _ in range(20000): print('x' * 50); print('y' * 50, file=sys.stderr)"

    result = process.run(python(code), cwd=tmp_path, env=os.environ, on_line=lambda line: None)

    assert (len(result.stdout), len(result.stderr)) == (51 * 20000, 51 * 20000)


def test_only_the_environment_given_is_seen(tmp_path: Path) -> None:
    result = process.run(
        python("import os; print(os.environ.get('HOME'), os.environ['X'])"), cwd=tmp_path, env={"X": "1"}
    )

    assert result.stdout == b"None 1\n"


def test_files_of_a_child_are_private(tmp_path: Path) -> None:
    process.run(python("open('f', 'w').close()"), cwd=tmp_path, env=os.environ)

    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_a_missing_program_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        process.run(("/nowhere/terraform",), cwd=tmp_path, env={})


def test_stop_children_ends_them_gracefully_and_refuses_new_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_stopping", False)
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: (print('graceful', flush=True), sys.exit(3)))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    ready = threading.Event()
    results: list[process.Result] = []
    runner = threading.Thread(
        target=lambda: results.append(
            process.run(python(code), cwd=tmp_path, env=os.environ, on_line=lambda line: ready.set())
        )
    )
    runner.start()
    assert ready.wait(60)

    process.stop_children()
    runner.join(60)

    assert (results[0].returncode, results[0].stdout) == (3, b"ready\ngraceful\n")
    with pytest.raises(InterruptedError):
        process.run(python("pass"), cwd=tmp_path, env=os.environ)


@pytest.mark.parametrize(
    ("on_interrupt", "left"),
    [
        pytest.param("os.remove('lock'); print('bye'); sys.exit(1)", False, id="in good order"),
        pytest.param("None", True, id="deaf: killed"),
    ],
)
def test_a_child_of_an_interrupted_run_may_clean_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_interrupt: str, left: bool
) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 60 if not left else 0.2)
    code = (
        "import os, signal, sys, time\nopen('lock', 'w').close()\n"
        f"def interrupt(*_): {on_interrupt}\n"
        "signal.signal(signal.SIGINT, interrupt)\nprint(os.getpid(), flush=True)\n"
        "while True: time.sleep(1)"
    )
    pids: list[int] = []

    def on_line(line: bytes) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        process.run(python(code), cwd=tmp_path, env=os.environ, on_line=on_line)

    assert (tmp_path / "lock").exists() is left
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_started_server_is_stopped_and_reaped(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = process.start(python("import time; time.sleep(60)"), cwd=tmp_path, env=os.environ, output=log)
        assert child.poll() is None
        process.stop(child)

    assert child.returncode == -signal.SIGTERM


def test_a_server_that_ignores_the_request_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    log = tmp_path / "log"
    with log.open("wb") as output:
        child = process.start(python(code), cwd=tmp_path, env=os.environ, output=output)
        deadline = time.monotonic() + 30
        while not log.read_bytes() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.stop(child)

    assert child.returncode == -signal.SIGKILL


def test_work_that_runs_apart_goes_on_when_we_are_killed(tmp_path: Path) -> None:
    """With a pipe for its output the child would die of its next word."""
    said, done = tmp_path / "said", tmp_path / "done"
    script = f"echo begun; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo more && touch {done}"
    code = (
        "import os, pathlib\nfrom driftgate.process import run_apart\n"
        f"run_apart(['sh', '-c', {script!r}], cwd=pathlib.Path('/'), env=dict(os.environ), output=open({str(said)!r}, 'wb'))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    _until(lambda: said.exists() and said.read_text() == "begun\n")
    parent.kill()
    parent.wait(30)

    (tmp_path / "go").touch()

    _until(done.exists)
    assert said.read_text() == "begun\nmore\n"


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from driftgate import __version__
from driftgate.cli import main as cli
from driftgate.cli.commands import BACKEND, COMMANDS, DRIFT, STATE, Table, load
from driftgate.cli.root import root
from driftgate.errors import DriftgateError, ExitCode, MissingExtra


def dg(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, "-m", "driftgate", *args), capture_output=True, text=True, check=False)


def failing(error: BaseException) -> click.Command:
    @click.command(name="fails")
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("args", "code", "stdout", "stderr"),
    [
        pytest.param(["--version"], 0, f"dg {__version__}\n", "", id="version, fast path"),
        pytest.param(["-h"], 0, "Examples:", "", id="help"),
        pytest.param([], ExitCode.USAGE, "", "Usage: dg", id="nothing asked"),
        pytest.param(["dirft"], ExitCode.USAGE, "", "Did you mean `dg drift`?", id="typo in a command"),
        pytest.param(
            ["state", "lst"], ExitCode.USAGE, "", "Did you mean `dg state list`?", id="typo in a command of a group"
        ),
        pytest.param(["state", "--help"], 0, "List the addresses", "", id="help of a group"),
        pytest.param(["discover", "--nope"], ExitCode.USAGE, "", "No such option", id="unknown option"),
        pytest.param(["-C", "/nowhere", "discover"], ExitCode.USAGE, "", "does not exist", id="no such folder"),
        pytest.param(
            ["drift", "scan", "/nowhere"], ExitCode.ERROR, "", "dg: error: /nowhere does not exist", id="error"
        ),
    ],
)
def test_exit_codes_and_streams(args: list[str], code: int, stdout: str, stderr: str) -> None:
    done = dg(*args)

    assert done.returncode == code
    assert stdout in done.stdout
    assert stderr in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_every_command_without_importing_one() -> None:
    code = (
        "import sys; from driftgate.cli.main import main\n"
        "main(['--help']); heavy = [m for m in ('boto3', 'rich', 'jinja2', 'git', 'msgspec', 'driftgate.pipeline') if m in sys.modules]\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)

    for name, (_, short) in COMMANDS.items():
        assert f"  {name}" in done.stdout
        assert short in done.stdout


REGISTERED = [(table, name) for table in (BACKEND, COMMANDS, DRIFT, STATE) for name in sorted(table)]


@pytest.mark.parametrize(("table", "name"), REGISTERED, ids=[load(name, table).name for table, name in REGISTERED])  # type: ignore[attr-defined]
def test_every_registered_command_loads_and_has_help(table: Table, name: str) -> None:
    command = load(name, table)

    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def noted(error: BaseException) -> BaseException:
    error.add_note("the lock stayed")
    return error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(
            DriftgateError("what", next_step="do this"), ExitCode.ERROR, "dg: error: what\n  → do this\n", id="ours"
        ),
        pytest.param(
            MissingExtra("boto3", "aws", "s3"), ExitCode.ERROR, "pip install 'driftgate[aws]'", id="missing extra"
        ),
        pytest.param(KeyboardInterrupt(), ExitCode.INTERRUPTED, "dg: interrupted\n", id="^C"),
        pytest.param(click.Abort(), ExitCode.INTERRUPTED, "dg: interrupted\n", id="abort"),
        pytest.param(
            noted(KeyboardInterrupt()), ExitCode.INTERRUPTED, "interrupted\n  the lock stayed\n", id="^C, a note"
        ),
        pytest.param(noted(DriftgateError("no")), ExitCode.ERROR, "error: no\n  the lock stayed\n", id="ours, a note"),
        pytest.param(click.ClickException("no"), ExitCode.ERROR, "dg: error: no\n", id="click's own"),
        pytest.param(ZeroDivisionError("x"), ExitCode.ERROR, "a bug in driftgate: ZeroDivisionError: x", id="a bug"),
    ],
)
def test_one_handler_for_every_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr(root, "get_command", lambda ctx, name: failing(error))
    monkeypatch.setattr("driftgate.process.stop_children", lambda: None)

    assert cli.main(["discover"]) == code
    assert said in capsys.readouterr().err


def _commands(group: click.Group, path: str = "dg") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


def test_every_help_ends_with_examples() -> None:
    """The body of the action is for action.yml alone."""
    without = [path for path, command in _commands(root) if "Examples:" not in (command.epilog or "")]
    assert without == ["dg action"]


def test_a_bug_can_be_seen_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(root, "get_command", lambda ctx, name: failing(ZeroDivisionError("x")))
    monkeypatch.setenv("DG_DEBUG", "1")

    assert cli.main(["discover"]) == ExitCode.ERROR
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert "\nZeroDivisionError: x\ndg: error: a bug in driftgate" in said


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m driftgate --help | true", shell=True, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""


def _scan(folder: Path, plan: str) -> subprocess.Popen[str]:
    """A scan whose terraform does `plan`, a line of sh; it has begun with it."""
    terraform = folder / "bin/terraform"
    terraform.parent.mkdir()
    terraform.write_text(
        '#!/bin/sh\ncase $1 in version) echo \'{"terraform_version":"1.11.4"}\';; init) ;;'
        f" *) {plan.replace('PID', f'{folder}/pid')};; esac\n"
    )
    terraform.chmod(0o755)
    unit = folder / "repo"
    unit.mkdir()
    (unit / "main.tf").write_text('resource "terraform_data" "x" {\n}\n')
    env = {**os.environ, "PATH": f"{terraform.parent}:{os.environ['PATH']}"}
    under_nohup = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # perhaps: then it would be ignored in the scan too
    try:
        scan = subprocess.Popen(
            (sys.executable, "-m", "driftgate", "drift", "scan", str(unit)), env=env, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGHUP, under_nohup)
    deadline = time.monotonic() + 60
    while not (folder / "pid").exists() or not (folder / "pid").read_text().strip():
        assert scan.poll() is None and time.monotonic() < deadline  # noqa: PT018
        time.sleep(0.05)
    return scan


@pytest.mark.parametrize(
    "signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["SIGINT", "SIGTERM", "SIGHUP: the terminal is gone"]
)
def test_a_signal_ends_a_scan_and_its_terraform(tmp_path: Path, signum: int) -> None:
    scan = _scan(tmp_path, "echo $$ > PID; exec sleep 600")

    scan.send_signal(signum)

    assert scan.communicate(timeout=60)[1].strip() == "dg: interrupted"
    assert scan.returncode == ExitCode.INTERRUPTED
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.timeout(100)
def test_a_second_signal_ends_a_terraform_that_is_deaf_and_what_it_started(tmp_path: Path) -> None:
    scan = _scan(tmp_path, 'trap "touch PID.told" INT; sleep 600 & echo $! > PID; while true; do wait; done')
    scan.send_signal(signal.SIGINT)
    while not (tmp_path / "pid.told").exists():
        time.sleep(0.05)

    scan.send_signal(signal.SIGINT)

    assert scan.communicate()[1].strip() == "dg: interrupted"
    assert scan.returncode == ExitCode.INTERRUPTED
    grandchild = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    assert not grandchild.exists() or ") Z " in grandchild.read_text()


def test_what_nohup_has_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def look() -> None:
        seen.append(signal.getsignal(signal.SIGHUP))

    monkeypatch.setattr(root, "get_command", lambda ctx, name: click.Command("x", callback=look))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        cli.main(["discover"])
        seen.append(signal.getsignal(signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)

    assert seen == [signal.SIG_IGN] * 2


def leaves(command: click.Command, context: click.Context) -> list[tuple[str, str]]:
    """Every command below, with its help."""
    if not isinstance(command, click.Group):
        return [(context.command_path, command.get_help(context))]
    found = []
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        found += leaves(child, click.Context(child, info_name=name, parent=context))
    return found


def test_every_command_shows_examples() -> None:
    # `dg action` is run by action.yml alone, with its inputs in the environment.
    without = [path for path, text in leaves(root, click.Context(root, info_name="dg")) if "Example" not in text]

    assert without == ["dg action"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
def test_a_full_disk_is_no_bug() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        argv = [sys.executable, "-m", "driftgate", "config", "schema"]
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("dg: error: cannot write the output: No space left on device\n  → make room")

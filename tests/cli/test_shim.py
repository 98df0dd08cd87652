from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from wrap.inside import inside

from driftgate.errors import ExitCode

ROOT = Path(__file__).parents[2]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    real = tmp_path / "real/terraform"
    real.parent.mkdir()
    real.write_text('#!/bin/sh\necho "real $* $DG_DEPTH"\n')
    real.chmod(0o755)
    (tmp_path / "home").mkdir()
    path = f"{real.parent}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}


def dg(env: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    return inside(args, cwd=Path(env["HOME"]), env=env)


def test_a_shim_from_install_to_uninstall(tmp_path: Path, env: dict[str, str]) -> None:
    folder = dg(env, "shim", "path").stdout.strip()
    installed = dg(env, "shim", "install")
    behind = {**env, "PATH": f"{folder}:{env['PATH']}"}

    assert f"written {folder}/terraform" in installed.stderr
    assert "without a shim: terragrunt, tofu" in installed.stderr
    assert dg(env, "shim", "status").returncode == ExitCode.FINDINGS
    assert dg(behind, "shim", "status").returncode == ExitCode.CLEAN
    assert "dg runs, then" in dg(behind, "shim", "status").stdout
    ran = subprocess.run(("terraform", "plan"), env=behind, capture_output=True, text=True, check=True)
    assert ran.stdout == "real plan 1\n"
    status = json.loads(dg(behind, "shim", "status", "-o", "json").stdout)
    assert status["tools"] == [
        {
            "tool": "terraform",
            "shim": f"{folder}/terraform",
            "first_on_path": True,
            "real": f"{tmp_path}/real/terraform",
        }
    ]

    assert f"removed {folder}/terraform" in dg(behind, "shim", "uninstall").stderr
    assert "no shims in" in dg(behind, "shim", "uninstall").stderr
    assert "no shim;" in dg(behind, "shim", "status").stdout


def test_a_tool_that_dg_does_not_know(env: dict[str, str]) -> None:
    assert dg(env, "shim", "install", "--tools", "pulumi").returncode == ExitCode.USAGE


@pytest.mark.parametrize(
    ("command", "code", "stdout"),
    [
        pytest.param(["terraform", "plan", "-out=x"], 0, "real plan -out=x 1\n", id="the tool itself"),
        pytest.param(["sh", "-c", "terraform plan; exit 7"], 7, "real plan 1\n", id="whatever calls it"),
        pytest.param(["echo", "a", "--", "-v", "--help"], 0, "a -- -v --help\n", id="dashes"),
    ],
)
def test_exec_runs_a_command_behind_shims(command: list[str], code: int, stdout: str, env: dict[str, str]) -> None:
    for separator in ([], ["--"]):
        done = dg(env, "exec", *separator, *command)

        assert (done.returncode, done.stdout, done.stderr) == (code, stdout, "")


def test_exec_of_nothing_there(env: dict[str, str]) -> None:
    argv = (sys.executable, "-m", "driftgate", "exec", "--", "nope")
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 1
    assert done.stderr == "dg: error: cannot run nope: No such file or directory\n"

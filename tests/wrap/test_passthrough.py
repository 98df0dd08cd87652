"""What dg adds to a passthrough and when it steps aside, seen through a stand-in terraform."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from wrap.inside import FORKS, inside

pytestmark = FORKS
ROOT = Path(__file__).parents[2]
ECHO = '#!/bin/sh\necho "$0|$*|$DG_DEPTH|$DG_REASON|$LC_CTYPE|$PWD"\n'


@pytest.fixture
def bin_(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def dg(*args: str, path: Path, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    full = {"PATH": f"{path}:{os.environ['PATH']}", "HOME": os.environ["HOME"], "PYTHONPATH": str(ROOT), **env}
    argv = (sys.executable, "-m", "driftgate", *args)
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=cwd, env=full, timeout=60)


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        pytest.param(["terraform", "plan"], {}, "plan|1|||", id="executed"),
        pytest.param(["terraform", "apply", "x"], {"DG_WRAP_BACKUP": "false"}, "apply x|1|||", id="with hooks"),
        pytest.param(["--reason", "a b", "terraform", "plan"], {}, "plan|1|a b||", id="options reach nested runs"),
        pytest.param(["--gate", "", "terraform", "plan"], {}, "plan|1|||", id="an empty mode of the gate is none"),
        pytest.param(["terraform", "plan"], {"DG_DEPTH": "3"}, "plan|4|||", id="nested"),
        pytest.param(["terraform", "apply"], {"DG_DISABLE": "1", "DG_DEPTH": "99"}, "apply|99|||", id="disabled"),
        pytest.param(["terraform", "plan"], {"LANG": "C"}, "plan|1|||", id="Python's LC_CTYPE is not passed on"),
        pytest.param(["terraform", "plan"], {"LC_CTYPE": "C.UTF-8"}, "plan|1||C.UTF-8|", id="the user's is"),
    ],
)  # fmt: skip
def test_what_the_tool_is_given(args: list[str], env: dict[str, str], said: str, bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", ECHO)

    done = dg(*args, path=bin_, cwd=tmp_path, **env)

    assert done.stdout == f"{bin_}/terraform|{said}{tmp_path}\n"
    assert done.returncode == 0


def test_the_folder_is_changed_first(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", ECHO)
    (tmp_path / "unit").mkdir()

    assert dg("-C", "unit", "terraform", "version", path=bin_, cwd=tmp_path).stdout.endswith(f"{tmp_path}/unit\n")


@pytest.mark.parametrize(
    ("args", "env", "said"),
    [
        pytest.param(["-C", "/nowhere", "terraform"], {}, "cannot change to /nowhere: No such file", id="no folder"),
        pytest.param(["tofu", "plan"], {"PATH": "/nowhere"}, "tofu is not on PATH", id="no tool"),
        pytest.param(["terraform", "plan"], {"DG_REAL_TERRAFORM": "x"}, "DG_REAL_TERRAFORM=x is not an absolute", id="named badly"),
        pytest.param(["terraform", "plan"], {"DG_DEPTH": "10"}, "dg called itself 10 times", id="a loop"),
        pytest.param(["--gate", "bogus", "terraform", "plan"], {}, "--gate bogus is none of off, observe, enforce", id="no mode of the gate"),
        pytest.param(["terraform", "plan"], {"DG_REAL_TERRAFORM": "{0}/broken"}, "cannot run", id="not executable, executed"),
        pytest.param(["terraform", "apply"], {"DG_REAL_TERRAFORM": "{0}/broken"}, "cannot run", id="not executable, with hooks"),
    ],
)  # fmt: skip
def test_refusals_are_exit_1_with_a_reason(
    args: list[str], env: dict[str, str], said: str, bin_: Path, tmp_path: Path
) -> None:
    program(bin_ / "terraform", ECHO)
    program(bin_ / "broken", "#!/nowhere/sh\n")
    full = {"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(tmp_path), **{k: v.format(bin_) for k, v in env.items()}}

    done = inside(args, cwd=tmp_path, env=full)

    assert done.returncode == 1
    assert done.stderr.startswith("dg: error: ")
    assert said in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [(["terraform", "plan"], "plan|1"), (["-C", "unit", "terraform", "apply"], "apply|1"), (["--reason", "r", "terragrunt", "plan"], "plan|1|r")],
)  # fmt: skip
def test_it_steps_aside_or_stays(args: list[str], said: str, bin_: Path, tmp_path: Path) -> None:
    for tool in ("terraform", "terragrunt"):
        program(bin_ / tool, ECHO)
    (tmp_path / "unit").mkdir()

    done = inside(args, cwd=tmp_path, env={"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(tmp_path)})

    assert done.returncode == 0
    assert f"|{said}|" in done.stdout


def test_a_script_that_leads_back_to_dg_is_found_out(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", f'#!/bin/sh\nexec "{sys.executable}" -m driftgate terraform "$@"\n')

    done = dg("terraform", "plan", path=bin_, cwd=tmp_path)

    assert done.returncode == 1
    assert "leads back to dg" in done.stderr


def test_the_shells_completion_is_the_tools_own(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", ECHO)

    assert dg("terraform", "apply", path=bin_, cwd=tmp_path, COMP_LINE="terraform apply ").stdout


def test_a_death_by_signal_is_repeated(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", "#!/bin/sh\nkill -KILL $$\n")
    assert dg("terraform", "apply", path=bin_, cwd=tmp_path).returncode == 137

    program(bin_ / "terraform", "#!/bin/sh\nkill -TERM $$\n")
    assert dg("terraform", "apply", path=bin_, cwd=tmp_path).returncode == -15

    program(bin_ / "terragrunt", "#!/bin/sh\nkill -TERM $$\n")
    assert dg("terragrunt", "apply", path=bin_, cwd=tmp_path).returncode == -15
    assert dg("terragrunt", "apply", path=bin_, cwd=tmp_path, DG_RUN_FOLDER=str(tmp_path)).returncode == -15  # nested


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["terraform", "plan"], id="executed"),
        pytest.param(["terraform", "apply"], id="with hooks"),
        pytest.param(["--gate", "enforce", "terraform", "state", "rm", "x.y"], id="with the gate"),
        pytest.param(["terragrunt", "apply"], id="of many units"),
    ],
)
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"], ids=["closed", "full"])
def test_a_stderr_that_takes_nothing_changes_no_exit_code(
    stderr: str, args: list[str], bin_: Path, tmp_path: Path
) -> None:
    for tool in ("terraform", "terragrunt"):
        account = '{"unit":"a","command":"terraform apply","code":0}'
        leave = f'[ ! -d "$DG_RUN_FOLDER" ] || echo \'{account}\' >"$DG_RUN_FOLDER/1.json"\n'
        program(bin_ / tool, f"#!/bin/sh\n{leave}exit 3\n")
    env = {"PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    argv = ("sh", "-c", f'exec "$@" {stderr}', "sh", sys.executable, "-m", "driftgate", *args)
    done = subprocess.run(argv, check=False, cwd=tmp_path, env=env, timeout=60)

    assert done.returncode == 3


@pytest.mark.parametrize("args", [["terraform", "apply"], ["terragrunt", "apply"]], ids=["terraform", "terragrunt"])
def test_a_folder_that_is_gone_is_said(args: list[str], bin_: Path, tmp_path: Path) -> None:
    for tool in ("terraform", "terragrunt"):
        program(bin_ / tool, ECHO)
    env = {"PATH": f"{bin_}:{os.environ['PATH']}", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    argv = ("sh", "-c", 'mkdir x; cd x; rmdir ../x; exec "$@"', "sh", sys.executable, "-m", "driftgate", *args)
    done = subprocess.run(argv, check=False, cwd=tmp_path, env=env, timeout=60, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "dg: error: the folder that this was started in is gone\n  → change to one that is there\n"


@pytest.mark.parametrize("tool", ["terraform", "terragrunt"])
def test_a_home_that_cannot_be_looked_into_stops_nothing(tool: str, bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", "#!/bin/sh\nexit 3\n")
    program(bin_ / "terragrunt", "#!/bin/sh\nexec terraform apply\n")
    (tmp_path / "terraform.tfstate").write_text('{"version": 4, "serial": 1, "lineage": "l"}')
    home = f"/{'x' * 300}"  # as the kernel refuses sudo's user the home of root, for another reason

    done = inside([tool, "apply"], cwd=tmp_path, env={"PATH": f"{bin_}:/usr/bin:/bin", "HOME": home})

    assert done.returncode == 3
    assert "a bug" not in done.stderr
    assert "dg: warning: the backup of the state failed: " in done.stderr
    assert "dg: warning: the audit log failed: " in done.stderr


def test_a_folder_that_cannot_be_looked_into_is_named(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", ECHO)

    done = inside(
        ["terraform", f"-chdir={'x' * 300}", "apply"],
        cwd=tmp_path, env={"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dg: error: cannot look into {tmp_path}/xxx")


def test_a_state_that_is_odd_changes_no_exit_code(bin_: Path, tmp_path: Path) -> None:
    program(bin_ / "terraform", "#!/bin/sh\nexit 3\n")
    odd = {"schema_version": 0, "attributes": {"id": "1"}, "sensitive_attributes": [[{"type": "index", "value": None}]]}
    kind = {"mode": "managed", "type": "terraform_data", "name": "x", "provider": "p", "instances": [odd]}
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}}
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state | {"resources": [kind]}))

    done = inside(
        ["terraform", "apply"], cwd=tmp_path, env={"PATH": f"{bin_}:/usr/bin:/bin", "HOME": str(tmp_path / "home")}
    )

    assert done.returncode == 3
    assert "dg: warning: looking for secrets failed: the sensitive_attributes of terraform_data.x cannot" in done.stderr
    assert (tmp_path / "home/.local/state/driftgate/audit.jsonl").read_text()


def test_the_way_to_the_tool_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "import driftgate.cli.main, driftgate.wrap.passthrough\n"
        "heavy = {'click', 'dataclasses', 'subprocess', 'pathlib', 'json', 'shlex', 'typing_extensions', 'msgspec'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "[]\n"

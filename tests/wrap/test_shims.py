from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from driftgate.tfexec.real import is_shim
from driftgate.wrap.dg_command import dg_command
from driftgate.wrap.shims import (
    ShimError,
    ShimStatus,
    behind_shims,
    default_folder,
    install,
    own_shims,
    status,
    uninstall,
)

ROOT = Path(__file__).parents[2]
DG = ("/opt/d g/dg",)


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """terraform and terragrunt are installed, tofu is not."""
    for tool in ("terraform", "terragrunt"):
        program(tmp_path / "real" / tool)
    return {"PATH": f"{tmp_path}/shims:{tmp_path}/real", "HOME": str(tmp_path / "home")}


def program(path: Path, text: str = "#!/bin/sh\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


TOOLS = ("terraform", "tofu", "terragrunt")


def test_shims_are_written_for_what_is_installed(tmp_path: Path, env: dict[str, str]) -> None:
    folder = tmp_path / "shims"

    written = install(folder, TOOLS, dg=DG, env=env)

    assert written == [folder / "terraform", folder / "terragrunt"]
    assert (folder / "terraform").read_text() == (
        "#!/bin/sh\n# driftgate shim: runs dg in front of terraform\nexec '/opt/d g/dg' terraform \"$@\"\n"
    )
    assert os.access(folder / "terraform", os.X_OK)
    assert all(map(is_shim, map(str, written)))


def test_a_shim_whose_tool_is_gone_goes_too(tmp_path: Path, env: dict[str, str]) -> None:
    folder = tmp_path / "shims"
    install(folder, TOOLS, dg=DG, env=env)
    (tmp_path / "real/terragrunt").unlink()

    install(folder, TOOLS, dg=DG, env=env)

    assert [path.name for path in folder.iterdir()] == ["terraform"]


def test_nothing_else_is_overwritten(tmp_path: Path, env: dict[str, str]) -> None:
    with pytest.raises(ShimError, match="is no shim of dg"):
        install(tmp_path / "real", TOOLS, dg=DG, env=env)


def test_a_folder_that_cannot_be_written(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ShimError, match="cannot write"):
        install(tmp_path / "file", TOOLS, dg=DG, env=env)


@pytest.mark.parametrize("other", [False, True], ids=["the folder goes too", "what is not ours stays"])
def test_uninstall_removes_shims_only(tmp_path: Path, env: dict[str, str], other: bool) -> None:
    folder = tmp_path / "shims"
    written = install(folder, TOOLS, dg=DG, env=env)
    if other:
        program(folder / "tofu")

    assert uninstall(folder) == written
    assert folder.exists() == other
    assert uninstall(folder) == []


def test_status_of_each_tool(tmp_path: Path, env: dict[str, str]) -> None:
    folder, real = tmp_path / "shims", str(tmp_path / "real")
    assert status(folder, env) == [
        ShimStatus("terraform", None, False, f"{real}/terraform"),
        ShimStatus("terragrunt", None, False, f"{real}/terragrunt"),
    ]

    install(folder, TOOLS, dg=DG, env=env)

    assert [item.first for item in status(folder, env)] == [True, True]
    assert [item.first for item in status(folder, {**env, "PATH": f"{real}:{folder}"})] == [False, False]


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        pytest.param({}, {}, id="not set: left alone"),
        pytest.param({"TG_TF_PATH": "terraform"}, {"TG_TF_PATH": "{0}/shims/terraform"}, id="a name"),
        pytest.param({"TERRAGRUNT_TFPATH": "/opt/terraform"}, {"TERRAGRUNT_TFPATH": "{0}/shims/terraform", "DG_REAL_TERRAFORM": "/opt/terraform"}, id="a path, the old variable"),
        pytest.param({"TG_TF_PATH": "./bin/terraform"}, {"TG_TF_PATH": "{0}/shims/terraform", "DG_REAL_TERRAFORM": "{0}/bin/terraform"}, id="a path from here"),
        pytest.param({"TG_TF_PATH": "{0}/shims/terraform"}, {}, id="a shim of the user's own: no loop"),
        pytest.param({"TG_TF_PATH": "nowhere/terraform"}, {}, id="a path from elsewhere"),
        pytest.param({"TG_TF_PATH": "/opt/wrapped-tofu"}, {}, id="a program that has no shim"),
    ],
)  # fmt: skip
def test_the_environment_behind_shims(
    given: dict[str, str], changed: dict[str, str], tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shims"
    install(folder, TOOLS, dg=DG, env=env)
    program(tmp_path / "bin/terraform")
    monkeypatch.chdir(tmp_path)
    given = {name: value.format(tmp_path) for name, value in given.items()}

    found = behind_shims(folder, {**env, **given})

    expected = {**env, **given, "PATH": f"{folder}:{env['PATH']}"}
    assert found == {**expected, **{name: value.format(tmp_path) for name, value in changed.items()}}


def test_dgs_own_shims_are_where_the_user_looks_for_none(tmp_path: Path, env: dict[str, str]) -> None:
    assert own_shims(env, DG) == tmp_path / "home/.cache/driftgate/shims"
    assert own_shims(env, DG) != default_folder(env) == tmp_path / "home/.local/share/driftgate/shims"


def test_dgs_own_shims_without_a_home(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    folder = own_shims(env, DG)

    assert folder.parent == tmp_path
    assert is_shim(str(folder / "terraform"))


def test_this_very_dg_can_be_started_again(tmp_path: Path) -> None:
    (tmp_path / "driftgate.py").write_text("raise SystemExit('the current folder was imported')")

    done = subprocess.run((*dg_command(), "--version"), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("dg ")


@pytest.mark.parametrize("tool", TOOLS)
def test_the_ready_made_shims_are_recognised_and_pass_everything_on(tool: str, tmp_path: Path) -> None:
    shim = ROOT / "hooks" / tool
    program(tmp_path / "dg", '#!/bin/sh\nprintf "%s|" "$@"\n')

    done = subprocess.run(
        (shim, "-var=a b", "", "--"), env={"PATH": f"{tmp_path}:/bin"}, capture_output=True, text=True, check=True
    )

    assert is_shim(str(shim))
    assert done.stdout == f"{tool}|-var=a b||--|"

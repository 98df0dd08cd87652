from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.live.workdir import is_initialised, private_workdir


def lay_out(root: Path, *files: str) -> None:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_a_unit_with_a_lock_file_is_planned_in_place(tmp_path: Path) -> None:
    lay_out(tmp_path, "live/app/main.tf", "live/app/.terraform.lock.hcl")

    with private_workdir(tmp_path, tmp_path / "live/app") as workdir:
        assert (workdir.cwd, workdir.shadowed) == (tmp_path / "live/app", False)
        assert workdir.data_dir.parent.stat().st_mode & 0o777 == 0o700

    assert not workdir.data_dir.parent.exists()


def test_without_a_lock_file_a_shadow_takes_its_place(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        "live/app/main.tf",
        "live/app/files/a.txt",
        "live/app/.terraform/environment",
        "modules/m/m.tf",
        "live/x.hcl",
    )

    with private_workdir(tmp_path, tmp_path / "live/app") as workdir:
        assert workdir.shadowed
        assert sorted(p.name for p in workdir.cwd.iterdir()) == ["files", "main.tf"]
        assert (workdir.cwd / "../../modules/m/m.tf").read_text() == "modules/m/m.tf"
        assert (workdir.cwd / "../x.hcl").read_text() == "live/x.hcl"
        (workdir.cwd / ".terraform.lock.hcl").write_text("new")

    assert not (tmp_path / "live/app/.terraform.lock.hcl").exists()
    assert (tmp_path / "live/app/files/a.txt").exists()


def test_the_root_itself_can_be_the_unit(tmp_path: Path) -> None:
    lay_out(tmp_path, "main.tf")

    with private_workdir(tmp_path, tmp_path) as workdir:
        assert (workdir.cwd / "main.tf").read_text() == "main.tf"


@pytest.mark.parametrize(
    ("made", "env", "expected"),
    [
        pytest.param((), {}, False, id="nothing"),
        pytest.param((".terraform/environment",), {}, False, id="only a workspace selected"),
        pytest.param((".terraform/terraform.tfstate",), {}, True, id="backend"),
        pytest.param((".terraform/providers/x",), {}, True, id="providers"),
        pytest.param((".terraform/terraform.tfstate",), {"TF_DATA_DIR": "data"}, False, id="another data dir"),
        pytest.param(("data/terraform.tfstate",), {"TF_DATA_DIR": "data"}, True, id="in that data dir"),
    ],
)
def test_is_initialised(tmp_path: Path, made: tuple[str, ...], env: dict[str, str], expected: bool) -> None:
    lay_out(tmp_path, *made)

    assert is_initialised(tmp_path, env) == expected

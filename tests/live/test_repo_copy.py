from __future__ import annotations

import os
from pathlib import Path

import pytest

from driftgate.live.repo_copy import LARGEST, copy_repo


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    for name in ("live/app", ".git", "live/app/.terraform", "live/.terragrunt-cache", ".hidden"):
        (root / name).mkdir(parents=True)
    (root / "live/app/terragrunt.hcl").write_text("a")
    (root / "live/app/terraform.tfstate").write_text("secret")
    (root / "live/app/big").write_bytes(b"x" * (LARGEST + 1))
    (root / "live/app/run.sh").touch(mode=0o755)
    (root / "live/common.hcl").symlink_to("app/terragrunt.hcl")
    (root / "live/app/up.hcl").symlink_to("../common.hcl")
    (root / "live/loop").symlink_to("..")
    (root / "outside.hcl").symlink_to("/etc/hostname")
    (root / "broken").symlink_to("nowhere")
    os.mkfifo(root / "fifo")
    return root


def test_an_empty_repo(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()

    copy_repo(tmp_path / "repo", tmp_path / "copy")

    assert list((tmp_path / "copy").iterdir()) == []
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


def test_what_is_copied_and_what_is_linked(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"

    copy_repo(root, copy)

    app = copy / "live/app"
    assert (app / "terragrunt.hcl").read_text() == "a"
    assert not (app / "terragrunt.hcl").is_symlink()
    assert (app / "run.sh").stat().st_mode & 0o111
    assert (app / "terraform.tfstate").readlink() == root / "live/app/terraform.tfstate"
    assert (app / "big").is_symlink()
    assert (copy / ".git").readlink() == root / ".git"
    assert (copy / ".hidden").is_dir()
    gone = (app / ".terraform", copy / "live/.terragrunt-cache", copy / "fifo")
    assert [path.name for path in gone if path.exists()] == []


def test_nothing_that_is_written_through_a_link_reaches_the_repo(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_repo(root, copy)

    for name in ("live/common.hcl", "live/app/up.hcl", "live/loop/live/app/terragrunt.hcl"):
        (copy / name).write_text("written")

    assert (copy / "live/app/terragrunt.hcl").read_text() == "written"
    assert (root / "live/app/terragrunt.hcl").read_text() == "a"

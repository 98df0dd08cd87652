from __future__ import annotations

from pathlib import Path

import pytest
from remediate.repos import lay

from driftgate.remediate.overlay import overlay


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    lay(
        tmp_path,
        {"live/app/main.tf": "a", "live/app/x.txt": "x", "live/db/main.tf": "b", "m/main.tf": "m", ".git/HEAD": "h"},
    )
    return tmp_path


def test_without_changes_everything_is_a_link_but_git_of_which_a_mark_is_left(repo: Path) -> None:
    with overlay(repo, {}) as copy:
        assert sorted(p.name for p in copy.iterdir()) == [".git", "live", "m"]
        assert list((copy / ".git").iterdir()) == []
        assert (copy / "live").is_symlink()


def test_changed_files_are_real_and_what_is_beside_them_is_the_repos(repo: Path) -> None:
    with overlay(repo, {"live/app/main.tf": "new\r\n"}) as copy:
        assert (copy / "live/app/main.tf").read_bytes() == b"new\r\n"
        assert (copy / "live/app/x.txt").resolve() == repo / "live/app/x.txt"
        assert (copy / "live/db").is_symlink()
        assert copy.stat().st_mode & 0o077 == 0

    assert (repo / "live/app/main.tf").read_text() == "a"
    assert not copy.exists()


def test_a_unit_beside_a_changed_module_sees_the_change(repo: Path) -> None:
    with overlay(repo, {"m/main.tf": "new"}, ["live/app"]) as copy:
        assert (copy / "live/app/../../m/main.tf").read_text() == "new"


def test_an_initialised_unit_is_initialised_in_the_copy(repo: Path) -> None:
    lay(repo, {"live/app/.terraform/terraform.tfstate": "backend", "live/app/.terraform/providers/p": "p"})
    with overlay(repo, {}, ["live/app"]) as copy:
        data = copy / "live/app/.terraform"
        assert (data / "terraform.tfstate").read_text() == "backend"
        assert not (data / "terraform.tfstate").is_symlink()
        (data / "terraform.tfstate").write_text("changed")
        assert (data / "providers").resolve() == repo / "live/app/.terraform/providers"

    assert (repo / "live/app/.terraform/terraform.tfstate").read_text() == "backend"


def test_a_new_file_in_a_new_folder(repo: Path) -> None:
    with overlay(repo, {"new/imports.tf": "i"}) as copy:
        assert (copy / "new/imports.tf").read_text() == "i"

from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.remediate.execute.files import FileChange, FileError, ignore_changes, inside, put, read


def test_what_is_made_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("new")
    before = (tmp_path / "main.tf").stat().st_mtime_ns

    put(tmp_path, FileChange("main.tf", b"old", b"new"))

    assert (tmp_path / "main.tf").stat().st_mtime_ns == before


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.tf").write_bytes(b"old\r\n")
    (tmp_path / "real.tf").chmod(0o640)
    (tmp_path / "main.tf").symlink_to("real.tf")

    put(tmp_path, FileChange("main.tf", b"old\r\n", b"new\r\n"))

    assert (tmp_path / "real.tf").read_bytes() == b"new\r\n"
    assert (tmp_path / "real.tf").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "main.tf").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.tf", "real.tf"]


def test_what_was_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("mine")

    with pytest.raises(FileError, match="changed meanwhile"):
        put(tmp_path, FileChange("main.tf", b"old", b"new"))

    assert read(tmp_path, "main.tf") == b"mine"


@pytest.mark.parametrize(
    "path",
    [
        "../main.tf",
        "/etc/main.tf",
        ".git/hooks/x.tf",
        "a/.terraform/x.tf",
        "run.sh",
        ".git/config",
        "out.tf",
        "Makefile",
    ],
)
def test_a_plan_file_reaches_nothing_but_code_of_the_repo(tmp_path: Path, path: str) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    (tmp_path / "elsewhere.tf").touch()
    (repo / "out.tf").symlink_to("../elsewhere.tf")

    with pytest.raises(FileError, match="is no code of this repo"):
        inside(repo, path)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param("", "l\n", id="empty"),
        pytest.param("a", "a\nl\n", id="no line end"),
        pytest.param("a\r\n", "a\r\nl\r\n", id="crlf"),
        pytest.param("a\nl\n", "a\nl\n", id="there already"),
    ],
)
def test_lines_of_driftignore(tmp_path: Path, text: str, after: str) -> None:
    (tmp_path / ".driftignore").write_bytes(text.encode())

    for change in ignore_changes(tmp_path, ["l"], {}):
        put(tmp_path, change)

    assert (tmp_path / ".driftignore").read_bytes() == after.encode()

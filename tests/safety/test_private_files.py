from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from driftgate.safety.private_files import create_private, private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    private_folder(tmp_path)

    assert mode(tmp_path) == 0o755


def test_what_is_made_is_private(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        create_private(tmp_path / "a/b/file", b"secret")
    finally:
        os.umask(old)

    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/file")] == [0o700, 0o700, 0o600]
    assert (tmp_path / "a/b/file").read_bytes() == b"secret"
    assert os.listdir(tmp_path / "a/b") == ["file"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    create_private(tmp_path / "file", b"old")

    with pytest.raises(FileExistsError):
        create_private(tmp_path / "file", b"new")

    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        create_private(tmp_path / "file", b"new")

    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["file", "file/below"], ids=["is a file", "below a file"])
def test_a_file_where_a_folder_should_be(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OSError):
        private_folder(tmp_path / name)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)

    with pytest.raises(OSError, match="No space left"):
        create_private(tmp_path / "file", b"data")

    assert os.listdir(tmp_path) == []


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data)[:3]))

    create_private(tmp_path / "file", b"0123456789")

    assert (tmp_path / "file").read_bytes() == b"0123456789"

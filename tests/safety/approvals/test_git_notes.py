from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from driftgate import process
from driftgate.safety.approvals.git_notes import REF, GitNotes
from driftgate.safety.backup import BackupError


def git(folder: Path, *args: str) -> None:
    subprocess.run(("git", *args), cwd=folder, check=True, capture_output=True)


@pytest.fixture
def store(tmp_path: Path) -> GitNotes:
    git(tmp_path, "init", "-q")
    return GitNotes(tmp_path, os.environ, process.run)


def test_nothing_yet(store: GitNotes) -> None:
    assert store.get("a") is None
    assert [*store.names()] == []


@pytest.mark.parametrize("data", [b"{}\n", b"", b"two\nlines", b"\x00\xff\r\n", b" spaces \n\n"], ids=repr)
def test_what_was_put_is_got(store: GitNotes, data: bytes) -> None:
    assert store.put_new("approvals/v1/a.request.json", data)

    assert store.get("approvals/v1/a.request.json") == data
    assert [*store.names()] == ["approvals/v1/a.request.json"]


def test_a_name_is_taken_once(store: GitNotes) -> None:
    assert store.put_new("a", b"1")
    assert not store.put_new("a", b"2")
    assert store.put_new("b", b"3")

    assert (store.get("a"), store.get("b")) == (b"1", b"3")


def test_of_many_at_once_one_takes_it(store: GitNotes) -> None:
    def put(number: int) -> bool:
        try:
            return store.put_new("a", str(number).encode())
        except BackupError:  # git was busy with another one
            return False

    with ThreadPoolExecutor(6) as pool:
        took = [number for number, won in enumerate(pool.map(put, range(6))) if won]

    assert len(took) == 1
    assert store.get("a") == str(took[0]).encode()


def test_of_many_at_once_none_is_lost(store: GitNotes) -> None:
    names = [f"{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        assert all(pool.map(lambda name: store.put_new(name, name.encode()), names))

    assert sorted(store.names()) == names
    assert [store.get(name) for name in names] == [name.encode() for name in names]


@pytest.mark.parametrize("taken", [False, True], ids=["of another name", "of the same name"])
def test_a_note_that_comes_in_between_stays(tmp_path: Path, taken: bool) -> None:
    git(tmp_path, "init", "-q")
    rival = GitNotes(tmp_path, os.environ, process.run)
    came: list[bool] = []

    def run(argv: Sequence[str], **around: Any) -> process.Result:
        result = process.run(argv, **around)
        if "add" in argv and not came:
            came.append(rival.put_new("a" if taken else "b", b"theirs"))
        return result

    assert GitNotes(tmp_path, os.environ, run).put_new("a", b"ours") is not taken
    assert came == [True]
    assert rival.get("a" if taken else "b") == b"theirs"
    assert rival.get("a") == (b"theirs" if taken else b"ours")
    refs = subprocess.run(("git", "for-each-ref"), cwd=tmp_path, check=True, capture_output=True, text=True)
    assert [line.split()[-1] for line in refs.stdout.splitlines()] == [REF]


def test_they_travel_with_the_repo(store: GitNotes, tmp_path: Path) -> None:
    store.put_new("a", b"1")
    bare, clone = tmp_path / "bare.git", tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    git(tmp_path, "push", "-q", str(bare), REF)
    git(tmp_path, "clone", "-q", str(bare), str(clone))
    git(clone, "fetch", "-q", "origin", f"{REF}:{REF}")

    assert GitNotes(clone, os.environ, process.run).get("a") == b"1"


def test_git_that_speaks_another_language(store: GitNotes) -> None:
    german = GitNotes(store.root, {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "de"}, process.run)

    assert german.get("a") is None


def test_outside_of_a_repo(tmp_path: Path) -> None:
    store = GitNotes(tmp_path, os.environ, process.run)

    for act in (lambda: store.put_new("a", b""), lambda: store.get("a"), lambda: [*store.names()]):
        with pytest.raises(BackupError, match="refs/notes/driftgate"):
            act()


def test_without_git(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="cannot run git"):
        GitNotes(tmp_path, {"PATH": "/nowhere"}, process.run).get("a")


def test_nothing_is_removed(store: GitNotes) -> None:
    with pytest.raises(BackupError, match="is not removed"):
        store.delete("a")

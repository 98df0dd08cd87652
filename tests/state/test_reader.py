from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from driftgate.backends.base import BackendError
from driftgate.process import Result
from driftgate.state.file import EncryptedStateError, StateError
from driftgate.state.reader import read_snapshot, read_state, read_state_file
from driftgate.state.snapshot import SnapshotMeta
from driftgate.tfexec.binary import ToolError
from driftgate.unit import BackendConfig, StateLocation, Unit

STATE = b'{"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "abc", "outputs": {}, "resources": []}'
META = SnapshotMeta(7, "abc", "1.11.4")
ENCRYPTED = json.dumps(
    {"serial": 7, "lineage": "abc", "meta": {}, "encrypted_data": "AAAA", "encryption_version": "v0"}
).encode()


def unit(tool: str = "terraform", **config: Any) -> Unit:
    location = StateLocation("local://app/terraform.tfstate", "app/terraform.tfstate", None, "")
    return Unit(PurePosixPath("app"), BackendConfig("local", config), tool=tool, location=location)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path


def test_no_state_is_none(root: Path) -> None:
    assert read_state(unit(), root=root, env={}) is None
    assert read_snapshot(unit(), root=root, env={}) is None


def test_an_empty_file_is_an_accident_not_a_new_beginning(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(b"")

    with pytest.raises(StateError, match="is empty"):
        read_state(unit(), root=root, env={})
    with pytest.raises(StateError, match="is empty"):
        read_snapshot(unit(), root=root, env={})
    with pytest.raises(StateError, match="is empty"):
        read_state_file(root / "app/terraform.tfstate")


def test_state_and_snapshot_agree(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(STATE)
    state = read_state(unit(), root=root, env={})

    assert state is not None
    assert state.data == STATE
    assert state.meta == read_snapshot(unit(), root=root, env={}) == META


def test_what_is_no_state_is_an_error_that_names_unit_and_place(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(b"<html>")

    for read in (read_state, read_snapshot):
        with pytest.raises(
            StateError, match=r"^the state of app \(local://app/terraform.tfstate\) is not a state but an HTML"
        ):
            read(unit(), root=root, env={})


def test_a_unit_whose_place_is_unknown_is_named_by_its_type(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(b"{")
    with pytest.raises(StateError, match=r"^the state of app \(local\) is cut off"):
        read_state(Unit(PurePosixPath("app"), BackendConfig("local")), root=root, env={})


def test_a_unit_whose_source_does_not_parse_says_where(root: Path) -> None:
    broken = Unit(PurePosixPath("app"), BackendConfig("unknown"), error='app/main.tf:1:1: "[" is never closed')
    with pytest.raises(BackendError, match=r"^app/main\.tf:1:1: ") as caught:
        read_state(broken, root=root, env={})
    assert caught.value.next_step == "correct the source and repeat"


def test_a_state_that_cannot_be_reached_is_an_error(root: Path) -> None:
    (root / "app/terraform.tfstate").mkdir()
    with pytest.raises(BackendError, match="cannot read"):
        read_state(unit(), root=root, env={})


def test_notes_of_the_backend_are_heard(root: Path) -> None:
    heard: list[str] = []
    env = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    backend = BackendConfig(
        "s3", {"bucket": "b", "key": "k", "endpoint": "http://127.0.0.1:9", "max_retries": 0, "odd": 1}
    )
    with pytest.raises(BackendError):
        read_state(Unit(PurePosixPath("app"), backend), root=root, env=env, on_note=heard.append)

    assert heard == ["backend s3: settings not known to driftgate and not honoured: odd"]


def test_an_encrypted_state_of_a_terraform_unit_is_an_error_that_names_tofu(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(ENCRYPTED)

    for read in (read_state, read_snapshot):
        with pytest.raises(EncryptedStateError, match="is encrypted by OpenTofu") as caught:
            read(unit(), root=root, env={})
        assert "tofu state pull" in caught.value.next_step


def test_an_encrypted_state_of_a_tofu_unit_is_read_through_tofu(root: Path, tmp_path: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(ENCRYPTED)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tofu").write_text("")
    (tmp_path / "bin/tofu").chmod(0o755)
    calls: list[tuple[str, ...]] = []

    def run(argv: Any, *, cwd: Path, env: Any, on_line: Any = None) -> Result:
        calls.append(tuple(argv[1:]))
        version = b'{"terraform_version": "1.10.0"}'
        return Result(tuple(argv), 0, STATE if "pull" in argv else version, b"")

    env = {"PATH": str(tmp_path / "bin")}
    state = read_state(unit("tofu"), root=root, env=env, run=run)

    assert state is not None
    assert state.meta == META
    assert calls[-1] == ("state", "pull")
    assert read_snapshot(unit("tofu"), root=root, env=env, run=run) == SnapshotMeta(7, "abc", "")


def test_an_encrypted_state_without_a_tofu_says_what_is_missing(root: Path) -> None:
    (root / "app/terraform.tfstate").write_bytes(ENCRYPTED)
    with pytest.raises(ToolError, match="tofu is not on PATH"):
        read_state(unit("tofu"), root=root, env={"PATH": ""})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"cannot read .*x.tfstate: No such file"):
        read_state_file(tmp_path / "x.tfstate")

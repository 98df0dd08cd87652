from __future__ import annotations

import json
from pathlib import Path

import pytest
from backup_repo import STATE, Dg, create, lay_out, runner, stored

from driftgate.cli.main import main


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    return runner(capfd)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(lay_out(tmp_path))
    return tmp_path


def test_restore_shows_first(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    (repo / "live/app/terraform.tfstate").unlink()
    code, out, err = dg("restore", id_)

    assert (code, stored(repo)) == (0, None)
    assert "no state → serial 1" in out
    assert "dry run: nothing is written; --yes writes it" in err


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        pytest.param(None, STATE % 1, id="over nothing"),
        pytest.param(b"<html>", STATE % 1, id="over what is no state"),
        pytest.param(STATE % 1, STATE % 1, id="over itself"),
        pytest.param(
            (STATE % 4).replace(b'"outputs": {}', b'"outputs": {"a": {"value": 1, "type": "number"}}'), STATE % 5,
            id="over a later version",
        ),
        pytest.param((STATE % 4).replace(b'"lin"', b'"other"'), STATE % 1, id="over another state without content"),
    ],
)  # fmt: skip
def test_restore(repo: Path, dg: Dg, present: bytes | None, expected: bytes) -> None:
    id_ = create(dg)
    state = repo / "live/app/terraform.tfstate"
    if present is None:
        state.unlink()
    else:
        state.write_bytes(present)
    code, _, err = dg("restore", id_, "--yes", "--reason", "drill")
    records = (
        [json.loads(line) for line in (repo / "audit.jsonl").read_text().splitlines()] if present != expected else []
    )
    kept = {b["reason"]: b for b in json.loads(dg("list", "-o", "json")[1])["backups"]}

    assert (code, stored(repo)) == (0, expected), err
    assert [(r["action"], r["outcome"], r["reason"], r["details"]["restored"]) for r in records] == [
        ("backup restore", outcome, "drill", id_) for outcome in ("begun", "ok")
    ][: len(records)]
    assert ("before backup restore" in kept) == (present is not None and present != expected)


def test_restore_over_another_state_is_refused(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    other = (STATE % 4).replace(b'"lin"', b'"other"').replace(b"{}", b'{"a": {"value": 1, "type": "number"}}')
    (repo / "live/app/terraform.tfstate").write_bytes(other)
    code, _, err = dg("restore", id_, "--yes")

    assert (code, stored(repo)) == (1, other)
    assert "two different states" in err


def test_restore_elsewhere_must_be_meant(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    code, _, err = dg("restore", id_, "live/new", "--yes")

    assert code == 1
    assert "backup" in err
    assert not (repo / "live/new/terraform.tfstate").exists()
    assert dg("restore", id_, "live/new", "--elsewhere", "--yes")[0] == 0
    assert (repo / "live/new/terraform.tfstate").read_bytes() == STATE % 1


def test_the_backup_of_a_state_file_goes_back_to_the_file(
    repo: Path, dg: Dg, capfd: pytest.CaptureFixture[str]
) -> None:
    file = repo / "alone.tfstate"
    file.write_bytes(STATE % 1)
    changed = (STATE % 2).replace(b"{}", b'{"a": {"value": 1, "type": "number"}}')
    (repo / "new.tfstate").write_bytes(changed)
    assert main(["state", "push", "new.tfstate", "alone.tfstate", "--yes"]) == 0
    capfd.readouterr()
    [kept] = json.loads(dg("list", "-o", "json")[1])["backups"]
    unnamed, named = dg("restore", kept["id"]), dg("restore", kept["id"], "alone.tfstate", "--yes")

    assert unnamed[0] == 1
    assert f"is of local://{file}" in unnamed[2]
    assert "a state file" in unnamed[2]
    assert named[0] == 0, named[2]
    assert file.read_bytes() == STATE % 3

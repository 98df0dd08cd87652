from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pyrage
import pytest
from backup_repo import STATE, Dg, create, lay_out, old_backups, runner, settings, store_state
from terraform_cli import apply, needs_terraform

from driftgate.safety.backup import Subject
from driftgate.safety.open import open_backups
from driftgate.settings.schema import BackupSettings

SECRET = "hunter2-hunter2"
SOURCE = f"""
variable "pw" {{
  sensitive = true
  default   = "{SECRET}"
}}
resource "terraform_data" "a" {{
  input = {{ pw = var.pw, open = "WORD" }}
}}
"""
IDENTITY = pyrage.x25519.Identity.generate()


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    return runner(capfd)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(lay_out(tmp_path))
    return tmp_path


@needs_terraform
def test_a_backup_of_what_terraform_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dg: Dg) -> None:
    (tmp_path / ".git").mkdir()
    settings(tmp_path)
    monkeypatch.chdir(tmp_path)
    app = tmp_path / "live/app"
    apply(app, SOURCE)
    first = (app / "terraform.tfstate").read_bytes()
    code, out, err = dg("create")
    header, line = out.splitlines()
    apply(app, SOURCE.replace("WORD", "changed"))
    id_ = line.split()[0]

    assert (code, err, header.split()) == (0, "", ["BACKUP", "UNIT", "SERIAL", "SIZE"])
    assert line.split()[1:3] == ["live/app", "1"]
    shown = dg("show", id_)[1]
    assert "1 resource" in shown
    assert SECRET not in shown
    code, out, _ = dg("diff", id_)
    assert code == 0
    assert "serial 1 → 3: 1 changed" in out or "1 changed" in out
    assert ("WORD" in out, SECRET in out) == (True, False)
    assert dg("decrypt", id_, "--out", "old.tfstate")[0] == 0
    assert (tmp_path / "old.tfstate").read_bytes() == first
    assert stat.S_IMODE((tmp_path / "old.tfstate").stat().st_mode) == 0o600
    assert json.loads(dg("diff", id_, "old.tfstate", "-o", "json")[1])["resources"] == []


def test_nothing_there_yet(repo: Path, dg: Dg) -> None:
    assert dg("list") == (0, "", f"dg: no such backups in {repo / 'kept'}\n")
    assert json.loads(dg("list", "-o", "json")[1])["backups"] == []
    assert dg("verify") == (0, "0 backups: none\n", "")
    assert dg("prune")[:2] == (0, "0 of 0 backups go\n")


def test_create_for_every_unit(repo: Path, dg: Dg) -> None:
    code, out, err = dg("create")
    lines = [line.split() for line in out.splitlines()[1:]]

    assert (code, err) == (0, "")
    assert lines[0][1:] == ["live/app", "1", "108", "B"]
    assert lines[1] == ["no", "state", "live/new"]


def test_a_state_that_is_kept_is_not_kept_twice(repo: Path, dg: Dg) -> None:
    assert create(dg) == create(dg)
    assert len(json.loads(dg("list", "-o", "json")[1])["backups"]) == 1


def test_one_unit_that_fails_hides_no_other(repo: Path, dg: Dg) -> None:
    (repo / "live/new/terraform.tfstate").write_text("<html>")
    code, out, err = dg("create")

    assert code == 1
    assert "live/app" in out
    assert "failed" in out
    assert "error: the state of live/new" in err


def test_create_where_no_units_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dg: Dg) -> None:
    monkeypatch.chdir(tmp_path)

    assert dg("create")[0] == 1


def test_list_chooses(repo: Path, dg: Dg) -> None:
    create(dg)
    store_state(repo, 2)
    create(dg)

    assert [line.split()[4] for line in dg("list", "--unit", "live/*")[1].splitlines()[1:]] == ["1", "2"]
    assert len(dg("list", "--serial", "2")[1].splitlines()) == 2
    assert "no such backups" in dg("list", "--unit", "other")[2]


def test_show_json(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    tree = json.loads(dg("show", id_, "-o", "json")[1])["backup"]

    assert (tree["id"], tree["serial"], tree["lineage"], tree["unit"]) == (id_, 1, "lin", "live/app")
    assert tree["content"] == {"terraform_version": "1.11.4", "resources": 0, "outputs": 0}
    assert tree["sealing"] == {"kind": "none", "keys": []}


@pytest.mark.parametrize("kind", ["age", "aes"])
def test_sealed_backups(repo: Path, dg: Dg, kind: str) -> None:
    (repo / "identity").write_text(str(IDENTITY))
    (repo / "key").write_text("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    if kind == "age":
        settings(repo, f'recipients = ["{IDENTITY.to_public()}"]')
        key = ("--identity", "identity")
    else:
        settings(repo, 'key_file = "key"')
        key = ("--key-file", "key")
    id_ = create(dg)
    settings(repo)  # another machine: it has the backups, and the key only where it is given

    assert "not opened: give the" in dg("show", id_)[1]
    assert dg("verify")[0] == 0
    assert "1 backup: 1 unopened" in dg("verify")[1]
    assert dg("verify", *key)[1] == "1 backup: 1 whole\n"
    assert dg("decrypt", id_)[0] == 1
    assert dg("decrypt", id_, *key)[1].encode() == STATE % 1
    file = next(p for p in (repo / "kept").rglob("*.tfstate.zst.*") if p.suffix != ".json")
    shutil.copy(file, repo / "alone")
    shutil.rmtree(repo / "kept")
    assert dg("decrypt", "alone", *key)[1].encode() == STATE % 1
    assert "sealed with" in dg("show", "alone")[2]
    assert dg("diff", "alone", "alone", *key)[0] == 0


def test_verify_with_a_key_that_does_not_fit(repo: Path, dg: Dg) -> None:
    (repo / "key").write_text("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    (repo / "other").write_text("b2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    settings(repo, 'key_file = "key"')
    create(dg)
    settings(repo)
    code, out, err = dg("verify", "--key-file", "other")

    assert (code, "1 backup: 1 unopened" in out) == (2, True)
    assert "1 backup not opened by the keys given" in err


@pytest.mark.parametrize("kind", ["age", "aes"])
def test_verify_of_what_nobody_can_tell(repo: Path, dg: Dg, kind: str) -> None:
    """Without the key, and without the label that has the file's hash, a broken file looks as good as a sound one."""
    (repo / "key").write_text("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    settings(repo, f'recipients = ["{IDENTITY.to_public()}"]' if kind == "age" else 'key_file = "key"')
    create(dg)
    settings(repo)
    for file in [p for p in (repo / "kept").rglob("*") if p.suffix == ".json" or p.name == "index.sqlite3"]:
        file.unlink()
    code, out, _ = dg("verify")

    assert (code, "1 backup: 1 unproven" in out) == (2, True)


def test_diff_with_another_version(repo: Path, dg: Dg) -> None:
    first = create(dg)
    store_state(repo, 2)
    second = create(dg)

    assert dg("diff", first, second, "-o", "json")[0] == 0
    assert json.loads(dg("diff", second, "live/app@1", "-o", "json")[1])["after"]["serial"] == 1
    assert " in `live/app`\n" in dg("diff", first, second, "-o", "markdown")[1]


def test_verify_names_what_is_damaged(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    store_state(repo, 2)
    create(dg)
    file = next(p for p in (repo / "kept").rglob(f"*{id_}*") if p.suffix == ".zst")
    file.write_bytes(file.read_bytes()[:-1])
    code, out, _ = dg("verify")
    tree = json.loads(dg("verify", id_[:8], "-o", "json")[1])

    assert code == 2
    assert out.splitlines()[1].endswith("damaged")
    assert out.splitlines()[2] == "  its file is not the one that was written"
    assert out.splitlines()[-1] == "2 backups: 1 whole, 1 damaged"
    assert [b["condition"] for b in tree["backups"]] == ["damaged"]
    assert dg("show", id_)[0] == 1


def serials(dg: Dg) -> list[int]:
    return [b["serial"] for b in json.loads(dg("list", "-o", "json")[1])["backups"]]


def test_prune(repo: Path, dg: Dg) -> None:
    old_backups(repo, range(1, 6), audited=2)
    code, out, err = dg("prune", "--keep-last", "1", "--keep-days", "0")

    assert (code, err) == (0, "dg: dry run: nothing is removed; --yes removes them\n")
    assert out.splitlines()[-1] == (
        "3 of 5 backups go; stay: 1 (one of the newest 1), 1 (the audit log speaks of serial 2)"
    )
    assert serials(dg) == [1, 2, 3, 4, 5]
    code, out, err = dg("prune", "--keep-last", "1", "--keep-days", "0", "--yes", "--reason", "room", "-o", "json")
    assert (code, json.loads(out)["removed"]) == (0, True)
    assert serials(dg) == [2, 5]
    records = [json.loads(line) for line in (repo / "audit.jsonl").read_text().splitlines()][1:]
    assert [(r["action"], r["outcome"], r["reason"], len(r["details"]["backups"])) for r in records] == [
        ("backup prune", "begun", "room", 3),
        ("backup prune", "ok", "room", 3),
    ]


def test_prune_removes_what_killed_processes_left(repo: Path, dg: Dg) -> None:
    create(dg)
    old, new, other = (repo / "kept/v1" / name for name in (".x.1.ab.new", ".y.2.cd.new", ".keep"))
    for file in (old, new, other):
        file.write_bytes(b"half")
    os.utime(old, (1, 1))
    os.utime(other, (1, 1))

    assert dg("prune")[2] == ""
    assert dg("prune", "--yes")[2] == "dg: removed 1 half written files that killed processes left\n"
    assert [file.exists() for file in (old, new, other)] == [False, True, True]


def test_prune_as_set(repo: Path, dg: Dg) -> None:
    old_backups(repo, range(1, 6))
    settings(repo, "keep_last = 2", "keep_days = 0")

    assert dg("prune", "--yes")[0] == 0
    assert serials(dg) == [4, 5]


def test_prune_with_another_log(repo: Path, dg: Dg) -> None:
    old_backups(repo, range(1, 4), audited=1)
    (repo / "audit.jsonl").rename(repo / "other.jsonl")
    dg("prune", "--keep-last", "1", "--keep-days", "0", "--audit-log", "other.jsonl", "--yes")

    assert serials(dg) == [1, 3]


def test_nothing_is_pruned_when_the_audit_log_is_damaged(repo: Path, dg: Dg) -> None:
    old_backups(repo, range(1, 4), audited=1)
    (repo / "audit.jsonl").write_text("garbage\n")
    code, _, err = dg("prune", "--keep-last", "1", "--keep-days", "0", "--yes")

    assert (code, "nobody can tell which backups" in err) == (1, True)
    assert serials(dg) == [1, 2, 3]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(("show", "zz"), "there is no backup zz", id="no such backup"),
        pytest.param(("show", "live/app/main.tf"), "main.tf: it is no backup of driftgate", id="a file that is none"),
        pytest.param(
            ("show", "short"),
            "short: it is no backup of driftgate, or a damaged one (it is too short)",
            id="a file cut to nothing",
        ),
        pytest.param(("list", "--destination", "ftp://x"), "backups cannot go to ftp://", id="no such place"),
        pytest.param(("verify", "--key-file", ".driftgate.toml"), "does not hold the base64", id="a key that is none"),
    ],
)
def test_what_cannot_be_done_says_why(repo: Path, dg: Dg, argv: tuple[str, ...], said: str) -> None:
    (repo / "short").write_bytes(b"x")
    code, _, err = dg(*argv)

    assert (code, said in err) == (1, True), err


def test_a_file_is_never_overwritten(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    code, _, err = dg("decrypt", id_, "--out", ".driftgate.toml")

    assert (code, "cannot write .driftgate.toml: File exists" in err) == (1, True)


def test_a_backup_of_a_unit_that_is_not_here(repo: Path, dg: Dg) -> None:
    id_ = create(dg)
    shutil.rmtree(repo / "live/app")
    code, _, err = dg("diff", id_)

    assert (code, "is of live/app, which is not here" in err) == (1, True)


def test_backups_of_states_that_cannot_be_parsed_are_shown(repo: Path, dg: Dg) -> None:
    backups = open_backups(BackupSettings(destination=str(repo / "kept")), {})
    id_ = backups.save(b"<html>", Subject("file:x"), reason="before state push")

    assert "is not a state" in dg("show", id_)[1]
    assert "?" in dg("list")[1]


def test_a_store_that_may_not_be_listed(repo: Path, dg: Dg, monkeypatch: pytest.MonkeyPatch) -> None:
    from driftgate.safety.backup import BackupError
    from driftgate.safety.backups.local_store import LocalStore

    def denied(self: LocalStore) -> Any:
        raise BackupError("cannot list it: access denied")

    id_ = create(dg)
    monkeypatch.setattr(LocalStore, "names", denied)
    code, out, err = dg("list")

    assert (code, id_[:12] in out) == (0, True)
    assert err == "dg: cannot list it: access denied; these were made from this machine\n"

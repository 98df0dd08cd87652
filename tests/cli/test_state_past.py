"""`dg state diff`, `history` and `rollback`: on a real state, changed by terraform and by dg in turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from aws_server import aws_env, start_aws
from dg_run import Dg, runner
from state.documents import document, instance, resource
from terraform_cli import apply, needs_terraform, terraform
from tofu_encryption import CODE, sealed

from driftgate.errors import ExitCode
from driftgate.report.formats import FORMATS

SECRET = "hunter2-hunter2"


def body(serial: int, *names: str, **more: str) -> bytes:
    return document(*(resource(name, instance(name, **more)) for name in names), serial=serial)


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    return runner(capfd)


@pytest.fixture(autouse=True)
def unit(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A unit whose local state went from serial 1 to 4 by dg's hands, with a, ab, abc and bc in it."""
    folder = repo / "live/app"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (folder / "terraform.tfstate").write_bytes(body(1, "a"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def grown(unit: Path, dg: Dg, tmp_path: Path) -> Path:
    for serial, names in ((2, "ab"), (3, "abc"), (4, "bc")):
        (tmp_path / "new").write_bytes(body(serial, *names))
        assert dg("state", "push", tmp_path / "new", ".", "--yes").code == 0
    return unit


def stored(unit: Path) -> bytes:
    return (unit / "terraform.tfstate").read_bytes()


def backup_ids(dg: Dg) -> dict[int, str]:
    entries = dg("state", "history", "-o", "json").json["entries"]
    return {entry["serial"]: entry["backups"][0]["id"] for entry in entries if entry["backups"]}


def test_diff_of_one_and_the_same(dg: Dg, grown: Path) -> None:
    for after in (".", "@4", "terraform.tfstate", "../app"):
        done = dg("state", "diff", "@4", after, "--detailed-exitcode")
        assert (done.code, done.out) == (0, "serial 4: no differences\n")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        pytest.param(("@1",), "serial 1 → 4: 2 added, 1 removed\n  − aws_x.a (id a)\n  + aws_x.b (id b)\n  + aws_x.c (id c)\n", id="with what is stored now"),
        pytest.param((".@2", "@3"), "serial 2 → 3: 1 added\n  + aws_x.c (id c)\n", id="two versions"),
        pytest.param(("@3", "terraform.tfstate"), "serial 3 → 4: 1 removed\n  − aws_x.a (id a)\n", id="version and file"),
        pytest.param(("@1", "--summary"), "serial 1 → 4: 2 added, 1 removed\n  − aws_x.a (id a)\n  + aws_x.b (id b)\n  + aws_x.c (id c)\n", id="summary"),
    ],
)  # fmt: skip
def test_diff(dg: Dg, grown: Path, arguments: tuple[str, ...], shown: str) -> None:
    done = dg("state", "diff", *arguments)
    assert (done.code, done.out) == (0, shown)
    assert dg("state", "diff", *arguments, "--detailed-exitcode").code == ExitCode.FINDINGS


def test_diff_with_a_backup_and_as_json(dg: Dg, grown: Path) -> None:
    found = dg("state", "diff", backup_ids(dg)[1][:8], "@2", "-o", "json").json
    assert (found["before"]["serial"], found["after"]["serial"]) == (1, 2)
    assert [item["address"] for item in found["resources"]] == ["aws_x.b"]


def test_diff_masks_secrets(dg: Dg, unit: Path, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(body(1, "a", password=SECRET))
    (tmp_path / "two").write_bytes(body(2, "a", password=f"{SECRET}!"))
    for output in FORMATS:
        done = dg("state", "diff", tmp_path / "one", tmp_path / "two", "-o", output)
        assert "(sensitive, changed)" in done.out
        assert SECRET not in done.out


def test_diff_stands_on_the_blocks_of_the_unit(dg: Dg, grown: Path) -> None:
    (grown / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n\nresource "aws_x" "a" {}\n')
    noted = dg("state", "diff", "@1", "-o", "github").out.splitlines()
    assert noted[0] == "::notice file=live/app/main.tf,line=5,title=State%3A removed::aws_x.a (removed)"
    assert noted[1] == "::notice title=State%3A added::aws_x.b (added)"


def test_the_short_table_is_a_table(dg: Dg, grown: Path) -> None:
    done = dg("state", "diff", "@1", "--summary", "-o", "html")
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert "--summary is a short table: leave it away with -o html" in done.err


def test_diff_with_a_template_of_ones_own(dg: Dg, grown: Path, tmp_path: Path) -> None:
    (tmp_path / "state_diff.txt.j2").write_text("{{ view.rows | length }} changes\n")
    assert dg("state", "diff", "@1", "--template-dir", tmp_path).out == "3 changes\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("gone.tfstate", "."), ExitCode.ERROR, "`gone.tfstate` is no file, no unit and no backup"),
        ((".",), ExitCode.USAGE, "A must be UNIT@VERSION when it stands alone"),
        (("@9",), ExitCode.ERROR, "no version with serial 9 is kept"),
        (("abcdef12", "."), ExitCode.ERROR, "there is no backup abcdef12"),
    ],
)
def test_diff_of_nothing(dg: Dg, unit: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = dg("state", "diff", *arguments)
    assert done.code == code
    assert message in done.err


def test_history(dg: Dg, grown: Path) -> None:
    done = dg("state", "history")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0][:3] == ["SERIAL", "WRITTEN", "RESOURCES"]
    assert [line[0] for line in lines[1:]] == ["4", "3", "2", "1"]
    found = dg("state", "history", "-o", "json").json
    assert [(e["serial"], e["resources"], e["current"], len(e["backups"])) for e in found["entries"]] == [
        (4, 2, True, 0), (3, 3, False, 1), (2, 2, False, 1), (1, 1, False, 1),
    ]  # fmt: skip


def test_history_says_what_it_could_not_read(dg: Dg, unit: Path) -> None:
    (unit / "terraform.tfstate").write_bytes(b"{broken")
    done = dg("state", "history")
    assert done.code == 0
    assert "could not be read: it is not valid JSON" in done.err


def test_rollback_shows_what_it_would_mean(dg: Dg, grown: Path) -> None:
    done = dg("state", "rollback", "--to", "1")
    assert done.code == 0
    assert done.out.startswith("serial 4 → 5: 1 added, 2 removed\n")
    assert "! 2 resources would be forgotten: " in done.out
    assert "! 1 resource would be in the state again: " in done.out
    assert "dry run: nothing is written" in done.err
    assert stored(grown) == body(4, "b", "c")


@pytest.mark.parametrize("how", ["serial", "time", "backup"])
def test_rollback_and_back(dg: Dg, grown: Path, how: str) -> None:
    version = {"serial": "1", "time": "2020-01-01", "backup": backup_ids(dg)[1][:10]}[how]
    done = dg("state", "rollback", "--to", version, "--yes", "--reason", "apply went wrong")
    assert done.code == 0, done.err
    assert stored(grown) == body(5, "a")  # the old bytes, but for the serial

    again = dg("state", "rollback", "--to", version, "--yes")
    assert "nothing to do" in again.err

    undone = dg("state", "rollback", "--undo", "--yes")
    assert undone.code == 0, undone.err
    assert stored(grown) == body(6, "b", "c")
    assert dg("state", "rollback", "--undo", "--yes").code == 0
    assert stored(grown) == body(7, "a")


def test_there_is_nothing_to_undo_once_something_else_was_written(dg: Dg, grown: Path) -> None:
    assert dg("state", "rollback", "--undo").code == ExitCode.ERROR
    assert dg("state", "rollback", "--to", "1", "--yes").code == 0
    assert dg("state", "mv", "aws_x.a", "aws_x.z", "--yes").code == 0
    done = dg("state", "rollback", "--undo", "--yes")
    assert done.code == ExitCode.ERROR
    assert "there is nothing to undo: serial 6 was not written by a rollback" in done.err


def test_that_it_is_done_is_said_also_when_the_result_cannot_be_written(dg: Dg, grown: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = dg("state", "rollback", "--to", "1", "--yes", "--out", tmp_path / "file/out")

    assert done.code == ExitCode.ERROR
    assert f"cannot write {tmp_path}/file/out" in done.err
    assert "is written; what stood there is backup " in done.err
    assert stored(grown) == body(5, "a")


def test_rollback_as_json(dg: Dg, grown: Path) -> None:
    found = dg("state", "rollback", "--to", "1", "-o", "json").json
    assert [(item["what"], item["addresses"]) for item in found["following"]] == [
        ("forgotten", ["aws_x.b", "aws_x.c"]), ("back", ["aws_x.a"]),
    ]  # fmt: skip
    assert (found["changed"], found["written"]) == (True, False)


@pytest.mark.parametrize(
    ("present", "serial"), [(b"{broken", 4), (body(9, "z")[:300], 10), (None, 4)], ids=["damaged", "cut off", "gone"]
)
def test_rollback_over_a_damaged_or_lost_state(dg: Dg, grown: Path, present: bytes | None, serial: int) -> None:
    if present is None:
        (grown / "terraform.tfstate").unlink()
    else:
        (grown / "terraform.tfstate").write_bytes(present)
    done = dg("state", "rollback", "--to", "3", "--yes")
    assert done.code == 0, done.err
    assert stored(grown) == body(serial, "a", "b", "c")
    assert ("what is stored is not usable" in done.err) is (present is not None)


def test_an_encrypted_state_is_not_replaced_by_one_in_clear(dg: Dg, grown: Path) -> None:
    (grown / "encryption.tofu").write_text(CODE)
    (grown / "terraform.tfstate").write_bytes(sealed(body(5, "b")))
    done = dg("state", "rollback", "--to", "1", "--yes")
    assert done.code == ExitCode.ERROR
    assert "use `tofu state push` in the unit" in done.err
    assert stored(grown) == sealed(body(5, "b"))


def test_versions_of_an_encrypted_state(dg: Dg, unit: Path, tmp_path: Path) -> None:
    (unit / "encryption.tofu").write_text(CODE)
    (unit / "terraform.tfstate.backup").write_bytes(sealed(body(1, "a")))
    (unit / "terraform.tfstate").write_bytes(sealed(body(2, "a", "b")))
    assert dg("state", "diff", "@1").out == "serial 1 → 2: 1 added\n  + aws_x.b (id b)\n"
    assert "encrypted" in dg("state", "history").out
    entries = dg("state", "history", "-o", "json").json["entries"]
    assert [(e["serial"], e["encrypted"], e["unread"]) for e in entries] == [(2, True, None), (1, True, None)]


@pytest.mark.parametrize("arguments", [(), ("--to", "1", "--undo")])
def test_usage(dg: Dg, unit: Path, arguments: tuple[str, ...]) -> None:
    assert dg("state", "rollback", *arguments).code == ExitCode.USAGE


@needs_terraform
@pytest.mark.acceptance
def test_terraform_goes_on_from_a_rollback(dg: Dg, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, source = repo / "live/real", 'resource "terraform_data" "%s" {\n  input = "%s"\n}\n'
    apply(folder, source % ("x", "one"))
    monkeypatch.chdir(folder)
    assert dg("state", "mv", "terraform_data.x", "terraform_data.y", "--yes").code == 0
    apply(folder, source % ("y", "two"))
    assert dg("state", "rollback", "--to", "1", "--yes").code == 0

    (folder / "main.tf").write_text(source % ("x", "one"))
    terraform(folder, "plan", "-detailed-exitcode", "-input=false")  # 0: no changes, it is all as it was
    terraform(folder, "apply", "-auto-approve", "-input=false")
    assert json.loads((folder / "terraform.tfstate").read_bytes())["resources"][0]["name"] == "x"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with start_aws() as endpoint:
        yield endpoint


def test_versions_of_an_s3_bucket(dg: Dg, aws: str, unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws_env(aws).items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3", endpoint_url=aws)
    s3.create_bucket(Bucket="states")
    s3.put_bucket_versioning(Bucket="states", VersioningConfiguration={"Status": "Enabled"})
    for serial, names in ((1, "a"), (2, "ab"), (3, "abc")):
        s3.put_object(Bucket="states", Key="app", Body=body(serial, *names))
    block = 'bucket = "states"\n    key = "app"\n    region = "us-east-1"\n    use_lockfile = true'
    (unit / "main.tf").write_text(f'terraform {{\n  backend "s3" {{\n    {block}\n  }}\n}}\n')

    found = dg("state", "history", "-o", "json").json["entries"]
    assert [(e["serial"], e["resources"], e["current"]) for e in found] == [(3, 3, True), (2, 2, False), (1, 1, False)]

    assert dg("state", "diff", f"@{found[1]['version']}", "@3").out == "serial 2 → 3: 1 added\n  + aws_x.c (id c)\n"
    done = dg("state", "rollback", "--to", "1", "--yes")
    assert done.code == 0, done.err
    assert s3.get_object(Bucket="states", Key="app")["Body"].read() == body(4, "a")
    assert dg("state", "rollback", "--undo", "--yes").code == 0
    assert s3.get_object(Bucket="states", Key="app")["Body"].read() == body(5, "a", "b", "c")
    # A plan that was saved for the serial 5 that is gone must not fit what takes its place.
    s3.delete_object(Bucket="states", Key="app")
    assert dg("state", "rollback", "--to", "1", "--yes").code == 0
    assert s3.get_object(Bucket="states", Key="app")["Body"].read() == body(6, "a")
    s3.put_object(Bucket="states", Key="app", Body=b"{broken")
    assert dg("state", "rollback", "--to", "2", "--yes").code == 0
    assert s3.get_object(Bucket="states", Key="app")["Body"].read() == body(7, "a", "b")

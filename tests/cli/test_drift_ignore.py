from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftgate.cli.main import main
from driftgate.demo.layout import ROOT_MODULES
from driftgate.demo.recorded import plan_file


@pytest.fixture(autouse=True)
def _in_the_repo(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo)


def test_nothing_is_written_without_yes(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "ignore", "aws_x.y", "--reason", "because"]) == 0
    told = capsys.readouterr()
    assert told.out == "aws_x.y  # because\n"
    assert "--yes adds this line" in told.err
    assert not (repo / ".driftignore").exists()


def test_a_line_is_added_once(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / ".driftignore").write_text("# ours")
    argv = [
        "drift",
        "ignore",
        "aws_x.y",
        "--unit",
        "live/*",
        "--reason",
        "r",
        "--owner",
        "@me",
        "--until",
        "2099-12-31",
        "--yes",
    ]
    assert main(argv) == 0
    assert main(argv) == 0
    assert (repo / ".driftignore").read_text() == "# ours\nlive/*:aws_x.y  # r owner=@me expires=2099-12-31\n"
    assert "has this line already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["aws_sqs_queue.jobs"], ""),
        (["aws_sqs_queue.jobs.tags", "--unit", "live/app"], ""),
        (["*.tags"], ""),
        (["aws_sqs_queue.job"], "`aws_sqs_queue.job` is not in the code; did you mean `aws_sqs_queue.jobs`?"),
        (["module.wep.aws_x.y"], "no module `wep` is in the code; did you mean `web`?"),
        (["type:aws_sqs_queu"], "no resource of type `aws_sqs_queu` is in the code; did you mean `aws_sqs_queue`?"),
        (["aws_sqs_queue.jobs", "--unit", "live/ap"], "there is no unit `live/ap`; did you mean `live/app`?"),
        (["nothing_like.it"], "`nothing_like.it` is not in the code"),
    ],
)
def test_what_is_not_in_the_code_is_said(
    repo: Path, argv: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "live/app").mkdir(parents=True)
    (repo / "live/app/main.tf").write_text(
        'resource "aws_sqs_queue" "jobs" {}\nmodule "web" {\n  source = "./web"\n}\n'
    )
    assert main(["drift", "ignore", *argv, "--reason", "r", "--yes"]) == 0
    warned = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert warned == ([f"dg: warning: {says}"] if says else [])
    assert (repo / ".driftignore").exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["aws_x.y"], "--reason"),
        (["", "--reason", "x"], "there is no address"),
        (["# a", "--reason", "x"], "there is no address"),
        (["type:", "--reason", "x"], "there is no address"),
        (["aws_x.y", "--reason", ""], "has no reason"),
        (["aws_x.y", "--reason", "a\nb"], "would not be read back"),
        (["a b # c", "--reason", "x"], "cannot stand in one line"),
        (["aws_x.y", "--reason", "x", "--until", "2020-01-01"], "is over already"),
        (["aws_x.y", "--reason", "x", "--until", "soon"], "until"),
    ],
)
def test_wrong_usage(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "ignore", *argv]) == 64
    assert says in capsys.readouterr().err


def scan(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, dict[str, int], str]:
    """Exit code, counts by class and stderr of a scan of a recorded plan."""
    code = main(["drift", "scan", "--plan-json", str(plan_file(ROOT_MODULES[0])), "-o", "json", *more])
    told = capsys.readouterr()
    return code, json.loads(told.out)["summary"]["by_class"], told.err


def test_a_scan_leaves_out_what_the_repo_ignores(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, before, _ = scan(capsys)
    assert code == 2
    (repo / ".driftignore").write_text("*  # everything\nno reason\n")
    code, after, said = scan(capsys)
    assert code == 0
    assert after["ignored"] > 0
    assert sum(after.values()) == sum(before.values())
    assert ".driftignore:2: `no reason` has no reason" in said


def test_another_file_stands_in_for_the_repo_s(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / ".driftignore").write_text("*  # everything\n")
    (repo / "base").write_text("")
    assert scan(capsys, "--ignore-file", "base")[0] == 2


@pytest.mark.parametrize("value", ["0/2", "3/2", "1", "a/b", "1/", "-1/2"])
def test_a_shard_is_one_of_its_number(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drift", "scan", "--shard", value]) == 64
    assert "--shard" in capsys.readouterr().err

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dg_run import Dg, runner
from state.documents import document, instance, resource
from tofu_encryption import CODE, sealed

from driftgate.errors import ExitCode

SECRET = "hunter2-hunter2"
STATE = document(
    resource("a", instance("1", index_key=0), instance("2", index_key=1)),
    resource("b", instance("3", password=SECRET), module="module.m"),
)


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    return runner(capfd)


@pytest.fixture(autouse=True)
def unit(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A unit with a local state of serial 7; the working folder is in it."""
    folder = repo / "live/app"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    (folder / "terraform.tfstate").write_bytes(STATE)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def stored(unit: Path) -> bytes:
    return (unit / "terraform.tfstate").read_bytes()


COMMANDS = [
    pytest.param(("mv", "aws_x.a[0]", 'aws_x.z["k"]'), "serial 7 → 8: 1 moved\n  → aws_x.z[\"k\"] (from aws_x.a[0])\n", id="mv"),
    pytest.param(("mv", "module.m", "module.n"), "serial 7 → 8: 1 moved\n  → module.n.aws_x.b (from module.m.aws_x.b)\n", id="mv a module"),
    pytest.param(("rm", "aws_x.a[1]", "module.m"), "serial 7 → 8: 2 removed\n  − aws_x.a[1] (id 2)\n  − module.m.aws_x.b (id 3)\n", id="rm"),
    pytest.param(
        ("replace-provider", "aws", "acme/aws"),
        "serial 7 → 8: 3 changed\n" + "".join(
            f'  ~ {label} (provider["registry.terraform.io/hashicorp/aws"] → provider["registry.terraform.io/acme/aws"])\n'
            for label in ("aws_x.a[0]", "aws_x.a[1]", "module.m.aws_x.b")
        ), id="replace-provider",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("command", "shown"), COMMANDS)
def test_a_dry_run_shows_what_would_change_and_writes_nothing(
    dg: Dg, unit: Path, command: tuple[str, ...], shown: str
) -> None:
    done = dg("state", *command)

    assert (done.code, done.out, done.err) == (0, shown, "dg: dry run: nothing is written; --yes writes it\n")
    assert stored(unit) == STATE
    assert not (Path.home() / ".local").exists()


@pytest.mark.parametrize(("command", "shown"), COMMANDS)
@pytest.mark.parametrize("target", [(), ("--unit", "terraform.tfstate")], ids=["unit", "file"])
def test_yes_writes_it_after_a_backup(
    dg: Dg, unit: Path, command: tuple[str, ...], shown: str, target: tuple[str, ...]
) -> None:
    done = dg("state", *command, *target, "--yes", "--reason", "tidy")

    assert (done.code, done.out) == (0, shown)
    assert "what stood there is backup" in done.err
    assert json.loads(stored(unit))["serial"] == 8
    log = [json.loads(line) for line in (Path.home() / ".local/state/driftgate/audit.jsonl").read_text().splitlines()]
    assert [(r["action"], r["outcome"], r["reason"]) for r in log] == [
        (f"state {command[0]}", outcome, "tidy") for outcome in ("begun", "ok")
    ]


def test_json(dg: Dg, unit: Path) -> None:
    found = json.loads(dg("state", "rm", "module.m", "-o", "json", "--yes").out)

    assert (found["summary"]["removed"], found["changed"], found["written"]) == (1, True, True)
    assert found["backup"]
    assert "following" not in found
    assert SECRET not in json.dumps(found)


@pytest.mark.parametrize(
    ("command", "message", "next_step"),
    [
        (("mv", "aws_x.q", "aws_x.z"), "no aws_x.q in this state", "did you mean aws_x.a["),
        (("mv", "aws_x.a", "module.m"), "a resource cannot become a module", "name a resource"),
        (("rm", "nonsense"), "`nonsense` is not an address", "dg state list"),
        (("replace-provider", "null", "acme/null"), "no resource in this state has provider", "there are: registry.terraform.io/hashicorp/aws"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_changes_nothing(
    dg: Dg, unit: Path, command: tuple[str, ...], message: str, next_step: str
) -> None:
    done = dg("state", *command, "--yes")

    assert done.code == ExitCode.ERROR
    assert message in done.err
    assert next_step in done.err
    assert stored(unit) == STATE


def test_a_unit_without_a_state(dg: Dg, unit: Path) -> None:
    (unit / "terraform.tfstate").unlink()
    done = dg("state", "rm", "aws_x.a", "--yes")

    assert done.code == ExitCode.ERROR
    assert "there is no state yet" in done.err


def test_an_encrypted_state_is_left_alone(dg: Dg, unit: Path) -> None:
    (unit / "encryption.tofu").write_text(CODE)
    (unit / "terraform.tfstate").write_bytes(sealed(STATE))
    done = dg("state", "rm", "aws_x.a", "--yes")

    assert done.code == ExitCode.ERROR
    assert "use `tofu state rm` in the unit" in done.err
    assert stored(unit) == sealed(STATE)

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from terraform_cli import apply, needs_terraform, terraform

from driftgate.cli.main import main
from driftgate.errors import ExitCode
from driftgate.safety.signing import generate_key, write_key

pytestmark = needs_terraform
SOURCE = 'variable "w" { default = "one" }\nresource "terraform_data" "x" {\n  triggers_replace = var.w\n}\n'
Dg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def dg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dg:
    """dg in a unit with a saved plan; alice and bob approve, ci may ask. `key` and `user` say who runs it."""
    unit = tmp_path / "unit"
    apply(unit, SOURCE)
    terraform(unit, "plan", "-out=saved", "-var=w=two")
    (unit / ".git").mkdir()
    keys = {name: generate_key() for name in ("alice", "bob", "ci", "eve")}
    for name, key in keys.items():
        write_key(key, tmp_path / name)
    approvers = json.dumps([str(keys["alice"].public), str(keys["bob"].public)])
    settings = f'[gate]\nmax_deletions = 0\napprovers = {approvers}\nrequesters = ["{keys["ci"].public}"]\n'
    (unit / ".driftgate.toml").write_text(settings)
    monkeypatch.chdir(unit)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    def run(*args: str, key: str = "", user: str = "nobody") -> tuple[int, str, str]:
        monkeypatch.setenv("GITHUB_ACTOR", user)
        code = main(["approve", *args, *(["--key", str(tmp_path / key)] if key else [])])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_from_the_request_to_the_grant(dg: Dg) -> None:
    assert dg("list")[1] == "nothing waits for an approval\n"
    assert dg("verify", "--plan", "saved")[0] == ExitCode.APPROVAL

    code, plan, _ = dg("request", "saved", "--reason", "CHG-1", key="ci", user="alice")
    assert code == ExitCode.CLEAN
    assert "requested" in dg("list")[1]
    shown = dg("grant", plan[:6], key="bob", user="bob")
    assert shown[0] == ExitCode.CLEAN
    assert "would be granted: " in shown[1]
    assert "destroys: ['terraform_data.x']" in shown[1]
    assert "gate: ['1 resources are destroyed, at most 0 may be (gate.max_deletions)']" in shown[1]
    assert "repeat with --yes" in shown[2]
    assert dg("verify", "--plan", "saved")[0] == ExitCode.APPROVAL

    assert dg("grant", plan[:6], "--yes", key="bob", user="bob")[0] == ExitCode.CLEAN

    assert dg("verify", "--plan", "saved") == (ExitCode.CLEAN, f"{plan.strip()}: approved by bob\n", "")
    (row,) = json.loads(dg("list", "-o", "json")[1])["approvals"]
    assert (row["state"], row["requester"], row["reason"]) == ("granted", "alice", "CHG-1")
    assert row["details"]["actions"] == {"delete+create": 1}


def test_a_denial_is_final(dg: Dg) -> None:
    plan = dg("request", "saved", key="ci", user="alice")[1].strip()

    assert "would be denied" in dg("deny", plan, key="bob", user="bob")[1]
    assert dg("deny", plan, "--yes", "--reason", "too much", key="bob", user="bob")[0] == ExitCode.CLEAN

    assert dg("verify", "--plan", "saved")[1] == f"{plan}: denied by bob: too much\n"
    assert "denied by bob" in dg("grant", plan, "--yes", key="alice", user="al")[2]
    assert dg("list")[1] == "nothing waits for an approval\n"
    assert "denied" in dg("list", "--all")[1]


@pytest.mark.parametrize(
    ("args", "key", "user", "code", "said"),
    [
        pytest.param(["request", "saved"], "", "alice", ExitCode.ERROR, "no key to sign with", id="no key"),
        pytest.param(["request", "saved"], "eve", "eve", ExitCode.APPROVAL, "may not ask for approval", id="who may not ask"),
        pytest.param(["request", "main.tf"], "ci", "alice", ExitCode.ERROR, "not a saved plan", id="no plan"),
        pytest.param(["grant", "abcdef", "--yes"], "bob", "bob", ExitCode.APPROVAL, "no approval was requested for abcdef", id="no such request"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for(dg: Dg, args: list[str], key: str, user: str, code: int, said: str) -> None:
    found = dg(*args, key=key, user=user)

    assert found[0] == code
    assert said in found[2]


@pytest.mark.parametrize(
    ("key", "user", "said"),
    [
        pytest.param("ci", "bob", "approves nothing", id="a key that may only ask"),
        pytest.param("eve", "bob", "approves nothing", id="an unknown key"),
        pytest.param("bob", "alice", "nobody approves a request of their own", id="the same person"),
    ],
)
def test_who_cannot_grant(dg: Dg, key: str, user: str, said: str) -> None:
    plan = dg("request", "saved", key="ci", user="alice")[1].strip()

    code, _, errors = dg("grant", plan, "--yes", key=key, user=user)

    assert code == ExitCode.APPROVAL
    assert said in errors


def test_one_does_not_approve_oneself_and_nothing_is_said_twice(dg: Dg) -> None:
    plan = dg("request", "saved", key="bob", user="bob")[1].strip()

    assert "of their own" in dg("grant", plan, "--yes", key="bob", user="other")[2]
    assert "requested before" in dg("request", "saved", key="ci", user="ci")[2]
    assert dg("grant", plan, "--yes", key="alice", user="alice")[0] == ExitCode.CLEAN
    assert "granted" in dg("grant", plan, "--yes", key="alice", user="alice")[2]


def test_everything_is_in_the_audit_log(dg: Dg, tmp_path: Path) -> None:
    plan = dg("request", "saved", key="ci", user="alice")[1].strip()
    dg("grant", plan, "--yes", key="bob", user="bob")

    log = (tmp_path / "home/.local/state/driftgate/audit.jsonl").read_text().splitlines()
    assert [json.loads(line)["action"] for line in log] == ["approve request", "approve grant"]


@pytest.mark.parametrize("hours", ["nan", "inf", "1e12", "0"])
def test_a_time_that_nobody_means(hours: str, dg: Dg) -> None:
    code, _, said = dg("request", "saved", "--expires", hours, key="ci")
    assert (code, "'--expires'" in said) == (ExitCode.USAGE, True)

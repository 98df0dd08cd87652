"""`dg remediate apply` and `rollback` on real terraform: what is refused, what is blocked, what is undone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from remediate.execute.lab import CODE, Lab, build, patch, step, steps
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.safety.signing import public_file
from driftgate.tfexec.binary import find_binary
from driftgate.tfexec.reads import Terraform
from driftgate.tfexec.writes import hold_lock, let_go

pytestmark = needs_terraform

REVERT = step("app", "terraform_data.a", "revert")
REVERTED = {"a": "wanted", "b": "live", "e": "wanted too"}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return build(tmp_path)


def taken(lab: Lab, *options: str) -> Any:
    return lab.dg("remediate", "apply", "fix.json", "--reason", "said so", *options)


def test_no_steps_are_nothing_to_do(lab: Lab) -> None:
    lab.write_plan()

    done = taken(lab, "--yes")

    assert (done.code, done.stdout) == (0, "")


def test_nothing_is_done_without_yes(lab: Lab) -> None:
    before = {path: path.read_bytes() for path in lab.root.rglob("*") if path.is_file()}

    done = taken(lab)

    assert done.code == 0
    assert done.stderr == "dg: nothing was done: --yes takes 7 steps\n"
    assert "1. revert  terraform_data.a  app\n" in done.stdout
    assert "   plan -target=terraform_data.a, one plan for steps 1-2, applied if it does nothing else\n" in done.stdout
    assert '   +  input = "live"\n' in done.stdout
    assert {path: path.read_bytes() for path in lab.root.rglob("*") if path.is_file()} == before
    assert not (lab.home / "state/driftgate/remediations").exists()
    document = json.loads(taken(lab, "-o", "json").stdout)
    assert [item["number"] for item in document["steps"]] == [1, 2, 3, 4, 5, 6, 7]


def test_all_is_done_then_undone(lab: Lab) -> None:
    done = taken(lab, "--yes", "-o", "json")
    run = json.loads(done.stdout)["run"]

    assert (done.code, len(json.loads(done.stdout)["done"])) == (0, 7)
    assert (lab.inputs("app"), lab.inputs("net")) == (REVERTED, {"n": "new"})
    assert {path.stat().st_mode & 0o777 for path in (lab.home / "state/driftgate/remediations" / run).iterdir()} == {
        0o600
    }
    assert lab.dg("remediate", "apply", "--resume", run, "--yes").stderr.startswith(
        f"dg: error: run {run} has ended: done"
    )

    shown = lab.dg("remediate", "rollback", run)
    assert (shown.code, shown.stderr) == (0, "dg: nothing was done: --yes undoes 7 steps, the last first\n")
    foreseen = json.loads(lab.dg("remediate", "rollback", run, "-o", "json").stdout)
    assert (foreseen["run"], [step["number"] for step in foreseen["steps"]]) == (run, [7, 6, 5, 4, 3, 2, 1])
    back = lab.dg("remediate", "rollback", run, "--yes", "-o", "json")
    assert (back.code, [item["number"] for item in json.loads(back.stdout)["stands"]]) == (2, [7, 2, 1])
    assert lab.inputs("app") == REVERTED | {"c": "three", "f": "six"}
    assert (lab.root / "app/main.tf").read_text() == CODE
    assert f"{run} rolled back 7 of 7 begun" in lab.dg("remediate", "runs").stdout


def test_only_one_step(lab: Lab) -> None:
    assert taken(lab, "--only", "7", "--yes").code == 0
    assert (lab.inputs("app")["a"], lab.inputs("net")) == ("one", {"n": "new"})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        pytest.param({"format_version": "9.0"}, "is of format 9.0", id="another format"),
        pytest.param({"var_files": ["0" * 64]}, "made with other --var-file", id="other variables"),
        pytest.param({"units": []}, "does not say which state", id="no states"),
        pytest.param({"steps": [{"number": 1, **REVERT, "unit": "../x"}]}, "is no folder of", id="out of the repo"),
        pytest.param({"steps": [{"number": 1, **REVERT, "strategy": "rm -rf"}]}, "`rm -rf` is none of", id="unknown"),
        pytest.param({"steps": [{"number": 1, **REVERT, "workspace": "prod"}]}, "in workspace prod", id="workspace"),
        pytest.param(
            {"steps": [{"number": 1, **REVERT, "risk": {"destroys": True}}]}, "--allow-destroy 'terraform_data.a'",
            id="destroys",
        ),
    ],
)  # fmt: skip
def test_a_plan_that_is_not_executed(lab: Lab, more: dict[str, Any], why: str) -> None:
    lab.write_plan(REVERT, **more)

    done = taken(lab, "--yes")

    assert done.code == 1
    assert why in done.stderr
    assert lab.inputs("app")["a"] == "one"


def test_a_state_that_has_moved(lab: Lab) -> None:
    assert lab.dg("state", "rm", "terraform_data.c", "--unit", "app", "--yes").code == 0

    done = taken(lab, "--yes")

    assert done.code == 1
    assert "has moved since the plan was made: serial" in done.stderr


def test_a_step_that_fails_undoes_those_before_it(lab: Lab) -> None:
    """The patch of the third is for another text: the first, which was applied, stands."""
    other = CODE.replace('"three"', '"3"')
    bad = step("app", "terraform_data.c", "accept", **patch("app/main.tf", other, other.replace("3", "4")))
    first, _, second, forget, *_ = steps()
    lab.write_plan(first, second, forget, bad)

    done = taken(lab, "--yes", "-o", "json")

    document = json.loads(done.stdout)
    assert done.code == 1
    assert "is not the text that step 4 was planned for" in done.stderr
    assert document["failed"]["number"] == 4
    assert [item["number"] for item in document["undone"]] == [3, 2]
    assert [item["number"] for item in document["stands"]] == [1]
    assert lab.inputs("app") == {**REVERTED, "c": "three", "e": "five", "f": "six"}
    assert (lab.root / "app/main.tf").read_text() == CODE


@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param(
            CODE.replace('"wanted"', '"wanted"\n  triggers_replace = "now"'), "destroy and create terraform_data.a",
            id="replaced",
        ),
        pytest.param(CODE.replace('"wanted"', "terraform_data.c.input").replace('"three"', '"3"'),
                     "it would also update terraform_data.c", id="something else too"),
    ],
)  # fmt: skip
def test_a_plan_that_would_do_more_is_not_applied(lab: Lab, source: str, why: str) -> None:
    lab.write_plan({**REVERT, "changes": ["input", "output", "triggers_replace"]})
    (lab.root / "app/main.tf").write_text(source)

    done = taken(lab, "--yes")

    assert done.code == 3
    assert why in done.stderr
    assert lab.inputs("app")["a"] == "one"


def test_what_is_allowed_to_be_replaced_is(lab: Lab) -> None:
    lab.write_plan({**REVERT, "changes": ["input", "output", "triggers_replace"]})
    (lab.root / "app/main.tf").write_text(CODE.replace('"wanted"', '"wanted"\n  triggers_replace = "now"'))

    assert taken(lab, "--yes", "--allow-destroy", "terraform_data.a").code == 0
    assert lab.inputs("app")["a"] == "wanted"


def test_an_attribute_that_the_plan_file_did_not_tell_of_is_not_changed(lab: Lab) -> None:
    lab.write_plan({**REVERT, "changes": []})

    done = taken(lab, "--yes")

    assert (done.code, "it would change input of terraform_data.a too" in done.stderr) == (3, True)


def test_a_lock_that_is_held_stops_and_undoes_nothing(lab: Lab) -> None:
    """The first step needs no lock."""
    lab.write_plan(*steps()[2:4])
    binary = find_binary(lab.env, run=process.run)
    holder = hold_lock(Terraform(binary, lab.root / "app", lab.env, process.run))
    try:
        done = taken(lab, "--yes")
    finally:
        let_go(holder)

    assert done.code == 4
    assert 'input = "code"' not in (lab.root / "app/main.tf").read_text()
    assert lab.dg("remediate", "apply", "--resume", "--yes").code == 0
    assert lab.inputs("app").keys() == {"a", "b", "e", "f"}


def test_a_gate_that_enforces_wants_an_approval_which_counts_once(lab: Lab) -> None:
    lab.write_plan(REVERT)
    for name in ("asker", "approver"):
        assert lab.dg("audit", "keygen", str(lab.home / name)).code == 0
    asker, approver = (public_file(lab.home / name) for name in ("asker", "approver"))
    settings = f'[gate]\nmode = "enforce"\napproval = true\napprovers = ["{approver}"]\nrequesters = ["{asker}"]\n'
    (lab.root / ".driftgate.toml").write_text(settings)

    refused = taken(lab, "--yes")
    assert refused.code == 5
    assert "dg: blocked: every plan that changes something needs an approval (gate.approval)" in refused.stderr
    assert lab.inputs("app")["a"] == "one"

    asked = lab.dg(
        "approve",
        "request",
        "fix.json",
        "--key",
        str(lab.home / "asker"),
        env={"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ann"},
    )
    assert asked.code == 0, asked
    assert taken(lab, "--yes").code == 5
    id_ = asked.stdout.strip()
    granted = lab.dg(
        "approve",
        "grant",
        id_,
        "--key",
        str(lab.home / "approver"),
        "--yes",
        env={"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "bob"},
    )
    assert granted.code == 0, granted
    assert lab.dg("approve", "verify", "--plan", "fix.json").code == 0

    assert taken(lab, "--yes").code == 0
    assert lab.inputs("app")["a"] == "wanted"
    assert lab.dg("approve", "verify", "--plan", "fix.json").code == 5


def test_steps_that_are_taken_together_are_one_plan_one_apply_and_one_backup(lab: Lab) -> None:
    lab.write_plan(*steps()[:2])

    assert taken(lab, "--yes").code == 0

    assert lab.inputs("app") == REVERTED | {"c": "three", "f": "six"}
    events = [(record["event"], record.get("steps")) for record in lab.journal()]
    together = [(event, [1, 2]) for event in ("checkpoint", "applying", "applied", "done")]
    assert events == [("begun", None), *together, ("ended", None)]
    backups = json.loads(lab.dg("backup", "list", "-o", "json").stdout)["backups"]
    assert [item["reason"] for item in backups] == ["before remediate revert"]
    applied = [item for item in lab.audit() if item["action"] == "remediate revert" and item["outcome"] == "ok"]
    assert [item["details"]["addresses"] for item in applied] == [["terraform_data.a", "terraform_data.e"]]


def test_where_one_step_is_refused_none_of_those_beside_it_is_taken(lab: Lab) -> None:
    """And it is said which one it is."""
    first, second, *_ = steps()
    lab.write_plan(first, {**second, "changes": []})

    done = taken(lab, "--yes", "-o", "json")

    document = json.loads(done.stdout)
    assert done.code == 3
    assert "the plan of steps 1-2 is not applied: it would change input of terraform_data.e too" in done.stderr
    assert document["failed"]["number"] == 2
    assert [item["number"] for item in document["undone"]] == [2, 1]
    assert (document["done"], document["left"], document["stands"]) == ([], [], [])
    assert lab.inputs("app")["a"] == "one"


def test_an_apply_that_fails_in_the_middle_names_its_step_and_says_that_the_others_may_be_done(lab: Lab) -> None:
    failing = CODE.replace(
        '"wanted too"\n', '"wanted too"\n  provisioner "local-exec" {\n    command = "exit 7"\n  }\n'
    )
    (lab.root / "app/main.tf").write_text(failing.replace('"wanted too"', '"wanted too"\n  triggers_replace = "now"'))
    first, second, *_ = steps()
    lab.write_plan(first, {**second, "changes": ["input", "output", "triggers_replace"]})

    done = taken(lab, "--yes", "--allow-destroy", "terraform_data.e", "-o", "json")

    document = json.loads(done.stdout)
    assert (done.code, document["failed"]["number"]) == (1, 2)
    assert [item["number"] for item in document["stands"]] == [2, 1]
    assert "was begun and not seen to end" in document["stands"][0]["reason"]


@pytest.mark.parametrize(
    ("address", "three", "why"),
    [
        pytest.param("terraform_data.z", "3", "", id="the object that is moved"),
        pytest.param("terraform_data.a", "3", "it would also update terraform_data.z", id="another one"),
        pytest.param(
            "terraform_data.a", "three", "also move terraform_data.z (apply what the `moved` blocks say first)",
            id="another one, and the move is all",
        ),
    ],
)  # fmt: skip
def test_in_a_unit_whose_moves_are_not_applied_yet(lab: Lab, address: str, three: str, why: str) -> None:
    moved = CODE.replace('"c" {', '"z" {').replace("three", three)
    (lab.root / "app/main.tf").write_text(
        f"{moved}moved {{\n  from = terraform_data.c\n  to   = terraform_data.z\n}}\n"
    )
    lab.write_plan(step("app", address, "revert"))

    done = taken(lab, "--yes")

    assert (done.code, why in done.stderr) == (3 if why else 0, True), done
    assert lab.inputs("app")["a"] == "one"
    assert lab.inputs("app").get("z") == (None if why else "3")

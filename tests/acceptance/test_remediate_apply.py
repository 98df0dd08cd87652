"""Revert of the whole tamper table on real terraform, the AWS provider and moto: planned, killed while the provider
works, taken up again, and the next scan is clean. It takes the tampering back, so these tests come last of the lab's."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from acceptance.cloud_lab import HELD_LOCK, STATE_BUCKET, UNITS, Lab, Run, Scan, counted, dg, run
from acceptance.tamper_cases import CASES, MISSING, OUTSIDE, PENDING, REVERTED

pytestmark = [pytest.mark.acceptance, pytest.mark.xdist_group("acceptance-cloud")]

KILLED = Path(__file__).parents[1] / "remediate/execute/killed.py"
STRATEGIES = ("--strategy", "revert", "--strategy", "outside-code=accept")
DRIFTED = {(c.unit, c.address): c.cls for c in sorted(CASES, key=lambda c: c.cls != OUTSIDE) if c.cls != PENDING}
"""The class of every object: what the code says counts before what it leaves open."""
NOT_REVERTED = "the code does not say how it should be: an apply leaves it alone"
SECONDS = 900


@pytest.fixture(scope="session")
def fix(lab: Lab, tampered: Scan) -> Path:
    """The plan file of the whole table."""
    found, file = lab.repo.parent / "found.json", lab.repo.parent / "fix.json"
    found.write_text(tampered.run.stdout)
    done = dg("remediate", "plan", "--from", str(found), *STRATEGIES, "-o", "json", "--out", str(file),
              cwd=lab.repo, env=lab.env)  # fmt: skip
    assert done.code == 2, done.said
    return file


@pytest.fixture(scope="session")
def reverted(lab: Lab, fix: Path) -> Run:
    """The plan executed: killed in its first apply, then taken up again. Nothing of the tampering is left after it."""
    lab.aws.s3.delete_object(Bucket=STATE_BUCKET, Key=HELD_LOCK)
    names = lab.repo.parent / "names"
    killed = run([sys.executable, str(KILLED), "5", str(names), "remediate", "apply", str(fix), "--yes"],
                 cwd=lab.repo, env=lab.env)  # fmt: skip
    assert (killed.code, names.read_text().splitlines()[-1]) == (-signal.SIGKILL, "while terraform applies"), (
        killed.said
    )
    return dg("remediate", "apply", "--resume", "--lock-timeout", "4m", "--yes", "-o", "json",
              cwd=lab.repo, env=lab.env, seconds=SECONDS)  # fmt: skip


def test_the_plan_has_a_step_for_every_drift_of_the_table(fix: Path) -> None:
    steps = json.loads(fix.read_text())["steps"]

    assert {(step["unit"], step["address"]): step["class"] for step in steps} == DRIFTED
    assert {step["class"] for step in steps if step["strategy"] == "accept"} == {OUTSIDE}
    assert {step["class"] for step in steps if step["strategy"] == "revert"} == {REVERTED, MISSING}
    assert not any(step["risk"]["destroys"] for step in steps)
    assert {step["others"]["revert"] for step in steps if step["class"] == OUTSIDE} == {NOT_REVERTED}


def test_without_yes_it_is_only_shown(lab: Lab, fix: Path) -> None:
    before = lab.aws.objects_written()

    shown = dg("remediate", "apply", str(fix), "-o", "json", cwd=lab.repo, env=lab.env)

    assert shown.code == 0, shown.said
    assert {(step["unit"], step["address"]) for step in shown.json["steps"]} == DRIFTED.keys()
    assert lab.aws.objects_written() == before


def test_killed_while_the_provider_works_it_goes_on_to_its_end(reverted: Run) -> None:
    assert reverted.code == 0, reverted.said
    assert {(step["unit"], step["address"]) for step in reverted.json["done"]} == DRIFTED.keys()


def test_the_next_scan_is_clean_but_for_code_that_is_not_applied_yet(lab: Lab, reverted: Run) -> None:
    scan = dg("drift", "scan", "-o", "json", cwd=lab.repo, env=lab.env)
    left = {(unit["path"], f["address"]) for unit in scan.json["units"] for f in unit["findings"]
            if f["class"] == PENDING}  # fmt: skip

    assert {unit["path"]: counted(unit) for unit in scan.json["units"]} == {unit: [] for unit in UNITS}
    assert scan.code == 0
    assert left == {(case.unit, case.address) for case in CASES if case.cls == PENDING}


def test_every_version_of_every_state_is_kept(lab: Lab, reverted: Run) -> None:
    """What the run replaced is in a backup, and every one of them is what terraform wrote to the bucket."""
    kept = json.loads(dg("backup", "list", "-o", "json", cwd=lab.repo, env=lab.env).stdout)["backups"]
    written: dict[str, list[int]] = {}
    for version in lab.aws.s3.list_object_versions(Bucket=STATE_BUCKET)["Versions"]:
        if version["Key"].endswith(".tfstate"):
            where = {"Key": version["Key"], "VersionId": version["VersionId"]}
            state = json.load(lab.aws.s3.get_object(Bucket=STATE_BUCKET, **where)["Body"])
            written.setdefault(state["lineage"], []).append(state["serial"])
    backed_up = {(item["lineage"], item["serial"]) for item in kept}

    assert len({lineage for lineage, _ in backed_up}) == len(UNITS)
    for lineage, serials in written.items():
        first = min(serial for of, serial in backed_up if of == lineage)
        replaced = {(lineage, serial) for serial in serials if first <= serial < max(serials)}
        assert replaced <= backed_up <= {(of, serial) for of in written for serial in written[of]}

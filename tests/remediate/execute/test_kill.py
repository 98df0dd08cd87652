"""SIGKILL at every boundary of an execution of seven steps: afterwards it goes on to its end, or is undone."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from remediate.execute.lab import APPLIED, CODE, Done, Lab, build
from terraform_cli import needs_terraform

pytestmark = [needs_terraform, pytest.mark.acceptance, pytest.mark.every_time]

KILLED = Path(__file__).parent / "killed.py"
APPLY = ("remediate", "apply", "fix.json", "--reason", "said so", "--lock-timeout", "60s", "--yes")
BOUNDARIES = (
    "record begun",
    "record checkpoint 1 2", "record applying 1 2", "apply step-1.apply.tfplan", "while terraform applies",
    "record applied 1 2", "record done 1 2",
    "record checkpoint 3", "write app/main.tf", "rename to main.tf", "record patched 3", "record done 3",
    "record checkpoint 4 5", "state write remediate forget", "rename to terraform.tfstate.backup",
    "rename to .terraform.tfstate.dg-journal", "record applied 4 5", "record done 4 5",
    "record checkpoint 6", "write .driftignore", "rename to .driftignore", "record patched 6", "record done 6",
    "record checkpoint 7", "record applying 7", "apply step-7.apply.tfplan", "while terraform applies",
    "record applied 7", "record done 7",
    "record ended",
)  # fmt: skip
UNDOING = (
    "record stands 7",
    "write .driftignore", "record undone 6",
    "state write state rollback", "rename to terraform.tfstate.backup", "rename to .terraform.tfstate.dg-journal",
    "record undone 4 5",
    "write app/main.tf", "rename to main.tf", "record undone 3",
    "record stands 1 2",
    "record ended",
)  # fmt: skip
REVERTED = {"a": "wanted", "b": "live", "e": "wanted too"}
PATCHED = CODE.replace('"code"', '"live"')


@dataclass(frozen=True)
class Kept:
    """The lab as it was once. It always stands at the same place, which the private folder of a user remembers."""

    lab: Lab
    copy: Path

    def back(self) -> Lab:
        folder = self.lab.root.parent
        shutil.rmtree(folder)
        shutil.copytree(self.copy, folder, symlinks=True)
        return self.lab


@dataclass(frozen=True)
class Killed:
    """A run that was killed: the boundaries it passed, the last being where it died, and the states' versions
    before."""

    kept: Kept
    passed: list[str]
    before: set[tuple[str, int]]


def keep(lab: Lab, name: str) -> Kept:
    folder = lab.root.parent
    copy = folder.with_name(f"{folder.name}.{name}")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, symlinks=True)
    return Kept(lab, copy)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return keep(build(tmp_path_factory.mktemp("kill")), "built")


@pytest.fixture(scope="module")
def killed(built: Kept, request: pytest.FixtureRequest) -> Killed:
    """Killed at the boundary of that number; what comes after it is tried from there each time."""
    lab = built.back()
    before = serials(lab)
    passed = killed_at(lab, request.param, *APPLY)
    assert passed[-1] == BOUNDARIES[request.param - 1]
    return Killed(keep(lab, "killed"), passed, before)


@pytest.fixture(scope="module")
def applied(built: Kept) -> Kept:
    lab = built.back()
    assert lab.dg(*APPLY).code == 0
    return keep(lab, "applied")


def at(*numbers: int) -> pytest.MarkDecorator:
    """Killed at each of these; what is tried after one kill stays in one process of the test run."""
    points = [pytest.param(n, marks=pytest.mark.xdist_group(f"killed-{n}")) for n in numbers]
    return pytest.mark.parametrize("killed", points, indirect=True)


def killed_at(lab: Lab, number: int, *arguments: str) -> list[str]:
    """Run `dg` up to that boundary; the names of the boundaries passed."""
    names = lab.root.parent / "names"
    names.unlink(missing_ok=True)
    done = lab.run([sys.executable, str(KILLED), str(number), str(names), *arguments])
    assert done.code == (-9 if number else 0), done
    return names.read_text().splitlines()


def serials(lab: Lab) -> set[tuple[str, int]]:
    """The versions of both states that are stored now."""
    return {(state["lineage"], state["serial"]) for state in map(lab.state, ("app", "net"))}


def backed_up(lab: Lab) -> set[tuple[str, int]]:
    done = lab.dg("backup", "list", "-o", "json")
    return {(item["lineage"], item["serial"]) for item in json.loads(done.stdout)["backups"]}


def finished(lab: Lab) -> Done:
    """Go on with what was killed; where it had not even begun, begin."""
    done = lab.dg("remediate", "apply", "--resume", "--lock-timeout", "60s", "--yes")
    return lab.dg(*APPLY) if "there is no run that could go on" in done.stderr else done


def test_the_boundaries_are_those_that_are_passed(built: Kept) -> None:
    assert tuple(killed_at(built.back(), 0, *APPLY)) == BOUNDARIES
    print(f"{len(BOUNDARIES)} kill points of an execution")


@at(*range(1, len(BOUNDARIES) + 1))
def test_a_killed_run_goes_on_to_its_end(killed: Killed) -> None:
    lab = killed.kept.back()
    seen = killed.before | serials(lab)

    done = finished(lab)

    assert done.code == 0, done
    assert (lab.inputs("app"), lab.inputs("net")) == (REVERTED, {"n": "new"})
    assert (lab.root / "app/main.tf").read_text() == PATCHED
    assert (lab.root / ".driftignore").read_text() == "app:terraform_data.d  # said so\n"
    assert seen - serials(lab) <= backed_up(lab), "a version of the state is lost"


@at(*range(2, len(BOUNDARIES) + 1))
def test_a_killed_run_is_undone(killed: Killed) -> None:
    lab = killed.kept.back()
    (run,) = (path.name for path in (lab.home / "state/driftgate/remediations").iterdir())

    done = lab.dg("remediate", "rollback", run, "--lock-timeout", "60s", "--yes")

    begun = (((1, 2), "record applying 1 2"), ((7,), "record applying 7"))
    applied = [number for numbers, record in begun for number in numbers if record in killed.passed[:-1]]
    assert done.code == (2 if applied else 0), done
    assert [n for n in (1, 2, 7) if f"stands   {n}. revert" in done.stdout] == applied
    assert (lab.root / "app/main.tf").read_text() == CODE
    assert not (lab.root / ".driftignore").exists()
    assert lab.inputs("app").keys() == {"a", "b", "c", "e", "f"}
    assert APPLIED.count("resource") == len(lab.inputs("app"))
    assert killed.before - serials(lab) <= backed_up(lab), "a version of the state is lost"


@pytest.mark.parametrize("number", range(1, len(UNDOING) + 1))
def test_a_killed_rollback_is_taken_again(applied: Kept, number: int) -> None:
    lab = applied.back()
    seen = serials(lab)
    (run,) = (path.name for path in (lab.home / "state/driftgate/remediations").iterdir())

    assert killed_at(lab, number, "remediate", "rollback", run, "--yes")[-1] == UNDOING[number - 1]
    seen |= serials(lab)
    done = lab.dg("remediate", "rollback", run, "--yes")

    assert done.code == 2, done
    assert (lab.root / "app/main.tf").read_text() == CODE
    assert not (lab.root / ".driftignore").exists()
    assert lab.inputs("app") == REVERTED | {"c": "three", "f": "six"}
    assert seen - serials(lab) <= backed_up(lab), "a version of the state is lost"

"""SIGKILL at every boundary of an execution of seven steps: afterwards it goes on to its end, or is undone."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return build(tmp_path_factory.mktemp("kill"))


@pytest.fixture
def lab(built: Lab) -> Iterator[Lab]:
    """The lab as it was built, always at the same place."""
    with_copy = built.root.parent
    kept = with_copy.with_name(f"{with_copy.name}.kept")
    shutil.copytree(with_copy, kept, symlinks=True)
    yield built
    shutil.rmtree(with_copy)
    kept.rename(with_copy)


def killed_at(lab: Lab, number: int, *arguments: str) -> list[str]:
    """Run `dg` up to that boundary; the names of the boundaries passed, the last being where it died."""
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


def test_the_boundaries_are_those_that_are_passed(lab: Lab) -> None:
    assert tuple(killed_at(lab, 0, *APPLY)) == BOUNDARIES
    print(f"{len(BOUNDARIES)} kill points of an execution")


@pytest.mark.parametrize("number", range(1, len(BOUNDARIES) + 1))
def test_a_killed_run_goes_on_to_its_end(lab: Lab, number: int) -> None:
    seen = serials(lab)
    assert killed_at(lab, number, *APPLY)[-1] == BOUNDARIES[number - 1]
    seen |= serials(lab)

    done = finished(lab)

    assert done.code == 0, done
    assert (lab.inputs("app"), lab.inputs("net")) == (REVERTED, {"n": "new"})
    assert (lab.root / "app/main.tf").read_text() == PATCHED
    assert (lab.root / ".driftignore").read_text() == "app:terraform_data.d  # said so\n"
    assert seen - serials(lab) <= backed_up(lab), "a version of the state is lost"


@pytest.mark.parametrize("number", range(2, len(BOUNDARIES) + 1))
def test_a_killed_run_is_undone(lab: Lab, number: int) -> None:
    before = serials(lab)
    passed = killed_at(lab, number, *APPLY)
    (run,) = (path.name for path in (lab.home / "state/driftgate/remediations").iterdir())

    done = lab.dg("remediate", "rollback", run, "--lock-timeout", "60s", "--yes")

    begun = (((1, 2), "record applying 1 2"), ((7,), "record applying 7"))
    applied = [number for numbers, record in begun for number in numbers if record in passed[:-1]]
    assert done.code == (2 if applied else 0), done
    assert [n for n in (1, 2, 7) if f"stands   {n}. revert" in done.stdout] == applied
    assert (lab.root / "app/main.tf").read_text() == CODE
    assert not (lab.root / ".driftignore").exists()
    assert lab.inputs("app").keys() == {"a", "b", "c", "e", "f"}
    assert APPLIED.count("resource") == len(lab.inputs("app"))
    assert before - serials(lab) <= backed_up(lab), "a version of the state is lost"


@pytest.mark.parametrize("number", range(1, len(UNDOING) + 1))
def test_a_killed_rollback_is_taken_again(lab: Lab, number: int) -> None:
    assert lab.dg(*APPLY).code == 0
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

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from doctor.patients import HEALTHY, ask, ill, patient

from driftgate.doctor import repo
from driftgate.unit import BackendConfig, StateLocation


def test_sound_units(tmp_path: Path) -> None:
    assert ask(repo.units, patient(tmp_path, HEALTHY)) == [("units", "ok", "1 of 1 with a known state", "")]


def test_no_units(tmp_path: Path) -> None:
    assert ask(repo.units, patient(tmp_path))[0][:2] == ("units", "warn")


@pytest.mark.parametrize(
    ("unit", "status", "detail"),
    [
        pytest.param(ill(error="live/app/main.tf:3:1: expected }"), "fail", "live/app/main.tf:3:1: expected }", id="broken"),
        pytest.param(ill(location=None, undecided=("key not set",)), "warn", "where its state is cannot be told: key not set", id="undecided"),
        pytest.param(ill(location=None), "warn", "where its state is cannot be told: its backend could not be decided", id="no reason"),
    ],
)  # fmt: skip
def test_units_that_are_not_sound(tmp_path: Path, unit: object, status: str, detail: str) -> None:
    assert ask(repo.units, patient(tmp_path, unit))[0][:3] == ("unit live/app", status, detail)  # type: ignore[arg-type]


def test_two_units_with_one_state(tmp_path: Path) -> None:
    other = ill(path=PurePosixPath("live/copy"))
    found = ask(repo.units, patient(tmp_path, HEALTHY, other))

    assert found[0] == (
        "shared state", "fail", "live/app, live/copy keep their state at one place: s3://b/k", "give each a key of its own",
    )  # fmt: skip


def test_locks(tmp_path: Path) -> None:
    local = ill(backend=BackendConfig("local"), location=StateLocation("local://x", "x", "file lock", ""))
    unlocked = ill(location=StateLocation("s3://b/k", "k", None, ""))

    assert ask(repo.locks, patient(tmp_path, HEALTHY, local)) == []
    ((name, status, _, mend),) = ask(repo.locks, patient(tmp_path, unlocked))
    assert (name, status) == ("lock of live/app", "warn")
    assert "use_lockfile = true" in mend


def test_what_git_would_take_along(tmp_path: Path) -> None:
    who = patient(tmp_path)
    assert ask(repo.ignored, who) == [(".gitignore", "ok", "states, plans and .terraform/ are ignored", "")]

    (tmp_path / ".gitignore").write_text("*.tfplan\n.terraform/\n")
    ((_, status, detail, _),) = ask(repo.ignored, who)
    assert (status, detail) == (
        "warn", "git would take along errored.tfstate, terraform.tfstate, terraform.tfstate.backup",
    )  # fmt: skip
    assert ask(repo.ignored, replace(who, root=tmp_path / "none")) == []


def test_states_that_others_can_read(tmp_path: Path) -> None:
    who = patient(tmp_path, HEALTHY)
    assert ask(repo.readable_states, who) == []

    state = tmp_path / "live/app/terraform.tfstate"
    state.write_text("{}")
    state.chmod(0o644)
    assert ask(repo.readable_states, who) == [
        ("live/app/terraform.tfstate", "warn", "other users can read it", f"chmod 600 {state}")
    ]
    state.chmod(0o600)
    assert ask(repo.readable_states, who) == []


def test_a_state_that_terraform_could_not_store(tmp_path: Path) -> None:
    who = patient(tmp_path, HEALTHY)
    (tmp_path / "live/app/errored.tfstate").touch(mode=0o600)
    ((name, status, _, mend),) = ask(repo.readable_states, who)

    assert (name, status) == ("live/app/errored.tfstate", "fail")
    assert mend == "look at it, then `dg state push live/app/errored.tfstate live/app`"

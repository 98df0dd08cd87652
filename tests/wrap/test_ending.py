from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from state.documents import resource, state

from driftgate.backends.base import Payload
from driftgate.backends.lock import LockInfo
from driftgate.wrap import ending
from driftgate.wrap.ending import Ending, left_lock, signs
from driftgate.wrap.look import Seen
from driftgate.wrap.options import Options
from driftgate.wrap.target import Target, target_of
from driftgate.wrap.terraform_argv import TerraformCommand

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SEEN = Seen(state().data, state())
MOVED = Seen(state(resource("a")).data, state(resource("a"), serial=8))


@pytest.fixture
def target(repo: Path) -> Target:
    return target_of(TerraformCommand("", "apply", []), Options([]), tool="tofu", cwd=repo, env={})


@pytest.mark.parametrize(
    ("code", "stops", "after", "said"),
    [
        pytest.param(0, 0, SEEN, [], id="well"),
        pytest.param(1, 0, SEEN, [], id="an error of its own"),
        pytest.param(1, 1, SEEN, [], id="one interrupt is a graceful end"),
        pytest.param(1, 2, MOVED, ["tofu was interrupted 2 times"], id="two interrupts"),
        pytest.param(1, 2, SEEN, ["tofu was interrupted 2 times", "the state did not move (it is still at serial 7)"], id="nothing saved"),
        pytest.param(-15, 0, Seen(), ["tofu was ended by SIGTERM"], id="a signal"),
        pytest.param(-9, 0, None, ["tofu was ended by SIGKILL"], id="and the state could not be read"),
    ],
)  # fmt: skip
def test_signs_of_a_bad_end(target: Target, code: int, stops: int, after: Seen | None, said: Sequence[str]) -> None:
    found = [*signs(target, Ending(code, stops, BEGUN), SEEN, after)]

    assert [warned.message[: len(text)] for warned, text in zip(found, said, strict=True)] == said


@pytest.mark.parametrize(("age", "said"), [(0, True), (3600, False)], ids=["of this run", "of an earlier one"])
def test_a_state_that_was_not_saved(target: Target, age: int, said: bool) -> None:
    file = target.folder / "errored.tfstate"
    file.write_text("{}")
    moment = BEGUN.timestamp() - age
    os.utime(file, (moment, moment))

    found = [*signs(target, Ending(1, 0, BEGUN), SEEN, SEEN)]

    assert bool(found) == said
    assert all("tofu state push errored.tfstate" in warned.next_step for warned in found)


@dataclass
class Locked:
    """A backend whose lock somebody holds, or nobody."""

    info: LockInfo | None
    notes: tuple[str, ...] = ()

    def get(self) -> Payload | None:
        return None

    def holder(self) -> LockInfo | None:
        return self.info


def held(created: str) -> LockInfo:
    return LockInfo("id-1", "OperationTypeApply", "me@host", created)


LATER, EARLIER = BEGUN + timedelta(seconds=1), BEGUN - timedelta(hours=1)


@pytest.mark.parametrize(
    ("code", "holder", "said"),
    [
        pytest.param(0, held(LATER.isoformat()), False, id="it ended well: not asked"),
        pytest.param(1, None, False, id="free"),
        pytest.param(1, held("2026-01-02T03:04:06.123456789Z"), True, id="taken in this run, as Go writes times"),
        pytest.param(1, held("2026-01-02 03:04:06.123456789 +0000 UTC"), True, id="or spells them"),
        pytest.param(1, held(EARLIER.isoformat()), False, id="somebody else's"),
        pytest.param(1, held("yesterday"), False, id="no time"),
        pytest.param(1, held("2026-01-02T03:04:06"), False, id="no zone"),
    ],
)
def test_a_lock_that_was_left(
    target: Target, code: int, holder: LockInfo | None, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "unit_backend", lambda *_, **__: Locked(holder))

    found = [*left_lock(target, Ending(code, 0, BEGUN), {})]

    assert bool(found) == said
    assert all("tofu force-unlock id-1" in warned.next_step for warned in found)


@pytest.mark.parametrize(("code", "said"), [(1, False), (-9, True)], ids=["in good order", "by a signal"])
def test_a_backend_that_looks_by_locking_is_asked_only_when_it_must(
    target: Target, code: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Locking(Locked):
        looks_by_locking = True

    monkeypatch.setattr(ending, "unit_backend", lambda *_, **__: Locking(held(LATER.isoformat())))

    assert bool([*left_lock(target, Ending(code, 0, BEGUN), {})]) == said


@pytest.mark.parametrize(("code", "said"), [(1, False), (-9, True)], ids=["in good order", "by a signal"])
def test_a_backend_that_cannot_be_asked(target: Target, code: int, said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        notes = ()

    monkeypatch.setattr(ending, "unit_backend", lambda *_, **__: Silent())

    assert bool([*left_lock(target, Ending(code, 0, BEGUN), {})]) == said


@pytest.mark.parametrize(("code", "outcome"), [(0, "ok"), (3, "exit 3"), (-2, "signal 2")])
def test_the_outcome_for_the_audit_log(code: int, outcome: str) -> None:
    assert Ending(code, 0, BEGUN).outcome == outcome

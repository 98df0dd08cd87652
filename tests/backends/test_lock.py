from __future__ import annotations

import json
from dataclasses import replace

import pytest

from driftgate.backends.lock import LockHeldError, LockInfo, acquire, locked, recorded
from driftgate.errors import ExitCode

INFO = LockInfo(
    id="0c7a1b5e-0000-4000-8000-000000000001",
    operation="OperationTypeApply",
    who="ann@host",
    created="2026-11-23T23:20:58.031492355Z",
    path="bucket/app.tfstate",
    version="1.11.4",
)


class Lock:
    """A lock that is held for the first `held` tries."""

    def __init__(self, held: int = 0) -> None:
        self.held, self.tries, self.mine = held, 0, ""

    def lock(self, info: LockInfo) -> str:
        self.tries += 1
        if self.tries <= self.held:
            raise LockHeldError("s3://bucket/app.tfstate", INFO)
        self.mine = info.id
        return info.id

    def unlock(self, lock_id: str) -> None:
        assert lock_id == self.mine
        self.mine = ""


class Clock:
    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_the_record_is_what_terraform_writes() -> None:
    assert INFO.to_json() == (
        b'{"ID":"0c7a1b5e-0000-4000-8000-000000000001","Operation":"OperationTypeApply","Info":"","Who":"ann@host",'
        b'"Version":"1.11.4","Created":"2026-11-23T23:20:58.031492355Z","Path":"bucket/app.tfstate"}'
    )


@pytest.mark.parametrize("text", ["plain", "<a&b>", 'q"\\', "grüße \u2028", ""], ids=repr)
def test_the_record_survives_a_round_trip(text: str) -> None:
    info = replace(INFO, info=text, who=text)

    assert LockInfo.from_json(info.to_json()) == info
    assert not set("<>&\u2028") & set(info.to_json().decode())


def test_unknown_and_missing_keys_are_no_reason_to_refuse() -> None:
    assert LockInfo.from_json(b'{"ID":"x","Later":1,"Who":null}') == LockInfo("x", "", "", "")


@pytest.mark.parametrize("data", [b"", b"[]", b"not json", b"{"], ids=repr)
def test_what_is_no_record_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        LockInfo.from_json(data)


def test_a_free_lock_is_taken_at_once_and_given_back() -> None:
    lock, clock = Lock(), Clock()

    with locked(lock, INFO, sleep=clock.sleep) as lock_id:
        assert (lock_id, lock.mine) == (INFO.id, INFO.id)
    assert (lock.mine, clock.pauses) == ("", [])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_given_back_however_the_block_ends(error: type[BaseException]) -> None:
    lock = Lock()

    with pytest.raises(error), locked(lock, INFO):
        raise error
    assert lock.mine == ""


def test_a_held_lock_fails_at_once_and_names_the_holder() -> None:
    lock = Lock(held=1)

    with pytest.raises(LockHeldError) as caught:
        acquire(lock, INFO)
    assert caught.value.exit_code is ExitCode.LOCKED
    assert caught.value.message == (
        "s3://bucket/app.tfstate is locked by ann@host for OperationTypeApply since 2026-11-23T23:20:58.031492355Z, "
        "lock id 0c7a1b5e-0000-4000-8000-000000000001"
    )
    assert "--lock-timeout" in caught.value.next_step


def test_a_store_that_names_no_holder() -> None:
    assert LockHeldError("the state", None).message == "the state is locked"


@pytest.mark.parametrize(
    ("held", "timeout", "pauses"),
    [
        pytest.param(1, 60.0, [1.0], id="free at the second try"),
        pytest.param(7, 100.0, [1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0], id="never longer than 16 s"),
        pytest.param(2, 2.5, [1.0, 1.5], id="the last pause ends with the timeout"),
    ],
)
def test_waiting_follows_terraforms_rhythm(held: int, timeout: float, pauses: list[float]) -> None:
    lock, clock, heard = Lock(held), Clock(), []

    acquire(lock, INFO, timeout=timeout, sleep=clock.sleep, monotonic=clock, on_wait=heard.append)

    assert clock.pauses == pauses
    assert len(heard) == held


def test_waiting_ends_with_the_timeout() -> None:
    lock, clock = Lock(held=99), Clock()

    with pytest.raises(LockHeldError):
        acquire(lock, INFO, timeout=5, sleep=clock.sleep, monotonic=clock)
    assert clock.now == 5


def test_the_record_is_json_for_everybody_else() -> None:
    assert json.loads(INFO.to_json())["Who"] == "ann@host"


def test_a_record_nested_too_deep_is_an_unreadable_one() -> None:
    assert recorded(b"[" * 100_000).id.startswith("unreadable-")

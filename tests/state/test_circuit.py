from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from state.dead_endpoints import located

from driftgate.backends.base import BackendError, NoAnswerError
from driftgate.errors import DriftgateError
from driftgate.state.breaker import FAILURES, ask
from driftgate.state.circuit import OPEN_SECONDS, Circuit, circuit_of, close_circuits, open_circuits
from driftgate.unit import BackendConfig

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Endpoint:
    """Raises `error` while there is one, and counts."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, 0

    def __call__(self) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return "answer"


DEAD = NoAnswerError("no connection", next_step="check the network")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(tmp_path: Path, clock: Clock) -> Circuit:
    return Circuit("http example.com", tmp_path / "driftgate/circuits.sqlite3", clock)


def trip(circuit: Circuit, times: int = FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(NoAnswerError, match=r"^no connection: check the network$"):
            ask(circuit, Endpoint(DEAD))


def test_an_endpoint_that_answers_leaves_no_trace(circuit: Circuit) -> None:
    assert ask(circuit, Endpoint()) == "answer"
    assert not circuit.path.exists()


def test_it_opens_after_three_failures_in_a_row_and_says_what_to_do(circuit: Circuit, env: dict[str, str]) -> None:
    trip(circuit)
    endpoint = Endpoint()

    with pytest.raises(BackendError) as refused:
        ask(circuit, endpoint)
    assert endpoint.asked == 0
    assert str(refused.value) == (
        "http example.com has not answered since 2026-05-01T12:00:00.000Z and is left alone for 30 s: "
        "try again later, or now after `dg doctor --reset-breakers`"
    )
    assert open_circuits(env, circuit.now) == [("http example.com", NOON)]
    assert stat.S_IMODE(circuit.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(circuit.path.parent.stat().st_mode) == 0o700


def test_an_answer_between_starts_the_count_again(circuit: Circuit) -> None:
    trip(circuit, FAILURES - 1)
    ask(circuit, Endpoint())
    trip(circuit, FAILURES - 1)

    assert ask(circuit, Endpoint()) == "answer"


def test_a_refusal_is_an_answer(circuit: Circuit) -> None:
    for _ in range(2 * FAILURES):
        with pytest.raises(BackendError, match="denied"):
            ask(circuit, Endpoint(BackendError("denied")))

    trip(circuit, FAILURES - 1)
    with pytest.raises(BackendError, match="denied"):
        ask(circuit, Endpoint(BackendError("denied")))
    trip(circuit, FAILURES - 1)
    assert ask(circuit, Endpoint()) == "answer"


def test_after_its_time_one_is_let_through_and_an_answer_closes_it(
    circuit: Circuit, clock: Clock, env: dict[str, str]
) -> None:
    trip(circuit)
    clock.pass_(OPEN_SECONDS)

    assert open_circuits(env, clock) == []
    assert ask(circuit, Endpoint()) == "answer"
    trip(circuit, FAILURES - 1)
    assert ask(circuit, Endpoint()) == "answer"


def test_after_its_time_one_failure_opens_it_again(circuit: Circuit, clock: Clock) -> None:
    trip(circuit)
    clock.pass_(OPEN_SECONDS)
    trip(circuit, 1)
    clock.pass_(OPEN_SECONDS - 1)

    with pytest.raises(BackendError, match="left alone"):
        ask(circuit, Endpoint())
    clock.pass_(1)
    assert ask(circuit, Endpoint()) == "answer"


def test_it_may_open_while_we_ask(circuit: Circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    racing = Circuit(circuit.endpoint, circuit.path, lambda: now)
    trip(racing)
    monkeypatch.setattr(Circuit, "require_closed", lambda self: None)  # as it was a moment ago

    with pytest.raises(BackendError, match="left alone"):
        ask(racing, Endpoint())


def test_closing_by_hand(circuit: Circuit, env: dict[str, str]) -> None:
    close_circuits(env)
    close_circuits({})
    trip(circuit)
    close_circuits(env)

    assert open_circuits(env, circuit.now) == []
    assert ask(circuit, Endpoint()) == "answer"


def test_a_damaged_file_means_no_breaker_until_it_is_reset(circuit: Circuit, env: dict[str, str]) -> None:
    circuit.path.parent.mkdir()
    circuit.path.write_bytes(b"no database" * 100)
    trip(circuit, 2 * FAILURES)
    assert open_circuits(env, circuit.now) == []

    close_circuits(env)
    trip(circuit)
    assert open_circuits(env, circuit.now) == [("http example.com", NOON)]


@pytest.mark.parametrize("folder", [True, False], ids=["a folder in its place", "a link in its place"])
def test_a_file_that_cannot_be_written_stops_nobody(folder: bool, circuit: Circuit, env: dict[str, str]) -> None:
    circuit.path.parent.mkdir()
    if folder:
        circuit.path.mkdir()
    else:
        (circuit.path.parent / "target").touch()
        circuit.path.symlink_to("target")

    trip(circuit, 2 * FAILURES)
    assert ask(circuit, Endpoint()) == "answer"
    with pytest.raises(DriftgateError, match=f"cannot write {re.escape(str(circuit.path))}"):
        close_circuits(env)


@pytest.mark.parametrize(
    ("kind", "config", "endpoint"),
    [
        ("local", {}, None),
        ("cos", {"bucket": "b", "region": "r"}, None),
        ("s3", {"bucket": "b", "key": "k", "region": "eu-west-1"}, "s3 s3.eu-west-1.amazonaws.com"),
        ("s3", {"bucket": "b", "key": "k"}, "s3 s3.amazonaws.com"),
        ("s3", {"bucket": "b", "key": "k", "endpoints": {"s3": "http://minio:9000"}}, "s3 minio:9000"),
        ("gcs", {"bucket": "b"}, "gcs storage.googleapis.com"),
        ("gcs", {"bucket": "b", "storage_custom_endpoint": "http://gcs:4443/storage/v1/"}, "gcs gcs:4443"),
        ("azurerm", {"storage_account_name": "Acc", "container_name": "c", "key": "k"}, "azurerm acc"),
        ("http", {"address": "https://me:hush@tf.example.com/x?token=hush"}, "http tf.example.com"),
        ("consul", {"path": "p", "address": "consul:8500"}, "consul consul:8500"),
        ("pg", {"conn_str": "postgres://me:hush@db:5433/states"}, "pg db:5433"),
        ("kubernetes", {"secret_suffix": "s", "host": "https://k8s:6443"}, "kubernetes k8s:6443"),
        ("kubernetes", {"secret_suffix": "s", "config_path": "~/.kube/c"}, "kubernetes ~/.kube/c"),
        ("kubernetes", {"secret_suffix": "s"}, None),
        ("remote", {"organization": "o", "workspaces": {"name": "w"}}, "remote app.terraform.io"),
    ],
)
def test_endpoints_are_told_apart_by_type_and_host(
    kind: str, config: dict[str, Any], endpoint: str | None, env: dict[str, str]
) -> None:
    found = circuit_of(located(BackendConfig(kind, config)), env)

    assert (found and found.endpoint) == endpoint


def test_without_a_home_there_is_no_breaker() -> None:
    assert circuit_of(located(BackendConfig("gcs", {"bucket": "b"})), {}) is None
    assert open_circuits({}) == []

"""The breaker as runs meet it: over sockets, from the reader of states, from several processes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loopback import Answer, free_port, serve
from state.dead_endpoints import dropping, http_unit, located

from driftgate.backends.base import BackendError, NoAnswerError, Payload
from driftgate.errors import DriftgateError
from driftgate.state.breaker import FAILURES, ask
from driftgate.state.circuit import OPEN_SECONDS, Circuit, circuit_of, open_circuits
from driftgate.state.held_locks import Untold, held_locks
from driftgate.state.owner import Fate
from driftgate.state.reader import read_snapshot, stored, unit_backend
from driftgate.unit import BackendConfig, Unit

OTHER_PROCESS = """
import sys
from pathlib import Path
from state.dead_endpoints import http_unit
from driftgate.errors import DriftgateError
from driftgate.state.reader import read_snapshot
for number in range(int(sys.argv[2])):
    try:
        read_snapshot(http_unit(int(sys.argv[1]), f"unit{number}"), root=Path("."), env={"XDG_STATE_HOME": sys.argv[3]})
    except DriftgateError as error:
        print(error.message)
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


def refusals(units: list[Unit], root: Path, env: dict[str, str]) -> list[str]:
    said = []
    for unit in units:
        with pytest.raises(DriftgateError) as error:
            read_snapshot(unit, root=root, env=env)
        said.append(error.value.message)
    return said


def test_a_run_over_50_units_asks_a_dead_endpoint_three_times(tmp_path: Path, env: dict[str, str]) -> None:
    with dropping() as (port, met):
        said = refusals([http_unit(port, f"unit{n}") for n in range(50)], tmp_path, env)

    assert len(met) == FAILURES
    assert sum("hung up" in text for text in said) == FAILURES
    assert sum("left alone" in text for text in said) == 50 - FAILURES
    assert not any("hush" in text for text in said)


def test_locks_in_parallel_count_too_and_opening_is_refused(tmp_path: Path, env: dict[str, str]) -> None:
    port = free_port()
    units = [
        located(BackendConfig("consul", {"path": f"app{n}", "address": f"127.0.0.1:{port}"}), f"app{n}")
        for n in range(8)
    ]
    held, untold = held_locks(units, root=tmp_path, env=env, fate_of=lambda info: Fate.UNKNOWN, parallelism=2)

    assert held == []
    assert all(isinstance(found, Untold) and found.failed for found in untold)
    assert sum("left alone" in found.why for found in untold) >= 8 - FAILURES - 1
    with pytest.raises(BackendError, match="left alone"):
        unit_backend(units[0], root=tmp_path, env=env)


def test_processes_share_it(tmp_path: Path, env: dict[str, str]) -> None:
    def other(port: int, times: int) -> list[str]:
        argv = [sys.executable, "-c", OTHER_PROCESS, str(port), str(times), str(tmp_path)]
        tests = str(Path(__file__).parents[1])
        result = subprocess.run(
            argv, capture_output=True, text=True, check=True, timeout=120, env={"PYTHONPATH": tests}, cwd=tmp_path
        )
        return result.stdout.splitlines()

    with dropping() as (port, met):
        assert all("hung up" in text for text in other(port, 2))
        assert len(met) == 2
        assert "hung up" in refusals([http_unit(port)], tmp_path, env)[0]
        assert all("left alone" in text for text in other(port, 2))
        assert len(met) == FAILURES
    assert [name for name, _ in open_circuits(env)] == [f"http 127.0.0.1:{port}"]


def test_a_server_that_is_back_is_found_after_the_wait(tmp_path: Path, env: dict[str, str]) -> None:
    with serve(lambda request: Answer(body=b"{}") if alive else None) as url:
        unit = http_unit(int(url.rpartition(":")[2]))
        alive: list[bool] = []
        for _ in range(FAILURES):
            with pytest.raises(NoAnswerError):
                stored(unit, root=tmp_path, env=env)
        alive.append(True)
        with pytest.raises(BackendError, match="left alone"):
            stored(unit, root=tmp_path, env=env)

        found = circuit_of(unit, env)
        assert found is not None
        later = Circuit(found.endpoint, found.path, lambda: datetime.now(UTC) + timedelta(seconds=OPEN_SECONDS))
        other_home = {"XDG_STATE_HOME": str(tmp_path / "other")}
        assert ask(later, lambda: stored(unit, root=tmp_path, env=other_home)) == Payload(b"{}")
        assert stored(unit, root=tmp_path, env=env) == Payload(b"{}")


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_status_is_an_answer(status: int, tmp_path: Path, env: dict[str, str]) -> None:
    asked: list[int] = []

    def answer(request: object) -> Answer:
        asked.append(status)
        return Answer(status)

    with serve(answer) as url:
        unit = http_unit(int(url.rpartition(":")[2]))
        for _ in range(2 * FAILURES):
            try:
                stored(unit, root=tmp_path, env=env)
            except BackendError as error:
                assert not isinstance(error, NoAnswerError)  # noqa: PT017
    assert len(asked) == 2 * FAILURES


@pytest.mark.parametrize(
    ("kind", "package", "config"),
    [
        pytest.param(
            "s3",
            "botocore",
            {"bucket": "b", "key": "k", "region": "eu-west-1", "access_key": "a", "secret_key": "s", "max_retries": 1}
            | {"skip_credentials_validation": True, "skip_requesting_account_id": True},
            id="s3",
        ),
        pytest.param("pg", "psycopg", {}, id="pg"),
    ],
)
def test_sdks_say_that_nobody_answers(
    kind: str, package: str, config: dict[str, object], tmp_path: Path, env: dict[str, str]
) -> None:
    pytest.importorskip(package)
    port = free_port()
    place: dict[str, object] = {
        "s3": {"endpoints": {"s3": f"http://127.0.0.1:{port}"}, "use_path_style": True},
        "pg": {"conn_str": f"postgres://me:hush@127.0.0.1:{port}/states?sslmode=disable"},
    }[kind]
    unit = located(BackendConfig(kind, {**config, **place}))

    with pytest.raises(NoAnswerError):
        stored(unit, root=tmp_path, env=env)


def test_google_not_answering_is_told_from_its_refusals() -> None:
    requests = pytest.importorskip("requests")
    pytest.importorskip("google.cloud.storage")
    from google.api_core.exceptions import RetryError, ServiceUnavailable

    from driftgate.backends.gcs_errors import explained

    def kind(error: Exception) -> type[BaseException]:
        with pytest.raises(BackendError) as raised, explained("read", "gs://b/k", lambda: ""):
            raise error
        return raised.type

    silent = requests.ConnectionError("refused")
    assert kind(silent) is kind(RetryError("timeout", silent)) is kind(requests.Timeout("slow")) is NoAnswerError
    assert kind(requests.exceptions.SSLError("untrusted")) is kind(ServiceUnavailable("busy")) is BackendError  # type: ignore[no-untyped-call]

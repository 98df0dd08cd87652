from __future__ import annotations

from pathlib import Path

import pytest
from doctor.patients import ask as ask_doctor
from doctor.patients import ill, patient

from driftgate.backends.base import NoAnswerError
from driftgate.doctor import backends
from driftgate.state.breaker import FAILURES, ask
from driftgate.state.circuit import circuit_of
from driftgate.unit import BackendConfig, StateLocation

LOCAL = ill(backend=BackendConfig("local"), location=StateLocation("local://live/app/x", "x", "file lock", ""))


def test_a_state_that_can_be_read_or_is_not_there_yet(tmp_path: Path) -> None:
    who = patient(tmp_path, LOCAL)
    assert ask_doctor(backends.reachable, who) == [("state of live/app", "ok", "nothing applied yet", "")]

    (tmp_path / "live/app/terraform.tfstate").write_text(
        '{"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "abc", "outputs": {}, "resources": []}'
    )
    assert ask_doctor(backends.reachable, who) == [("state of live/app", "ok", "serial 7, lineage abc", "")]


def test_a_state_that_cannot_be_read(tmp_path: Path) -> None:
    who = patient(tmp_path, LOCAL)
    (tmp_path / "live/app/terraform.tfstate").write_text("<html>")
    ((_, status, detail, mend),) = ask_doctor(backends.reachable, who)

    assert status == "fail"
    assert "live/app" in detail
    assert mend


def test_endpoints_that_are_left_alone(tmp_path: Path) -> None:
    unit = ill(backend=BackendConfig("s3", {"region": "eu-west-1"}))
    who = patient(tmp_path, unit, XDG_STATE_HOME=str(tmp_path / "state"))
    assert ask_doctor(backends.circuits, who) == []

    circuit = circuit_of(unit, who.env)
    assert circuit is not None
    for _ in range(FAILURES):
        with pytest.raises(NoAnswerError):
            ask(circuit, no_answer)
    ((name, status, detail, mend),) = ask_doctor(backends.circuits, who)
    assert (name, status) == ("circuit of s3 s3.eu-west-1.amazonaws.com", "warn")
    assert detail.startswith("has not answered since 20")
    assert "dg doctor --reset-breakers" in mend


def no_answer() -> None:
    raise NoAnswerError("no connection")

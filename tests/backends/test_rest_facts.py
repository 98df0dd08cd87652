from __future__ import annotations

import pytest

from driftgate.backends.base import BackendError, Fact
from driftgate.backends.rest_facts import asked, rights, transport
from driftgate.backends.rest_tls import SYSTEM_TLS, Tls

WAYS = [
    pytest.param("https://h/s", SYSTEM_TLS, True, "TLS", id="TLS"),
    pytest.param("https://h/s", Tls(verify=False), False, "not verified", id="not verified"),
    pytest.param("http://h/s", SYSTEM_TLS, False, "in clear", id="in clear"),
    pytest.param("http://127.0.0.1:8500", SYSTEM_TLS, True, "does not leave this machine", id="this machine"),
]


@pytest.mark.parametrize(("url", "tls", "good", "said"), WAYS)
def test_transport(url: str, tls: Tls, good: bool, said: str) -> None:
    fact = transport(url, tls)

    assert fact.good == good
    assert said in fact.said
    assert good or fact.mend


def test_what_cannot_be_found_out_says_why() -> None:
    def fails() -> Fact:
        raise BackendError("no answer", next_step="try again")

    assert asked("private", fails) == Fact("private", None, "not known: no answer", "try again")
    assert asked("private", lambda: Fact("private", True, "yes")) == Fact("private", True, "yes")


def test_rights() -> None:
    assert rights([], "log in") == Fact("rights", True, "may read, lock and write")
    assert rights(["lock"], "log in") == Fact("rights", False, "not granted: lock", "log in")

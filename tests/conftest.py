"""What every test stands on: no real credentials, no home folder, no colour, no leftovers of the environment."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from aws_server import start_aws
from hypothesis import HealthCheck, settings
from pytest_subprocess import FakeProcess
from pytest_subprocess.fake_popen import FakePopen

# In CI the examples are the same each time, so that what fails there fails anywhere; elsewhere they go on searching.
# How long examples take to make depends on the machine, and how many are filtered on the modules that are loaded, whose
# constants hypothesis tries: neither is a verdict on the product.
_NOT_OURS = (HealthCheck.too_slow, HealthCheck.filter_too_much)
settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=_NOT_OURS)
settings.register_profile("search", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "search")

# A shell that starts this in the background ignores ^C for it, and for all that the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_FOREIGN = (
    "AWS_",
    "TF_",
    "DG_",
    "ARM_",
    "GOOGLE_",
    "PG",
    "CONSUL_",
    "KUBE",
    "GIT_",
    "NO_COLOR",
    "FORCE_COLOR",
    "GITHUB_",
    "GITLAB_",
    "CI_",
    "GH_",
)
_KEPT = ("DG_TEST_PROVIDER_MIRROR", "TF_PLUGIN_CACHE_DIR", "AWS_CA_BUNDLE")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In CI an acceptance test that fails is run once more and told as a rerun: real terraforms and servers share two
    cores there. Not one that proves what must never happen (`every_time`): a rerun would hide it."""
    for item in items if os.environ.get("CI") else ():
        if item.get_closest_marker("acceptance") and not item.get_closest_marker("every_time"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture
def fp(fp: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    """Fake processes whose outputs can be waited for, as those of real ones: they stand in pipes."""
    in_memory = FakePopen._prepare_buffer

    def in_a_pipe(self: FakePopen, *given: Any) -> IO[bytes]:
        reading, writing = os.pipe()
        with open(writing, "wb") as end:
            end.write(in_memory(self, *given).getvalue())  # type: ignore[union-attr]  # short: a pipe holds it
        return open(reading, "rb", buffering=0)

    monkeypatch.setattr(FakePopen, "_prepare_buffer", in_a_pipe)
    monkeypatch.setattr(FakePopen, "_finalize_streams", lambda _: None)  # it would rewind what is in memory
    return fp


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the developer's own accounts or settings reaches a test."""
    for name in list(os.environ):
        if name.startswith(_FOREIGN) and name not in _KEPT:
            monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    (home / ".local/state/driftgate/circuits.sqlite3").unlink(missing_ok=True)  # another test's dead endpoints
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """An empty folder that looks like a git work tree."""
    (tmp_path / ".git").mkdir()
    return tmp_path


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """The endpoint URL of a running AWS stand-in; each test makes its own bucket."""
    with start_aws() as endpoint:
        yield endpoint

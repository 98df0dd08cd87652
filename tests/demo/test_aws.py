from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from driftgate import process
from driftgate.demo import aws as aws_module
from driftgate.demo.aws import EmbeddedAws, embedded_aws, require_moto
from driftgate.errors import DriftgateError, MissingExtra


def answers(aws: EmbeddedAws) -> bool:
    parts = urlsplit(aws.endpoint)
    with socket.socket() as probe:
        return probe.connect_ex((str(parts.hostname), int(parts.port or 0))) == 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    children = []
    start = process.start

    def remember(*args: object, **options: object) -> subprocess.Popen[bytes]:
        children.append(start(*args, **options))  # type: ignore[arg-type]
        return children[-1]

    monkeypatch.setattr(process, "start", remember)
    return children


def test_it_answers_with_fake_credentials_and_is_gone_afterwards(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    with embedded_aws(tmp_path, os.environ) as aws:
        aws.client("s3").create_bucket(Bucket="bucket")
        assert [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]] == ["bucket"]
        assert aws.settings["AWS_ENDPOINT_URL"] == aws.endpoint

    assert not answers(aws)
    assert [child.returncode is not None for child in started] == [True]
    assert "PUT /bucket" in (tmp_path / "aws.log").read_text()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_reaped_when_the_block_raises(
    tmp_path: Path, started: list[subprocess.Popen[bytes]], error: type[BaseException]
) -> None:
    with pytest.raises(error), embedded_aws(tmp_path, os.environ) as aws:
        raise error

    assert started[0].returncode is not None
    assert not answers(aws)


def test_it_is_reaped_on_sigterm(tmp_path: Path) -> None:
    """As the demo runs it: cli/main.py turns SIGTERM into KeyboardInterrupt."""
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom driftgate.cli.main import _terminate\n"
        "from driftgate.demo.aws import embedded_aws\nsignal.signal(signal.SIGTERM, _terminate)\n"
        "with embedded_aws(Path(sys.argv[1]), os.environ) as aws:\n"
        "    print(aws.endpoint, flush=True)\n    signal.pause()\n"
    )
    with subprocess.Popen(
        (sys.executable, "-c", code, str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        aws = EmbeddedAws(parent.stdout.readline().strip())
        assert answers(aws)
        parent.terminate()
        parent.communicate(timeout=60)

    assert not answers(aws)


def test_stopping_children_leaves_it_running_until_its_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terraform that is interrupted still has to write its state to it."""
    monkeypatch.setattr(process, "_stopping", False)

    with embedded_aws(tmp_path, os.environ) as aws:
        process.stop_children()
        assert answers(aws)

    assert not answers(aws)


@pytest.mark.parametrize(("package", "named"), [("moto", "moto"), ("flask", r"moto\[server\]"), ("boto3", "boto3")])
def test_a_missing_package_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, package: str, named: str
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find_spec(name))

    with pytest.raises(MissingExtra, match=rf"the package {named}, which .*pip install 'driftgate\[demo\]'"):
        require_moto()


def test_a_server_that_ends_at_once_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(aws_module, "_free_port", lambda: taken.getsockname()[1])
        with (
            pytest.raises(DriftgateError, match=r"the embedded AWS does not start: .*in use"),
            embedded_aws(tmp_path, os.environ),
        ):
            pytest.fail("not reached")

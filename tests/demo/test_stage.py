from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from driftgate import process
from driftgate.demo.layout import APP, DATA, NETWORK, PENDING
from driftgate.demo.stage import QUEUE, applied, apply_all, break_things
from driftgate.demo.tamper import TAMPERS, Tamper
from driftgate.demo.terraform import NoTerraformError
from driftgate.errors import MissingExtra
from driftgate.finding import DriftClass
from driftgate.process import Result
from driftgate.tfexec.binary import ToolError

ENDED = Result((), 0, b"", b"")


class FakeTerraform:
    """Answers for terraform and lets git through; remembers (unit, command) and what the app's apply saw."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.calls: list[tuple[str, str]] = []
        self.imports = ""
        self.lock = threading.Lock()

    def __call__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: object = None) -> Result:
        if Path(argv[0]).name != "terraform":
            return process.run(argv, cwd=cwd, env=env)
        words = [word for word in argv[1:] if word not in ("-input=false", "-no-color")]
        if words[0] == "version":
            return Result(tuple(argv), 0, b'{"terraform_version": "1.11.4"}', b"")
        call = ("live" if "trees" in cwd.parts else cwd.name, " ".join(words))
        with self.lock:
            self.calls.append(call)
        if words[0] == "init":
            (cwd / ".terraform.lock.hcl").write_text("# locked\n")
        if call == ("app", "apply -auto-approve"):
            self.imports = (cwd / "imports.tf").read_text()
        return Result(tuple(argv), 1, b"", b"Error: no\n") if " ".join(call) == self.failing else ENDED

    def of(self, unit: str) -> list[str]:
        return [command for name, command in self.calls if name == unit]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A user's environment with a terraform that does nothing and a mirror that holds nothing."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/terraform").write_text("#!/bin/sh\n")
    (tmp_path / "bin/terraform").chmod(0o755)
    (tmp_path / "mirror/registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    return {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "DG_TEST_PROVIDER_MIRROR": str(tmp_path / "mirror"),
        "AWS_PROFILE": "production",
    }


class Steps:
    def __init__(self) -> None:
        self.names: list[str] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self.names.append(name)
        yield


def test_the_repo_is_applied_in_order_and_everything_is_gone_afterwards(tmp_path: Path, env: dict[str, str]) -> None:
    run, steps = FakeTerraform(), Steps()
    (tmp_path / "demo").mkdir()

    with applied(tmp_path / "demo", env=env, run=run, step=steps) as stage:
        queues = stage.aws.client("sqs").list_queues()["QueueUrls"]
        versioning = stage.aws.client("s3").get_bucket_versioning(Bucket="shop-terraform-state")["Status"]
        endpoint = stage.aws.endpoint

    assert run.of("network") == ["init", "apply -auto-approve"]
    assert run.of("app") == ["init -backend-config=prod.s3.tfbackend", "apply -auto-approve"]
    assert run.of("data") == ["init", "workspace new staging", "apply -auto-approve"]
    assert run.of("live") == ["init", "apply -auto-approve"]
    assert run.calls.index(("network", "apply -auto-approve")) < run.calls.index(
        ("app", "init -backend-config=prod.s3.tfbackend")
    )
    assert (len(queues), versioning) == (1, "Enabled")
    assert f'id = "{queues[0]}"' in run.imports
    assert not (stage.repo / APP.path / "imports.tf").exists()
    assert stage.terraform.env["AWS_ENDPOINT_URL"] == endpoint
    assert "AWS_PROFILE" not in stage.terraform.env
    assert steps.names[-3:].count("terraform init, apply live/data in workspace staging") == 1


def test_an_init_that_fails_is_a_missing_provider(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "demo").mkdir()
    run = FakeTerraform(failing="network init")

    with pytest.raises(NoTerraformError), applied(tmp_path / "demo", env=env, run=run, step=Steps()):
        pytest.fail("not reached")

    assert run.of("app") == [], "it needs the network"


def test_an_apply_that_fails_says_where(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "demo").mkdir()
    run = FakeTerraform(failing="data apply -auto-approve")

    with (
        pytest.raises(ToolError, match="`terraform apply` failed in data: no"),
        applied(tmp_path / "demo", env=env, run=run, step=Steps()),
    ):
        pytest.fail("not reached")


def test_nothing_is_laid_out_without_terraform_or_moto(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoTerraformError), applied(tmp_path, env={"PATH": ""}, run=FakeTerraform(), step=Steps()):
        pytest.fail("not reached")

    def missing() -> None:
        raise MissingExtra("moto", "demo", "`dg demo`")

    monkeypatch.setattr("driftgate.demo.stage.require_moto", missing)
    with pytest.raises(MissingExtra), applied(tmp_path, env=env, run=FakeTerraform(), step=Steps()):
        pytest.fail("not reached")
    assert not (tmp_path / "repo").exists()


def test_an_interrupt_ends_terraform_at_once(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    stopped = []
    monkeypatch.setattr(process, "stop_children", lambda: stopped.append(True))
    run = FakeTerraform()
    with applied(tmp_path / "demo", env=env, run=run, step=Steps()) as stage:
        monkeypatch.setattr("driftgate.demo.stage._apply", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            apply_all(stage, Steps())

    assert stopped == [True]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_tampers_are_done_and_the_change_is_committed(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "demo").mkdir()
    done: list[str] = []
    recorded = Tamper("x", NETWORK.path, "aws_vpc.main", "", DriftClass.MISSING, lambda aws: done.append(aws.endpoint))
    monkeypatch.setattr("driftgate.demo.stage.TAMPERS", (recorded, recorded))
    monkeypatch.setattr("driftgate.demo.stage.rename_network", lambda aws: None)

    with applied(tmp_path / "demo", env=env, run=FakeTerraform(), step=Steps()) as stage:
        break_things(stage, Steps())

    assert done == [stage.aws.endpoint] * 2
    assert PENDING.new in (stage.repo / PENDING.file).read_text()


def test_the_queue_is_as_the_code_wants_it(tmp_path: Path, env: dict[str, str]) -> None:
    """Else terraform changes it after the import, and waits 25 seconds for that."""
    (tmp_path / "demo").mkdir()
    with applied(tmp_path / "demo", env=env, run=FakeTerraform(), step=Steps()) as stage:
        sqs = stage.aws.client("sqs")
        url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        code = (stage.repo / APP.path / "main.tf").read_text()

    assert attributes["MaximumMessageSize"] == "262144", "the provider's default"
    for name, argument in (
        ("MessageRetentionPeriod", "message_retention_seconds  = {}\n"),
        ("VisibilityTimeout", "visibility_timeout_seconds = {}\n"),
    ):
        assert argument.format(attributes[name]) in code
    assert all(f'"{value}"' in (stage.repo / APP.path / "terraform.tf").read_text() for value in tags.values())


def test_every_tamper_has_a_place_in_the_repo() -> None:
    units = {APP.path, DATA.path, NETWORK.path}

    assert {tamper.unit for tamper in TAMPERS} == units
    assert all(tamper.cls.is_drift for tamper in TAMPERS)
    assert {tamper.cls for tamper in TAMPERS} == {
        DriftClass.MISSING,
        DriftClass.REVERTED_BY_APPLY,
        DriftClass.OUTSIDE_CODE,
    }
    assert len({(tamper.unit, tamper.address, tamper.attribute) for tamper in TAMPERS}) == len(TAMPERS)
    assert PENDING.address not in {tamper.address for tamper in TAMPERS}

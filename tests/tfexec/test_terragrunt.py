"""The terragrunt binary: which one, how it is asked, what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytest_subprocess import FakeProcess

from driftgate import process
from driftgate.tfexec.binary import ToolError
from driftgate.tfexec.terragrunt import Terragrunt, find_terragrunt, mocked, version_in, without_log

OLD, NEW = Terragrunt("/bin/terragrunt", (0, 99, 4)), Terragrunt("/bin/terragrunt", (1, 0, 0))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("terragrunt version v0.67.1\n", (0, 67, 1)),
        ("terragrunt version 1.1.3", (1, 1, 3)),
        ("terragrunt version v1.0.0-rc1", (1, 0, 0)),
        ("terragrunt version latest", None),
        ("", None),
    ],
)
def test_what_version_it_is(said: str, found: tuple[int, int, int] | None) -> None:
    assert version_in(said) == found


@pytest.mark.parametrize(
    ("terragrunt", "features", "front"),
    [
        pytest.param(OLD, [], ["/bin/terragrunt"], id="0.x"),
        pytest.param(OLD, [("x", "a=b")], ["/bin/terragrunt", "--feature=x=a=b"], id="0.x with a feature flag"),
        pytest.param(NEW, [], ["/bin/terragrunt", "run", "--"], id="1.x"),
        pytest.param(NEW, [("x", "1"), ("y", "2")], ["/bin/terragrunt", "run", "--feature=x=1", "--feature=y=2", "--"],
                     id="1.x with feature flags"),
    ],
)  # fmt: skip
def test_what_stands_before_a_command(
    terragrunt: Terragrunt, features: list[tuple[str, str]], front: list[str]
) -> None:
    assert list(terragrunt.front(features)) == front


SET_NEW = {
    "TG_NON_INTERACTIVE": "true",
    "TG_NO_COLOR": "true",
    "TG_TF_FORWARD_STDOUT": "true",
    "TG_BACKEND_REQUIRE_BOOTSTRAP": "true",
    "TG_DISABLE_BUCKET_UPDATE": "true",
    "TG_DOWNLOAD_DIR": "/private/d",
    "TG_TF_PATH": "/bin/tofu",
}
SET_OLD = {
    "TERRAGRUNT_NON_INTERACTIVE": "true",
    "TERRAGRUNT_NO_COLOR": "true",
    "TERRAGRUNT_FORWARD_TF_STDOUT": "true",
    "TERRAGRUNT_FAIL_ON_STATE_BUCKET_CREATION": "true",
    "TERRAGRUNT_DISABLE_BUCKET_UPDATE": "true",
    "TERRAGRUNT_DOWNLOAD": "/private/d",
    "TERRAGRUNT_TFPATH": "/bin/tofu",
}
KEPT = {"PATH": "/bin", "TF_VAR_x": "1", "TG_IAM_ASSUME_ROLE": "arn", "TERRAGRUNT_IAM_ROLE": "arn", "TF_LOG": ""}
LEFT_OUT = {
    "TF_DATA_DIR": "d", "TG_BACKEND_BOOTSTRAP": "true", "TG_WORKING_DIR": "/x", "TERRAGRUNT_WORKING_DIR": "/x",
    "TG_LOG_LEVEL": "error", "TERRAGRUNT_AUTO_INIT": "false", "TG_NO_AUTO_INIT": "true", "TG_OUT_DIR": "/x",
}  # fmt: skip


@pytest.mark.parametrize(("terragrunt", "set_for_it"), [(NEW, SET_NEW), (OLD, SET_NEW | SET_OLD)], ids=["1.x", "0.x"])
def test_what_it_runs_under(terragrunt: Terragrunt, set_for_it: dict[str, str]) -> None:
    env = {**KEPT, **LEFT_OUT, "TG_DOWNLOAD_DIR": "/the/users/own"}

    made = terragrunt.environment(env, download_dir=Path("/private/d"), tf_path="/bin/tofu")

    assert made == KEPT | set_for_it


def test_none_on_path_is_no_error() -> None:
    assert find_terragrunt({"PATH": "/nowhere"}, run=process.run) is None


def test_the_one_that_is_there(fp: FakeProcess) -> None:
    fp.register([sys.executable, "--version"], stdout="terragrunt version v1.1.3\n")

    found = find_terragrunt({"DG_REAL_TERRAGRUNT": sys.executable}, run=process.run)

    assert str(found) == "terragrunt 1.1.3"


def test_one_that_does_not_answer_is_named(fp: FakeProcess) -> None:
    fp.register([sys.executable, "--version"], stderr="no version selected\n", returncode=1)

    with pytest.raises(ToolError, match="does not answer `--version`"):
        find_terragrunt({"DG_REAL_TERRAGRUNT": sys.executable}, run=process.run)


LOGS = {
    "nothing": ("", ""),
    "terraform alone": ("╷\n│ Error: No access\n", "╷\n│ Error: No access"),
    "1.x": (
        "10:00:00.001 INFO   Downloading\n10:00:00.002 WARN   [net] Old\n10:00:00.003 ERROR  [net] Unreadable: x.hcl\n",
        "Unreadable: x.hcl",
    ),
    "terraform in the log": ("10:00:00.001 STDERR [net] terraform: │ Error: No access", "│ Error: No access"),
    "before 0.67": (
        'time=2024-05-01T10:00:00Z level=info msg=Looking\ntime=2024-05-01T10:00:00Z level=error msg="No access" prefix=[net]',
        'No access" prefix=[net]',
    ),
}


@pytest.mark.parametrize(("said", "left"), LOGS.values(), ids=LOGS)
def test_its_log_is_taken_off(said: str, left: str) -> None:
    assert without_log(said.encode()).decode() == left


def test_the_mock_outputs_that_it_warns_of() -> None:
    said = (
        "10:00:00.001 WARN   [app] Config ../net/terragrunt.hcl is a dependency of ./terragrunt.hcl that has no outputs, but "
        "mock outputs provided and returning those in dependency output.\n"
        "time=x level=debug msg=WARNING: config /r/db/terragrunt.hcl is a dependency of /r/app/terragrunt.hcl that has no "
        "outputs, but mock outputs provided and returning those in dependency output.\n"
    )

    assert mocked(said.encode()) == ["../net/terragrunt.hcl", "/r/db/terragrunt.hcl"]
    assert mocked(b"") == []

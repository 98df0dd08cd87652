from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from driftgate.demo.environment import own_environment, shell_script

USERS = {
    "PATH": "/bin:/usr/bin",
    "HOME": "/home/me",
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "real",
    "TF_VAR_x": "y",
    "TF_CLI_ARGS_apply": "-destroy",
    "TF_WORKSPACE": "production",
    "DG_DEBUG": "1",
    "MOTO_PORT": "1",
    "GIT_DIR": "/elsewhere/.git",
    "NO_COLOR": "1",
}


def test_nothing_of_the_users_accounts_and_settings_is_left() -> None:
    own = own_environment(USERS, Path("/demo"))

    assert {name: own[name] for name in USERS if name in own} == {
        "PATH": "/bin:/usr/bin",
        "HOME": "/home/me",
        "NO_COLOR": "1",
    }


def test_files_that_would_be_read_are_the_demos_own() -> None:
    own = own_environment(USERS, Path("/demo"))

    assert own["TF_CLI_CONFIG_FILE"] == "/demo/terraform.tfrc"
    assert own["AWS_CONFIG_FILE"] == own["AWS_SHARED_CREDENTIALS_FILE"] == "/demo/no-such-file"
    assert (own["AWS_EC2_METADATA_DISABLED"], own["CHECKPOINT_DISABLE"]) == ("true", "1")


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "corp.example"}, "corp.example,127.0.0.1,localhost"),
        ({"no_proxy": "corp.example"}, "corp.example,127.0.0.1,localhost"),
    ],
    ids=["none", "upper", "lower"],
)
def test_no_proxy_stands_between(users: dict[str, str], expected: str) -> None:
    own = own_environment({"HTTP_PROXY": "http://proxy", **users}, Path("/demo"))

    assert own["NO_PROXY"] == own["no_proxy"] == expected
    assert own["HTTP_PROXY"] == "http://proxy"


def test_a_shell_that_sources_the_script_is_in_the_demos_environment(tmp_path: Path) -> None:
    own = own_environment(USERS, tmp_path) | {"AWS_REGION": "a b'c"}
    script = tmp_path / "env.sh"
    script.write_text(shell_script(own, user=USERS))

    done = subprocess.run(
        ("/bin/sh", "-c", f". {script} && env -0"), env=USERS, capture_output=True, text=True, check=True
    )

    seen = dict(line.partition("=")[::2] for line in done.stdout.split("\0") if line)
    assert {name: value for name, value in seen.items() if name not in ("PWD", "OLDPWD", "SHLVL", "_")} == own

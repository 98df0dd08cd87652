from __future__ import annotations

import json
from pathlib import Path

import pytest

from driftgate.backends.base import BackendError
from driftgate.backends.cli_config import CliConfig, cli_config

TOKEN = "s3cr3t-t0ken"
NATIVE = f"""
disable_checkpoint = true
provider_installation {{
  direct {{}}
}}
credentials "TFE.example.com:443" {{
  token = "{TOKEN}"
}}
host "odd.example.com" {{
  services = {{ "tfe.v2" = "https://odd/api" }}
}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".terraform.d").mkdir()
    return tmp_path


def found(home: Path, tool: str | None = None, **env: str) -> CliConfig:
    return cli_config({"HOME": str(home), **env}, tool)


def test_nothing_there_is_nothing_found(tmp_path: Path) -> None:
    assert cli_config({}) == CliConfig()
    assert found(tmp_path) == CliConfig()


def test_the_users_own_file(home: Path) -> None:
    (home / ".terraformrc").write_text(NATIVE)
    config = found(home)

    assert config.tokens == {"tfe.example.com": TOKEN}
    assert config.services == {"odd.example.com": {"tfe.v2": "https://odd/api"}}
    assert TOKEN not in repr(config)


def test_what_terraform_login_writes(home: Path) -> None:
    document = {"credentials": {"app.terraform.io": {"token": TOKEN}, "empty": {}}}
    (home / ".terraform.d/credentials.tfrc.json").write_text(json.dumps(document))

    assert found(home).tokens == {"app.terraform.io": TOKEN}


def test_of_two_files_the_later_counts(home: Path) -> None:
    for name in (".terraformrc", ".terraform.d/a.tfrc", ".terraform.d/b.tfrc"):
        (home / name).write_text(f'credentials "h" {{\n  token = "{name}"\n}}\n')

    assert found(home).tokens == {"h": ".terraform.d/b.tfrc"}


def test_a_file_named_stands_for_all(home: Path) -> None:
    (home / ".terraformrc").write_text(NATIVE)
    (home / "other").write_text('credentials "h" {\n  token = "t"\n}\n')

    assert found(home, TF_CLI_CONFIG_FILE=str(home / "other")).tokens == {"h": "t"}
    assert found(home, TERRAFORM_CONFIG=str(home / "other")).tokens == {"h": "t"}
    assert found(home, TF_CLI_CONFIG_FILE=str(home / "nowhere")).tokens == {}


def test_tofu_has_a_file_of_its_own(home: Path) -> None:
    (home / ".terraformrc").write_text('credentials "h" {\n  token = "terraform"\n}\n')
    (home / ".tofurc").write_text('credentials "h" {\n  token = "tofu"\n}\n')

    assert found(home).tokens == {"h": "terraform"}
    assert found(home, "tofu").tokens == {"h": "tofu"}


VARIABLES = [
    ("TF_TOKEN_app_terraform_io", "app.terraform.io"),
    ("TF_TOKEN_my__host_example_com", "my-host.example.com"),
    ("TF_TOKEN_my-host_example_com", "my-host.example.com"),
    ("TF_TOKEN_APP_TERRAFORM_IO", "app.terraform.io"),
]


@pytest.mark.parametrize(("variable", "host"), VARIABLES)
def test_variables_go_first(home: Path, variable: str, host: str) -> None:
    (home / ".terraformrc").write_text(f'credentials "{host}" {{\n  token = "file"\n}}\n')

    assert found(home, **{variable: TOKEN}).tokens == {host: TOKEN}
    assert found(home, **{variable: ""}).tokens == {host: "file"}


def test_a_credentials_helper_is_named_and_not_run(home: Path) -> None:
    (home / ".terraformrc").write_text('credentials_helper "vault" {\n  args = ["x"]\n}\n')

    assert found(home) == CliConfig(helper="vault")


@pytest.mark.parametrize(
    ("name", "text"),
    [(".terraformrc", "credentials {"), (".terraform.d/a.tfrc.json", "{"), (".terraform.d/a.tfrc", "=")],
)
def test_a_file_that_cannot_be_read_is_an_error(home: Path, name: str, text: str) -> None:
    (home / name).write_text(text)
    with pytest.raises(BackendError, match=r"the CLI configuration .* cannot be read") as caught:
        found(home)

    assert "TF_CLI_CONFIG_FILE" in caught.value.next_step


@pytest.mark.parametrize("document", [[], {"credentials": []}, {"credentials": {"h": "t"}}])
def test_other_shapes_hold_no_token(home: Path, document: object) -> None:
    (home / ".terraform.d/a.tfrc.json").write_text(json.dumps(document))

    assert found(home).tokens == {}

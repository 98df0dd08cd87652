from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from driftgate.backends.base import BackendError
from driftgate.backends.hcp_settings import Selection, hcp, selection
from driftgate.backends.registry import open_backend
from driftgate.backends.where import hostname
from driftgate.backends.where_settings import Settings
from driftgate.process import run
from driftgate.unit import BackendConfig


def settings(config: dict[str, Any], env: dict[str, str] | None = None, kind: str = "cloud") -> Settings:
    return Settings(BackendConfig(kind, config), PurePosixPath("."), env or {}, None)


HOSTS = [
    pytest.param("cloud", {}, {}, "app.terraform.io", id="default"),
    pytest.param("cloud", {"hostname": "TFE.example.com:443"}, {}, "tfe.example.com", id="block"),
    pytest.param("cloud", {}, {"TF_CLOUD_HOSTNAME": "tfe"}, "tfe", id="environment"),
    pytest.param("remote", {}, {"TF_CLOUD_HOSTNAME": "tfe"}, "app.terraform.io", id="not for remote"),
]


@pytest.mark.parametrize(("kind", "config", "env", "host"), HOSTS)
def test_host(kind: str, config: dict[str, Any], env: dict[str, str], host: str) -> None:
    assert hostname(settings(config, env, kind)) == host


TOKENS = [
    pytest.param({"token": "block"}, {}, "block", id="block"),
    pytest.param({"token": "block"}, {"TF_TOKEN_app_terraform_io": "variable"}, "block", id="before a variable"),
    pytest.param({}, {"TF_TOKEN_app_terraform_io": "variable", "HOME": "home"}, "variable", id="before a file"),
    pytest.param({}, {"HOME": "home"}, "file", id="file"),
]


@pytest.mark.parametrize(("config", "env", "token"), TOKENS)
def test_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], env: dict[str, str], token: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("home").mkdir()
    Path("home/.terraformrc").write_text('credentials "app.terraform.io" {\n  token = "file"\n}\n')

    assert hcp(settings(config, env), "here", None).rest.headers == (("Authorization", f"Bearer {token}"),)


def test_without_a_token() -> None:
    with pytest.raises(BackendError, match=r"there is no token for my-tfe\.example\.com") as caught:
        hcp(settings({"hostname": "my-tfe.example.com"}), "here", None)

    assert caught.value.next_step == "run `terraform login my-tfe.example.com`"


def test_a_token_that_only_a_program_has(tmp_path: Path) -> None:
    (tmp_path / ".terraformrc").write_text('credentials_helper "vault" {}\n')
    with pytest.raises(BackendError, match="with the credentials helper `vault`, a program") as caught:
        hcp(settings({"hostname": "my-tfe.example.com"}, {"HOME": str(tmp_path)}), "here", None)

    assert caught.value.next_step == "give it as TF_TOKEN_my__tfe_example_com"


def test_a_service_named_in_the_cli_configuration_is_not_discovered(tmp_path: Path) -> None:
    services = 'host "h" {\n  services = { "tfe.v2" = "https://api.h/v2/", "other.v1" = "x" }\n}\n'
    (tmp_path / ".terraformrc").write_text(services)
    api = hcp(settings({"hostname": "h", "token": "t"}, {"HOME": str(tmp_path)}), "here", None)

    assert api.service == "https://api.h/v2/"
    assert api._base() == "https://api.h/v2"


SELECTIONS = [
    pytest.param("cloud", {"name": "app"}, {}, None, id="name"),
    pytest.param("remote", {"prefix": "app-"}, {}, Selection(prefix="app-"), id="prefix"),
    pytest.param("cloud", {"tags": ["b", "a"]}, {}, Selection(tags=(("a", None), ("b", None))), id="tags"),
    pytest.param("cloud", {"tags": {"a": "x"}}, {}, Selection(tags=(("a", "x"),)), id="tags with values"),
    pytest.param("cloud", {"tags": ["a"], "project": "p"}, {}, Selection("", (("a", None),), "p"), id="project"),
    pytest.param("cloud", {}, {"TF_CLOUD_PROJECT": "p"}, Selection(project="p"), id="project of the environment"),
    pytest.param("remote", {"prefix": "x"}, {"TF_CLOUD_PROJECT": "p"}, Selection("x"), id="not for remote"),
]


@pytest.mark.parametrize(("kind", "workspaces", "env", "chosen"), SELECTIONS)
def test_selection(kind: str, workspaces: dict[str, Any], env: dict[str, str], chosen: Selection | None) -> None:
    assert selection(settings({"workspaces": workspaces}, env, kind)) == chosen


def test_settings_that_are_missing_or_unknown() -> None:
    config = {"organization": "o", "workspaces": {"name": "w"}, "token": "t"}
    opened = open_backend(BackendConfig("cloud", {**config, "x": 1}), unit_dir=Path(), env={}, runner=run)

    assert opened.notes == ("backend cloud: settings not known to driftgate and not honoured: x",)
    with pytest.raises(BackendError, match="organization not set"):
        open_backend(BackendConfig("cloud", {"workspaces": {"name": "w"}}), unit_dir=Path(), env={}, runner=run)
    prefix = {"organization": "o", "workspaces": {"prefix": "w"}}
    with pytest.raises(BackendError, match="has no default workspace"):
        open_backend(BackendConfig("remote", prefix), unit_dir=Path(), env={}, runner=run)

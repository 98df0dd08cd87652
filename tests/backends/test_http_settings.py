from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from driftgate.backends.base import BackendError
from driftgate.backends.http_settings import http_rest, with_lock_id, without_login
from driftgate.backends.registry import open_backend
from driftgate.backends.rest import Rest, basic
from driftgate.backends.where_settings import Settings
from driftgate.process import run
from driftgate.unit import BackendConfig

ADDRESS = {"address": "https://h/s"}


def rest(config: dict[str, Any], env: dict[str, str] | None = None) -> Rest:
    return http_rest(Settings(BackendConfig("http", config), PurePosixPath("."), env or {}, None), "here")


LOGINS = [
    pytest.param(ADDRESS, {}, None, id="none"),
    pytest.param({**ADDRESS, "username": "u", "password": "p"}, {}, basic("u", "p"), id="block"),
    pytest.param(ADDRESS, {"TF_HTTP_USERNAME": "u", "TF_HTTP_PASSWORD": "p"}, basic("u", "p"), id="environment"),
    pytest.param({"address": "https://u:p%40@h/s"}, {}, basic("u", "p@"), id="address"),
    pytest.param({}, {"TF_HTTP_ADDRESS": "https://u@h/s"}, basic("u", ""), id="address in the environment"),
    pytest.param(
        {"address": "https://x:y@h/s", "username": "u", "password": "p"}, {}, basic("u", "p"), id="block before address"
    ),
]


@pytest.mark.parametrize(("config", "env", "header"), LOGINS)
def test_login(config: dict[str, Any], env: dict[str, str], header: str | None) -> None:
    assert dict(rest(config, env).headers).get("Authorization") == header


def test_tofus_headers() -> None:
    assert rest({**ADDRESS, "headers": {"X-Team": "a"}}).headers == (("X-Team", "a"),)


def test_tls_and_retries_from_the_block() -> None:
    pem = {
        "client_ca_certificate_pem": "A", "client_certificate_pem": "B", "client_private_key_pem": "C",
    }  # fmt: skip
    found = rest({**ADDRESS, **pem, "retry_max": 7, "retry_wait_min": 3, "retry_wait_max": "9"})

    assert (found.tls.authorities, found.tls.certificate, found.tls.key, found.tls.verify) == ("A", "B", "C", True)
    assert (found.retries, found.pause, found.longest_pause) == (7, 3, 9)
    assert not rest({**ADDRESS, "skip_cert_verification": True}).tls.verify


def test_everything_from_the_environment() -> None:
    env = {
        "TF_HTTP_CLIENT_CA_CERTIFICATE_PEM": "A", "TF_HTTP_CLIENT_CERTIFICATE_PEM": "B",
        "TF_HTTP_CLIENT_PRIVATE_KEY_PEM": "C", "TF_HTTP_RETRY_MAX": "1", "HTTPS_PROXY": "http://p:1",
    }  # fmt: skip
    found = rest(ADDRESS, env)

    assert (found.tls.authorities, found.tls.certificate, found.tls.key) == ("A", "B", "C")
    assert found.retries == 1
    assert found.proxies.through("https://h/") == "http://p:1"


def test_addresses_and_methods_from_the_environment() -> None:
    env = {f"TF_HTTP_{name}": f"https://h/{name}" for name in ("ADDRESS", "LOCK_ADDRESS", "UNLOCK_ADDRESS")}
    env |= {f"TF_HTTP_{name}": name for name in ("UPDATE_METHOD", "LOCK_METHOD", "UNLOCK_METHOD")}
    found: Any = open_backend(BackendConfig("http"), unit_dir=PurePosixPath(), env=env, runner=run)  # type: ignore[arg-type]

    assert (found.address, found.lock_address, found.unlock_address) == (
        "https://h/ADDRESS", "https://h/LOCK_ADDRESS", "https://h/UNLOCK_ADDRESS",
    )  # fmt: skip
    assert (found.update_method, found.lock_method, found.unlock_method) == (
        "UPDATE_METHOD", "LOCK_METHOD", "UNLOCK_METHOD",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "backend http: address not set"),
        ({**ADDRESS, "retry_max": "many"}, "backend http: retry_max is `many`, not a number"),
    ],
)
def test_settings_that_cannot_work(config: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        open_backend(BackendConfig("http", config), unit_dir=PurePosixPath(), env={}, runner=run)  # type: ignore[arg-type]

    assert caught.value.next_step


def test_a_setting_it_does_not_know_is_named() -> None:
    found = open_backend(BackendConfig("http", {**ADDRESS, "oauth": "x"}), unit_dir=PurePosixPath(), env={}, runner=run)  # type: ignore[arg-type]

    assert found.notes == ("backend http: settings not known to driftgate and not honoured: oauth",)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://h/s", "https://h/s"),
        ("https://u:p@h/s?a=@b", "https://h/s?a=@b"),
        ("https://h/a@b", "https://h/a@b"),
    ],
)
def test_a_login_is_not_part_of_the_url_asked(url: str, asked: str) -> None:
    assert without_login(url) == asked


@pytest.mark.parametrize(
    ("url", "lock_id", "written"),
    [
        ("https://h/s", None, "https://h/s"),
        ("https://h/s", "1", "https://h/s?ID=1"),
        ("https://h/s?a=b", "1", "https://h/s?a=b&ID=1"),
    ],
)
def test_a_write_shows_its_lock(url: str, lock_id: str | None, written: str) -> None:
    assert with_lock_id(url, lock_id) == written

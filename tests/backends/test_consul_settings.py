from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from certificates import make_certificates
from consul_server import Consul
from contract.backend import state
from loopback import serve

from driftgate.backends.base import BackendError
from driftgate.backends.consul_kv import Kv
from driftgate.backends.consul_settings import consul_kv
from driftgate.backends.registry import open_backend
from driftgate.backends.rest import basic
from driftgate.backends.where_settings import Settings
from driftgate.process import run
from driftgate.unit import BackendConfig


def kv(config: dict[str, Any], env: dict[str, str] | None = None, folder: Path = Path()) -> Kv:
    settings = Settings(BackendConfig("consul", {"path": "p", **config}), PurePosixPath("."), env or {}, None)
    return consul_kv(settings, folder, "here")


ADDRESSES = [
    pytest.param({}, {}, "http://127.0.0.1:8500", id="default"),
    pytest.param({"address": "h:1"}, {}, "http://h:1", id="block"),
    pytest.param({}, {"CONSUL_HTTP_ADDR": "h:1"}, "http://h:1", id="environment"),
    pytest.param({"address": "https://h/consul/"}, {}, "https://h/consul", id="with scheme and prefix"),
    pytest.param({"address": "h:1", "scheme": "https"}, {}, "https://h:1", id="scheme"),
    pytest.param({"address": "http://h:1"}, {"CONSUL_HTTP_SSL": "true"}, "https://h:1", id="TLS is not taken back"),
]


@pytest.mark.parametrize(("config", "env", "url"), ADDRESSES)
def test_address(config: dict[str, Any], env: dict[str, str], url: str) -> None:
    assert kv(config, env).url == url


@pytest.mark.parametrize("address", ["unix:///run/consul.sock", "ftp://h"])
def test_an_address_it_does_not_speak_to(address: str) -> None:
    with pytest.raises(BackendError, match="does not speak to an agent over") as caught:
        kv({"address": address})

    assert "CONSUL_HTTP_ADDR" in caught.value.next_step


TOKENS = [
    pytest.param({}, {}, None, id="none"),
    pytest.param({"access_token": "a"}, {"CONSUL_HTTP_TOKEN": "b"}, "a", id="block"),
    pytest.param({}, {"CONSUL_HTTP_TOKEN": "b"}, "b", id="environment"),
    pytest.param({"access_token": "a"}, {"CONSUL_HTTP_TOKEN_FILE": "token"}, "in the file", id="file goes first"),
    pytest.param({"access_token": "a"}, {"CONSUL_HTTP_TOKEN_FILE": "empty"}, "a", id="an empty file does not"),
]


@pytest.mark.parametrize(("config", "env", "token"), TOKENS)
def test_token(tmp_path: Path, config: dict[str, Any], env: dict[str, str], token: str | None) -> None:
    (tmp_path / "token").write_text("in the file\n")
    (tmp_path / "empty").write_text("\n")

    assert dict(kv(config, env, tmp_path).rest.headers).get("X-Consul-Token") == token


@pytest.mark.parametrize(("config", "env"), [({"http_auth": "u:p:q"}, {}), ({}, {"CONSUL_HTTP_AUTH": "u:p:q"})])
def test_login(config: dict[str, Any], env: dict[str, str]) -> None:
    assert dict(kv(config, env).rest.headers) == {"Authorization": basic("u", "p:q")}


def test_scope() -> None:
    env = {"CONSUL_NAMESPACE": "n", "CONSUL_PARTITION": "p"}

    assert kv({"datacenter": "d"}, env).scope == (("dc", "d"), ("ns", "n"), ("partition", "p"))
    assert kv({}).scope == ()


@pytest.mark.parametrize("given", ["block", "environment", "folder"])
def test_certificates(tmp_path: Path, given: str) -> None:
    pem = make_certificates(tmp_path)
    pair = {"cert_file": "client.pem", "key_file": "client-key.pem"}
    config, env = {
        "block": ({"ca_file": "authority.pem", **pair}, {}),
        "environment": (
            {},
            {
                "CONSUL_CACERT": "authority.pem",
                "CONSUL_CLIENT_CERT": "client.pem",
                "CONSUL_CLIENT_KEY": "client-key.pem",
            },
        ),
        "folder": (pair, {"CONSUL_CAPATH": "authorities"}),
    }[given]
    (tmp_path / "authorities").mkdir()
    (tmp_path / "authorities/a.pem").write_bytes(pem.authority.read_bytes())
    with serve(Consul(), pem.server, pem.authority) as url:
        backend = BackendConfig("consul", {"path": "p", "address": url, **config})
        opened: Any = open_backend(backend, unit_dir=tmp_path, env=env, runner=run)
        opened.put(state(1), replacing=None)

        assert opened.get().data == state(1)


def test_how_the_server_is_verified() -> None:
    tls = kv({}, {"CONSUL_HTTP_SSL_VERIFY": "false", "CONSUL_TLS_SERVER_NAME": "consul.service"}).rest.tls

    assert (tls.verify, tls.server_name) == (False, "consul.service")
    assert kv({}).rest.tls.verify


@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file"])
def test_a_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackendError, match=f"cannot read {name} .*nowhere: No such file") as caught:
        kv({name: "nowhere"}, folder=tmp_path)

    assert caught.value.next_step == f"correct {name}"


def test_settings_that_are_missing_or_unknown() -> None:
    with pytest.raises(BackendError, match="backend consul: path not set"):
        open_backend(BackendConfig("consul"), unit_dir=Path(), env={}, runner=run)
    opened = open_backend(BackendConfig("consul", {"path": "p", "wan": 1}), unit_dir=Path(), env={}, runner=run)

    assert opened.notes == ("backend consul: settings not known to driftgate and not honoured: wan",)

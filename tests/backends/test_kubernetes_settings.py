"""Which cluster and as whom: kubeconfig files, a pod's own account, and what the block says over them."""

from __future__ import annotations

import base64
import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from certificates import make_certificates
from contract.backend import state
from kubernetes_server import Cluster as Server
from loopback import serve

from driftgate.backends import kube_config
from driftgate.backends.base import BackendError
from driftgate.backends.kube_config import Cluster
from driftgate.backends.kubernetes_settings import cluster_of, kubernetes_rest, labels, server_url
from driftgate.backends.registry import open_backend
from driftgate.backends.rest import basic
from driftgate.backends.where_settings import Settings
from driftgate.process import run
from driftgate.unit import BackendConfig

SECRET = "s3cr3t-t0ken"


def settings(config: dict[str, Any], env: dict[str, str] | None = None) -> Settings:
    backend = BackendConfig("kubernetes", {"secret_suffix": "app", **config})
    return Settings(backend, PurePosixPath("."), env or {}, None)


def entry(kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {"name": name, kind: content}


def kubeconfig(path: Path, **content: Any) -> Path:
    """A kubeconfig with one cluster, user and context, changed by `content`."""
    document = {
        "current-context": "here",
        "clusters": [entry("cluster", "c", server="https://c:6443"), entry("cluster", "d", server="https://d:6443")],
        "users": [entry("user", "u", token=SECRET), entry("user", "v", username="v", password="w")],
        "contexts": [entry("context", "here", cluster="c", user="u"), entry("context", "there", cluster="d", user="v")],
        **content,
    }
    path.write_text(yaml.safe_dump(document))
    return path


CHOICES = [
    pytest.param({}, {}, "https://c:6443", SECRET, "", id="current context"),
    pytest.param({"config_context": "there"}, {}, "https://d:6443", "", "v", id="another context"),
    pytest.param({}, {"KUBE_CTX": "there"}, "https://d:6443", "", "v", id="context from the environment"),
    pytest.param({"config_context_cluster": "d"}, {}, "https://d:6443", SECRET, "", id="another cluster"),
    pytest.param({"config_context_auth_info": "v"}, {}, "https://c:6443", "", "v", id="another user"),
    pytest.param({"host": "https://h"}, {}, "https://h", SECRET, "", id="host over the file"),
    pytest.param({"token": "other"}, {}, "https://c:6443", "other", "", id="token over the file"),
    pytest.param(
        {}, {"KUBE_HOST": "https://h", "KUBE_TOKEN": "x"}, "https://h", "x", "", id="both from the environment"
    ),
]


@pytest.mark.parametrize(("config", "env", "server", "token", "user"), CHOICES)
def test_chooses_in_a_kubeconfig(
    tmp_path: Path, config: dict[str, Any], env: dict[str, str], server: str, token: str, user: str
) -> None:
    kubeconfig(tmp_path / "config")
    found = cluster_of(settings({"config_path": "config", **config}, env), tmp_path)

    assert (found.server, found.token, found.user) == (server, token, user)
    assert SECRET not in repr(found)


@pytest.mark.parametrize("how", ["block", "list", "KUBE_CONFIG_PATH", "KUBE_CONFIG_PATHS", "home"])
def test_finds_the_kubeconfig(tmp_path: Path, how: str) -> None:
    kubeconfig(tmp_path / "config")
    config, env = {
        "block": ({"config_path": str(tmp_path / "config")}, {}),
        "list": ({"config_paths": ["config", "nowhere"]}, {}),
        "KUBE_CONFIG_PATH": ({}, {"KUBE_CONFIG_PATH": "config"}),
        "KUBE_CONFIG_PATHS": ({}, {"KUBE_CONFIG_PATHS": os.pathsep.join(("nowhere", "config"))}),
        "home": ({"config_path": "~/config"}, {"HOME": str(tmp_path)}),
    }[how]

    assert cluster_of(settings(config, env), tmp_path).server == "https://c:6443"


def test_the_first_file_to_name_a_thing_decides(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "one", clusters=[entry("cluster", "c", server="https://one")], users=[])
    kubeconfig(tmp_path / "two", **{"current-context": "there"})
    found = cluster_of(settings({"config_paths": ["one", "two"]}), tmp_path)

    assert (found.server, found.token) == ("https://one", SECRET)


@pytest.mark.parametrize("inline", [True, False], ids=["data", "files"])
def test_certificates_of_a_kubeconfig_open_the_door(tmp_path: Path, inline: bool) -> None:
    folder = tmp_path / "kube"
    folder.mkdir()
    pem = make_certificates(folder)

    def given(name: str, path: Path) -> dict[str, str]:
        if inline:
            return {f"{name}-data": base64.b64encode(path.read_bytes()).decode()}
        return {name: path.name}  # relative to the kubeconfig

    with serve(Server(), pem.server, pem.authority) as url:
        login = {**given("client-certificate", pem.client), **given("client-key", pem.client_key)}
        kubeconfig(
            folder / "config",
            clusters=[entry("cluster", "c", server=url, **given("certificate-authority", pem.authority))],
            users=[entry("user", "u", **login)],
        )
        backend = BackendConfig("kubernetes", {"secret_suffix": "app", "config_path": "kube/config"})
        opened: Any = open_backend(backend, unit_dir=tmp_path, env={}, runner=run)
        opened.put(state(1), replacing=None)

        assert opened.get().data == state(1)


def test_certificates_of_the_block(tmp_path: Path) -> None:
    pem = make_certificates(tmp_path)
    login = {"client_certificate": pem.client.read_text(), "client_key": pem.client_key.read_text()}
    with serve(Server(), pem.server, pem.authority) as url:
        config = {"secret_suffix": "app", "host": url, "cluster_ca_certificate": pem.authority.read_text(), **login}
        opened = open_backend(BackendConfig("kubernetes", config), unit_dir=tmp_path, env={}, runner=run)

        assert opened.get() is None


def test_a_token_file_goes_before_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fresh\n")
    kubeconfig(tmp_path / "config", users=[entry("user", "u", token=SECRET, tokenFile="token")])

    assert cluster_of(settings({"config_path": "config"}), tmp_path).token == "fresh"


def test_another_user_than_the_one_who_logs_in(tmp_path: Path) -> None:
    more = {"as": "deploy", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"Team": ["x"]}}
    kubeconfig(tmp_path / "config", users=[entry("user", "u", token=SECRET, **more)])
    s = settings({"config_path": "config"})

    assert kubernetes_rest(s, cluster_of(s, tmp_path), "here").headers == (
        ("Impersonate-User", "deploy"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-team", "x"),
        ("Authorization", f"Bearer {SECRET}"),
    )


def test_a_login_in_a_file_is_not_for_a_server_without_tls(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", clusters=[entry("cluster", "c", server="http://c")])

    assert cluster_of(settings({"config_path": "config"}), tmp_path) == Cluster("http://c")
    assert cluster_of(settings({"config_path": "config", "token": "own"}), tmp_path).token == "own"


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": ["ran"]}


def test_a_login_by_command_is_refused_and_not_run(tmp_path: Path) -> None:
    kubeconfig(tmp_path / "config", users=[entry("user", "u", exec=EXEC)])
    in_block = {"exec": {"api_version": EXEC["apiVersion"], "command": "touch", "args": ["ran"]}}
    for config in ({"config_path": "config"}, {"host": "https://h", **in_block}):
        with pytest.raises(BackendError, match="driftgate runs none to look at a state: touch ran") as caught:
            cluster_of(settings(config), tmp_path)
        assert "KUBE_TOKEN" in caught.value.next_step

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("own", [{"token": "x"}, {"client_certificate": "x"}, {"username": "x"}], ids=str)
def test_a_login_of_the_block_makes_the_command_unnecessary(tmp_path: Path, own: dict[str, str]) -> None:
    kubeconfig(tmp_path / "config", users=[entry("user", "u", exec=EXEC)])

    assert cluster_of(settings({"config_path": "config", **own}), tmp_path).server == "https://c:6443"


UNUSABLE = [
    pytest.param({}, "nothing says which cluster", id="nothing"),
    pytest.param({"config_path": "nowhere"}, "nothing says which cluster", id="no such file"),
    pytest.param({"config_path": "broken"}, "broken is no kubeconfig", id="not YAML"),
    pytest.param({"config_path": "list"}, "list is no kubeconfig", id="a list"),
    pytest.param({"config_path": "config", "config_context": "x"}, "no context `x` in", id="no such context"),
    pytest.param({"config_path": "config", "config_context_cluster": "x"}, "no cluster `x` in", id="no such cluster"),
    pytest.param({"config_path": "config", "config_context_auth_info": "x"}, "no user `x` in", id="no such user"),
    pytest.param({"config_path": "empty"}, "no current context in", id="no current context"),
    pytest.param({"config_path": "legacy"}, "logs in through an auth-provider", id="auth-provider"),
    pytest.param({"config_path": "data"}, "client-certificate-data in the kubeconfig is not base64", id="bad data"),
    pytest.param({"config_path": "files"}, "cannot read .*absent: No such file", id="a file it names"),
    pytest.param({"in_cluster_config": True}, "in_cluster_config is for pods", id="not in a pod"),
]


@pytest.mark.parametrize(("config", "message"), UNUSABLE)
def test_what_cannot_be_used(tmp_path: Path, config: dict[str, Any], message: str) -> None:
    kubeconfig(tmp_path / "config")
    (tmp_path / "broken").write_text("a: [")
    (tmp_path / "list").write_text("- a")
    (tmp_path / "empty").write_text("")
    kubeconfig(tmp_path / "legacy", users=[entry("user", "u", **{"auth-provider": {"name": "gcp"}})])
    kubeconfig(tmp_path / "data", users=[entry("user", "u", **{"client-certificate-data": "*"})])
    kubeconfig(tmp_path / "files", users=[entry("user", "u", tokenFile="absent")])

    with pytest.raises(BackendError, match=message) as caught:
        cluster_of(settings(config), tmp_path)
    assert caught.value.next_step


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "ca.crt").write_text("CA")
    monkeypatch.setattr(kube_config, "SERVICE_ACCOUNT", tmp_path)
    return {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.mark.parametrize("config", [{"in_cluster_config": True}, {}], ids=["asked for", "nothing else there"])
def test_in_a_pod(pod: dict[str, str], tmp_path: Path, config: dict[str, Any]) -> None:
    found = cluster_of(settings(config, pod), tmp_path)

    assert found == Cluster("https://10.0.0.1:443", authorities="CA", token=SECRET)


def test_in_a_pod_with_an_address_of_ipv6(pod: dict[str, str], tmp_path: Path) -> None:
    env = {**pod, "KUBERNETES_SERVICE_HOST": "fd00::1", "KUBE_IN_CLUSTER_CONFIG": "true"}

    assert cluster_of(settings({}, env), tmp_path).server == "https://[fd00::1]:443"


def test_how_the_server_is_asked() -> None:
    s = settings({"insecure": True, "proxy_url": "http://p:1"})
    asked = kubernetes_rest(s, Cluster("https://h", server_name="kube", user="u", password="p"), "here")

    assert asked.headers == (("Authorization", basic("u", "p")),)
    assert (asked.tls.verify, asked.tls.server_name) == (False, "kube")
    assert asked.proxies.through("https://h") == "http://p:1"
    own = kubernetes_rest(s, Cluster("https://h", proxy="http://q:2"), "here")
    assert own.proxies.through("https://h") == "http://q:2"
    environment = settings({}, {"HTTPS_PROXY": "http://r:3"})
    assert kubernetes_rest(environment, Cluster("https://h"), "here").proxies.through("https://h") == "http://r:3"


@pytest.mark.parametrize(
    ("cluster", "insecure", "url"),
    [
        (Cluster("https://h/"), False, "https://h"),
        (Cluster("h:80"), False, "http://h:80"),
        (Cluster("h:443"), True, "https://h:443"),
        (Cluster("h:443", authorities="x"), False, "https://h:443"),
    ],
)
def test_the_servers_url(cluster: Cluster, insecure: bool, url: str) -> None:
    assert server_url(cluster, insecure) == url


def test_labels_and_unknown_settings() -> None:
    assert labels(settings({"labels": {"a": "b"}})) == {"a": "b"}
    config = {"secret_suffix": "app", "host": "https://h", "vault": "x"}
    opened = open_backend(BackendConfig("kubernetes", config), unit_dir=Path(), env={}, runner=run)

    assert opened.notes == ("backend kubernetes: settings not known to driftgate and not honoured: vault",)
    with pytest.raises(BackendError, match="secret_suffix not set"):
        open_backend(BackendConfig("kubernetes"), unit_dir=Path(), env={}, runner=run)

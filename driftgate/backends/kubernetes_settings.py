"""The settings of a `kubernetes` backend: which cluster keeps the state, and how it is reached. Pure but for files.

Honoured, with Terraform's environment fallbacks: secret_suffix namespace (KUBE_NAMESPACE) labels · in_cluster_config
(KUBE_IN_CLUSTER_CONFIG), else config_path (KUBE_CONFIG_PATH) or config_paths (KUBE_CONFIG_PATHS) with config_context
(KUBE_CTX) config_context_cluster (KUBE_CTX_CLUSTER) config_context_auth_info (KUBE_CTX_AUTH_INFO) · over either: host
(KUBE_HOST) token (KUBE_TOKEN) username (KUBE_USER) password (KUBE_PASSWORD) client_certificate (KUBE_CLIENT_CERT_DATA)
client_key (KUBE_CLIENT_KEY_DATA) cluster_ca_certificate (KUBE_CLUSTER_CA_CERT_DATA) insecure (KUBE_INSECURE) ·
proxy_url (KUBE_PROXY_URL), else HTTP_PROXY HTTPS_PROXY NO_PROXY. Without effect in terraform too: load_config_file,
and insecure-skip-tls-verify in a kubeconfig. $KUBECONFIG is not read, as terraform does not. `exec` is never run.

Source: https://developer.hashicorp.com/terraform/language/backend/kubernetes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from driftgate.backends.base import BackendError
from driftgate.backends.kube_config import Chosen, Cluster, from_files, in_cluster, no_command
from driftgate.backends.rest import Rest, basic
from driftgate.backends.rest_proxy import Proxies, proxies
from driftgate.backends.rest_tls import Tls, system_trust
from driftgate.backends.where_settings import Settings

_HONOURED = """secret_suffix namespace labels in_cluster_config load_config_file config_path config_paths config_context
    config_context_cluster config_context_auth_info host token username password client_certificate client_key
    cluster_ca_certificate insecure proxy_url exec"""
HONOURED = frozenset(_HONOURED.split())
LOGIN = (
    "check the token or certificate; its user needs get, list, create, update and delete for secrets, and get, "
    "create, update and delete for leases (coordination.k8s.io) in the namespace"
)


def cluster_of(s: Settings, unit_dir: Path) -> Cluster:
    """The cluster and login of the backend with settings `s`. Raises BackendError for what cannot be used."""
    own = _own(s)
    if s.flag("in_cluster_config", "KUBE_IN_CLUSTER_CONFIG"):
        found: Cluster | None = in_cluster(s.env)
    else:
        found = _from_files(s, unit_dir, has_login=bool(own.token or own.certificate or own.user))
    if found is None and not own.server and s.env.get("KUBERNETES_SERVICE_HOST"):
        found = in_cluster(s.env)
    merged = _over(found or Cluster(), own)
    if not merged.server:
        raise BackendError(
            "backend kubernetes: nothing says which cluster: no host, no kubeconfig",
            next_step="name a kubeconfig with config_path or KUBE_CONFIG_PATH (KUBECONFIG is not read)",
        )
    return merged


def kubernetes_rest(s: Settings, cluster: Cluster, where: str) -> Rest:
    """How the API server of `cluster` is asked."""
    headers = cluster.acting_as
    if cluster.token:
        headers += (("Authorization", f"Bearer {cluster.token}"),)
    elif cluster.user:
        headers += (("Authorization", basic(cluster.user, cluster.password)),)
    tls = Tls(
        verify=not s.flag("insecure", "KUBE_INSECURE"),
        authorities=cluster.authorities,
        certificate=cluster.certificate,
        key=cluster.key,
        server_name=cluster.server_name,
        extra=system_trust(s.env),
    )
    through = cluster.proxy or s.get("proxy_url", "KUBE_PROXY_URL")
    return Rest(where, LOGIN, headers, tls, Proxies(through, through) if through else proxies(s.env))


def server_url(cluster: Cluster, insecure: bool) -> str:
    """The API server's URL; without a scheme it is https exactly when there is something about TLS, as in client-go."""
    if "://" in cluster.server:
        return cluster.server.rstrip("/")
    secured = insecure or cluster.authorities or cluster.certificate
    return f"{'https' if secured else 'http'}://{cluster.server}".rstrip("/")


def labels(s: Settings) -> dict[str, str]:
    """The block's own labels."""
    return {str(name): str(value) for name, value in s.nested("labels").items()}


def _own(s: Settings) -> Cluster:
    return Cluster(
        server=s.get("host", "KUBE_HOST"),
        authorities=s.get("cluster_ca_certificate", "KUBE_CLUSTER_CA_CERT_DATA"),
        certificate=s.get("client_certificate", "KUBE_CLIENT_CERT_DATA"),
        key=s.get("client_key", "KUBE_CLIENT_KEY_DATA"),
        token=s.get("token", "KUBE_TOKEN"),
        user=s.get("username", "KUBE_USER"),
        password=s.get("password", "KUBE_PASSWORD"),
    )


def _over(found: Cluster, own: Cluster) -> Cluster:
    """The cluster found with what the block itself says in its place; a token goes before a file's other logins."""
    return replace(
        found,
        server=own.server or found.server,
        authorities=own.authorities or found.authorities,
        certificate=own.certificate or found.certificate,
        key=own.key or found.key,
        token=own.token or found.token,
        user=own.user or found.user,
        password=own.password or found.password,
    )


def _from_files(s: Settings, unit_dir: Path, has_login: bool) -> Cluster | None:
    exec_plugin = s.nested("exec")
    if exec_plugin and not has_login:
        raise no_command(exec_plugin.get("command"), exec_plugin.get("args"), "backend kubernetes")
    chosen = Chosen(
        s.get("config_context", "KUBE_CTX"),
        s.get("config_context_cluster", "KUBE_CTX_CLUSTER"),
        s.get("config_context_auth_info", "KUBE_CTX_AUTH_INFO"),
    )
    paths = [_expanded(path, unit_dir, s.env) for path in _paths(s)]
    return from_files(paths, chosen, may_log_in=not has_login and not exec_plugin)


def _paths(s: Settings) -> list[str]:
    one, several = s.get("config_path", "KUBE_CONFIG_PATH"), s.backend.config.get("config_paths")
    if one:
        return [one]
    if isinstance(several, list | tuple) and several:
        return [str(path) for path in several]
    return [path for path in s.env.get("KUBE_CONFIG_PATHS", "").split(os.pathsep) if path]


def _expanded(path: str, unit_dir: Path, env: Mapping[str, str]) -> Path:
    home = env.get("HOME", "")
    return unit_dir / (home + path[1:] if path.startswith("~/") and home else path)

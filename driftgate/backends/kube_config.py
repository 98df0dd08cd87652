"""Which cluster, and as whom: kubeconfig files and a pod's own service account, by client-go's rules.

Nothing is ever run: a login that only a command can give (an `exec` plugin) is an error that says so.
Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from driftgate.backends.base import BackendError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster's API server and the login for it; certificates and keys are PEM texts."""

    server: str = ""
    authorities: str = ""
    server_name: str = ""
    proxy: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    acting_as: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a backend block chooses in a kubeconfig; "" leaves it to the file."""

    context: str = ""
    cluster: str = ""
    user: str = ""


def in_cluster(env: Mapping[str, str]) -> Cluster:
    """The cluster that this pod runs in, as its service account. Raises BackendError outside of one."""
    host, port = env.get("KUBERNETES_SERVICE_HOST"), env.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise BackendError(
            "backend kubernetes: in_cluster_config is for pods, and this is none (no KUBERNETES_SERVICE_HOST)",
            next_step="name a kubeconfig with config_path or KUBE_CONFIG_PATH",
        )
    host = f"[{host}]" if ":" in host else host
    authority = SERVICE_ACCOUNT / "ca.crt"
    return Cluster(
        f"https://{host}:{port}",
        authorities=_file(authority) if authority.exists() else "",
        token=_file(SERVICE_ACCOUNT / "token").strip(),
    )


def from_files(paths: Sequence[Path], chosen: Chosen, *, may_log_in: bool = True) -> Cluster | None:
    """The cluster that the kubeconfig files say, of which the first to name a thing decides; None without a file.

    With `may_log_in` False the block has a login of its own, and an `exec` plugin in the files does not matter.
    Raises BackendError for a file that is none, and for what it names and does not hold.
    """
    documents = [(path, _document(path)) for path in paths if path.exists()]
    if not documents:
        return None
    context_name = chosen.context or next((d["current-context"] for _, d in documents if d.get("current-context")), "")
    context = _named(documents, "contexts", "context", context_name)[1] if context_name else {}
    cluster_name, user_name = chosen.cluster or context.get("cluster", ""), chosen.user or context.get("user", "")
    if not cluster_name:
        raise BackendError(
            f"no current context in {', '.join(str(path) for path, _ in documents)}",
            next_step="choose one with config_context or KUBE_CTX; `kubectl config get-contexts` shows those there are",
        )
    folder, cluster = _named(documents, "clusters", "cluster", cluster_name)
    found = Cluster(
        str(cluster.get("server") or ""),
        _pem(cluster, "certificate-authority", folder),
        str(cluster.get("tls-server-name") or ""),
        str(cluster.get("proxy-url") or ""),
    )
    if not user_name or found.server.startswith("http://"):
        return found  # as client-go: no login goes over an open wire
    folder, user = _named(documents, "users", "user", user_name)
    return _with_login(found, user, folder, user_name, may_log_in)


def no_command(command: object, arguments: object, where: str) -> BackendError:
    """The error for a login that only a command can give."""
    words = " ".join(str(word) for word in (command, *(arguments if isinstance(arguments, list) else [])))
    return BackendError(
        f"{where} gets its token from a command, and driftgate runs none to look at a state: {words}",
        next_step="run it yourself and give the token in its answer (status.token) as KUBE_TOKEN",
    )


def _with_login(cluster: Cluster, user: Mapping[str, Any], folder: Path, name: str, may_log_in: bool) -> Cluster:
    token = str(user.get("token") or "")
    if user.get("tokenFile"):
        token = _file(folder / str(user["tokenFile"])).strip()
    found = replace(
        cluster,
        certificate=_pem(user, "client-certificate", folder),
        key=_pem(user, "client-key", folder),
        token=token,
        user=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        acting_as=tuple(_acting_as(user)),
    )
    if may_log_in and not (found.certificate or found.token or found.user):
        _refuse_plugins(user, name)
    return found


def _acting_as(user: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The headers for another user than the one who logs in."""
    for name, header in (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")):
        if user.get(name):
            yield header, str(user[name])
    for group in user.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for name, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(str(name).lower(), safe='')}", str(value)


def _refuse_plugins(user: Mapping[str, Any], name: str) -> None:
    exec_plugin = user.get("exec")
    if isinstance(exec_plugin, Mapping):
        raise no_command(exec_plugin.get("command"), exec_plugin.get("args"), f"kubeconfig user `{name}`")
    if user.get("auth-provider"):
        raise BackendError(
            f"kubeconfig user `{name}` logs in through an auth-provider, which Kubernetes has removed",
            next_step="give a token as KUBE_TOKEN",
        )


def _document(path: Path) -> Mapping[str, Any]:
    text = _file(path)
    try:
        document = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        document = None
    if not isinstance(document, Mapping):
        raise BackendError(f"{path} is no kubeconfig", next_step="check config_path or KUBE_CONFIG_PATH")
    return document


def _named(
    documents: Sequence[tuple[Path, Mapping[str, Any]]], many: str, one: str, name: str
) -> tuple[Path, Mapping[str, Any]]:
    """The entry `name` and the folder that its relative paths start from."""
    for path, document in documents:
        for entry in document.get(many) or ():
            if isinstance(entry, Mapping) and entry.get("name") == name:
                found = entry.get(one)
                return path.parent, found if isinstance(found, Mapping) else {}
    raise BackendError(
        f"no {one} `{name}` in {', '.join(str(path) for path, _ in documents)}",
        next_step="`kubectl config view` shows what there is",
    )


def _pem(entry: Mapping[str, Any], name: str, folder: Path) -> str:
    """The text of the file `name`, or of its base64 under `name-data`, which goes first."""
    data = entry.get(f"{name}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise BackendError(f"{name}-data in the kubeconfig is not base64", next_step="write it anew") from None
    return _file(folder / str(entry[name])) if entry.get(name) else ""


def _file(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "not a text"
        raise BackendError(f"cannot read {path}: {reason}", next_step="check the path and its permissions") from None

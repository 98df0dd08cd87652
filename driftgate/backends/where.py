"""Says where a state is from a backend's configuration: pure, no network, and never a secret in the result.

The rules are those of Terraform's backends (developer.hashicorp.com/terraform/language/backend, one page per type),
checked against what a real terraform writes.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from driftgate.backends.where_settings import Settings, UnlocatedError
from driftgate.backends.where_url import connection, normal_host, normal_url, without_secrets
from driftgate.unit import BackendConfig, StateLocation

REMOVED = frozenset({"artifactory", "azure", "etcd", "etcdv3", "manta", "swift"})
BUCKET_VERSIONS = "bucket setting, not in the configuration"


def locate(
    backend: BackendConfig,
    unit_dir: PurePosixPath,
    *,
    env: Mapping[str, str] | None = None,
    root: PurePosixPath | None = None,
) -> StateLocation:
    """Where the state of `backend` in its workspace is.

    `unit_dir` is relative to the repo root; `root`, the repo's absolute path, lets an absolute local path inside the
    repo equal a relative one. `env` gives the fallbacks that Terraform reads from the environment.
    Raises UnlocatedError when settings are missing, or the type cannot be located.
    """
    locator = _LOCATORS.get(backend.type)
    if locator is None:
        why = "was removed in Terraform 1.3" if backend.type in REMOVED else "is not one driftgate knows"
        raise UnlocatedError(f"backend type `{backend.type}` {why}")
    try:
        return locator(Settings(backend, unit_dir, env or {}, root))
    except ValueError:  # urllib's; it quotes what may be a password
        raise no_address(backend.type) from None


def no_address(kind: str) -> UnlocatedError:
    """The error for a setting of a backend that should be an address and is none."""
    return UnlocatedError(f"backend {kind}: an address in it is none", next_step="check host, port and brackets")


def _local(s: Settings) -> StateLocation:
    if s.named:
        path = posixpath.join(s.get("workspace_dir") or "terraform.tfstate.d", s.workspace, "terraform.tfstate")
    else:
        path = s.get("path") or "terraform.tfstate"
    path = posixpath.normpath(posixpath.join(str(s.unit_dir), path))
    if s.root is not None and PurePosixPath(path).is_relative_to(s.root):
        path = str(PurePosixPath(path).relative_to(s.root))
    return StateLocation(f"local://{path}", path, "file lock", "one backup file beside the state")


def _s3(s: Settings) -> StateLocation:
    bucket, key = s.need("bucket", "key")
    if s.named:
        key = _join(s.get("workspace_key_prefix", default="env:"), s.workspace, key)
    endpoint = s.nested("endpoints").get("s3") or s.get(
        "endpoint", "AWS_ENDPOINT_URL_S3", "AWS_S3_ENDPOINT", "AWS_ENDPOINT_URL"
    )
    region = s.get("region", "AWS_REGION", "AWS_DEFAULT_REGION")
    lock = "+".join(
        name for name, on in (("lockfile", s.flag("use_lockfile")), ("dynamodb", bool(s.get("dynamodb_table")))) if on
    )
    where = _aws_service(str(endpoint), region)
    return StateLocation(f"s3://{bucket}/{key}{where}", key, lock or None, BUCKET_VERSIONS)


def _aws_service(endpoint: str, region: str) -> str:
    """What sets two buckets of one name apart: another S3 service, or another partition of AWS."""
    host = normal_url(endpoint).partition("://")[2].rstrip("/")
    if host and not host.partition("/")[0].endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws")):
        return f"?endpoint={host}"
    partition = next((p for start, p in _PARTITIONS.items() if region.startswith(start)), "")
    return f"?partition={partition}" if partition else ""


_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}


def _azurerm(s: Settings) -> StateLocation:
    account, container, key = s.need("storage_account_name", "container_name", "key")
    blob = f"{key}env:{s.workspace}" if s.named else key
    cloud = s.get("environment", "ARM_ENVIRONMENT", default="public").lower()
    suffix = "" if cloud in ("public", "") else f".{cloud}"
    snapshot = s.flag("snapshot", "ARM_SNAPSHOT")
    versioned = "a snapshot before each write" if snapshot else "account setting, not in the configuration"
    return StateLocation(f"azurerm://{account.lower()}{suffix}/{container}/{blob}", blob, "lease", versioned)


def _gcs(s: Settings) -> StateLocation:
    (bucket,) = s.need("bucket")
    path = _join(s.get("prefix").lstrip("/"), f"{s.workspace}.tfstate")
    endpoint = s.get(
        "storage_custom_endpoint", "GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", "GOOGLE_STORAGE_CUSTOM_ENDPOINT"
    )
    where = f"?endpoint={normal_url(endpoint)}" if endpoint else ""
    return StateLocation(f"gcs://{bucket}/{path}{where}", path, "lock object", BUCKET_VERSIONS)


def _http(s: Settings) -> StateLocation:
    s.no_workspaces()
    (address,) = s.need("address", env={"address": "TF_HTTP_ADDRESS"})
    url = normal_url(address)
    lock = "LOCK request" if s.get("lock_address", "TF_HTTP_LOCK_ADDRESS") else None
    gitlab = "/api/v4/projects/" in url and "/terraform/state/" in url
    return StateLocation(url, url, lock, "kept by GitLab" if gitlab else "up to the server, not in the configuration")


def _consul(s: Settings) -> StateLocation:
    (path,) = s.need("path")
    if s.named:
        path = f"{path}-env:{s.workspace}"
    address = s.get("address", "CONSUL_HTTP_ADDR", default="127.0.0.1:8500")
    host = without_secrets(address).rpartition("://")[2].rstrip("/").lower()
    datacenter = s.get("datacenter")
    where = f"?dc={datacenter}" if datacenter else ""
    lock = "session" if s.flag("lock", default=True) else None
    return StateLocation(f"consul://{host}/{path}{where}", path, lock, "no")


def _kubernetes(s: Settings) -> StateLocation:
    (suffix,) = s.need("secret_suffix")
    namespace = s.get("namespace", "KUBE_NAMESPACE", default="default")
    secret = f"tfstate-{s.workspace}-{suffix}"
    cluster = normal_url(s.get("host", "KUBE_HOST")) or ":".join(
        filter(None, (s.get("config_path", "KUBE_CONFIG_PATH"), s.get("config_context", "KUBE_CTX")))
    )
    return StateLocation(
        f"kubernetes://{cluster.rpartition('://')[2]}/{namespace}/{secret}", f"{namespace}/{secret}", "lease", "no"
    )


def _pg(s: Settings) -> StateLocation:
    conn_str = s.get("conn_str", "PG_CONN_STR")
    if not conn_str and "PGHOST" not in s.env:
        s.need("conn_str")
    database = connection(conn_str, s.env)
    schema = s.get("schema_name", "PG_SCHEMA_NAME", default="terraform_remote_state")
    table = s.get("table_name", "PG_TABLE_NAME", default="states")
    row = f"{schema}.{table}/{s.workspace}"
    return StateLocation(f"pg://{database}/{row}", row, "advisory lock", "no")


def _oss(s: Settings) -> StateLocation:
    (bucket,) = s.need("bucket")
    prefix, key = s.get("prefix", default="env:"), s.get("key", default="terraform.tfstate")
    path = _join(prefix, s.workspace if s.named else "", key)
    lock = "tablestore" if s.get("tablestore_table") else None
    return StateLocation(f"oss://{bucket}/{path}", path, lock, BUCKET_VERSIONS)


def _cos(s: Settings) -> StateLocation:
    (bucket,) = s.need("bucket")
    path = _join(s.get("prefix"), s.workspace if s.named else "", s.get("key", default="terraform.tfstate"))
    region = s.get("region", "TENCENTCLOUD_REGION")
    return StateLocation(f"cos://{bucket}.{region}/{path}", path, "tag", BUCKET_VERSIONS)


def _oci(s: Settings) -> StateLocation:
    bucket, namespace = s.need("bucket", "namespace")
    path = s.get("key", default="terraform.tfstate")
    if s.named:
        path = _join(s.get("workspace_key_prefix", default="tf-state-env"), s.workspace, path)
    region = s.get("region", "OCI_region", "OCI_REGION")
    return StateLocation(f"oci://{namespace}.{region}/{bucket}/{path}", path, "lock object", BUCKET_VERSIONS)


def _inmem(s: Settings) -> StateLocation:
    return StateLocation(f"inmem://{s.unit_dir}#{s.workspace}", "memory of one terraform run", "in the run", "no")


def _remote(s: Settings) -> StateLocation:
    workspaces = s.nested("workspaces")
    name, prefix = workspaces.get("name"), workspaces.get("prefix")
    if name:
        s.no_workspaces()
    elif not prefix:
        raise s.missing("workspaces")
    elif not s.named:
        raise UnlocatedError(
            f"backend remote with workspaces prefix `{prefix}` has no default workspace",
            next_step="choose one with --workspace",
        )
    return _hcp(s, str(name) if name else f"{prefix}{s.workspace}")


def _cloud(s: Settings) -> StateLocation:
    chosen = s.nested("workspaces").get("name") or s.env.get("TF_WORKSPACE") or (s.workspace if s.named else "")
    if not chosen:
        raise UnlocatedError(
            "cloud block selects its workspaces by tags or project, and none is selected",
            next_step="choose one with --workspace",
        )
    return _hcp(s, str(chosen))


def _hcp(s: Settings, workspace: str) -> StateLocation:
    """HCP Terraform or Terraform Enterprise: `cloud` and `remote` reach the same states."""
    (organization,) = s.need("organization", env={"organization": "TF_CLOUD_ORGANIZATION"})
    path = f"{organization}/{workspace}"
    return StateLocation(f"cloud://{hostname(s)}/{path}", path, "workspace lock", "yes, by the service")


def hostname(s: Settings) -> str:
    """The host that a `cloud` block or a `remote` backend with settings `s` names."""
    variables = ("TF_CLOUD_HOSTNAME",) if s.backend.type == "cloud" else ()
    return normal_host(s.get("hostname", *variables, default="app.terraform.io"))


def _join(*parts: str) -> str:
    """Go's path.Join: empty parts skipped, the rest cleaned."""
    present = [part for part in parts if part]
    return posixpath.normpath("/".join(present)) if present else ""


_LOCATORS: Mapping[str, Callable[[Settings], StateLocation]] = {
    "azurerm": _azurerm,
    "cloud": _cloud,
    "consul": _consul,
    "cos": _cos,
    "gcs": _gcs,
    "http": _http,
    "inmem": _inmem,
    "kubernetes": _kubernetes,
    "local": _local,
    "oci": _oci,
    "oss": _oss,
    "pg": _pg,
    "remote": _remote,
    "s3": _s3,
}
TYPES = frozenset(_LOCATORS)

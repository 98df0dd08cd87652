"""The backend settings that may be shown: they say where a state is or how it is kept, and are no secrets."""

from __future__ import annotations

from collections.abc import Mapping

from driftgate.backends.where_url import without_secrets
from driftgate.unit import BackendConfig

# developer.hashicorp.com/terraform/language/backend, one page per type. A setting that is not here is never shown.
_TABLE = {
    "azurerm": """storage_account_name container_name key resource_group_name subscription_id tenant_id environment
        endpoint metadata_host snapshot use_azuread_auth use_cli use_msi use_oidc use_aks_workload_identity""",
    "cloud": "organization hostname workspaces",
    "consul": "path address scheme datacenter gzip lock",
    "cos": "bucket prefix key region encrypt acl accelerate domain endpoint",
    "gcs": "bucket prefix kms_encryption_key storage_custom_endpoint impersonate_service_account",
    "http": """address update_method lock_address lock_method unlock_address unlock_method
        skip_cert_verification""",
    "inmem": "",
    "kubernetes": """secret_suffix namespace labels in_cluster_config config_path config_paths config_context
        config_context_cluster host""",
    "local": "path workspace_dir",
    "oci": "bucket namespace key workspace_key_prefix region kms_key_id auth config_file_profile",
    "oss": "bucket prefix key region endpoint tablestore_endpoint tablestore_table encrypt acl profile",
    "pg": "schema_name table_name index_name skip_schema_creation skip_table_creation",
    "remote": "organization hostname workspaces",
    "s3": """bucket key region workspace_key_prefix dynamodb_table use_lockfile encrypt kms_key_id acl profile role_arn
        endpoint endpoints dynamodb_endpoint force_path_style use_path_style sts_region sts_endpoint iam_endpoint
        allowed_account_ids forbidden_account_ids skip_credentials_validation skip_region_validation
        skip_requesting_account_id skip_metadata_api_check skip_s3_checksum use_dualstack_endpoint use_fips_endpoint
        max_retries retry_mode shared_config_files shared_credentials_files""",
}
PUBLIC_SETTINGS: Mapping[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _TABLE.items()}

_REACH = """access_key assume_role assume_role_with_web_identity client_id client_secret credentials dynamodb_endpoint
    dynamodb_table encrypt impersonate_service_account kms_encryption_key kms_key_id password profile
    resource_group_name role_arn sas_token secret_key shared_config_files shared_credentials_files subscription_id
    tenant_id token use_lockfile use_path_style username"""
# Settings that say how a state is reached or written, never where it is.
NOT_WHERE = frozenset(_REACH.split())


def public_config(backend: BackendConfig) -> dict[str, object]:
    """The settings of `backend` that may be shown, sorted, logins cut out of their URLs."""
    public = PUBLIC_SETTINGS.get(backend.type, frozenset())
    return {name: _shown(backend.config[name]) for name in sorted(public & backend.config.keys())}


def _shown(value: object) -> object:
    if isinstance(value, str):
        return without_secrets(value) if "://" in value else value
    if isinstance(value, Mapping):
        return {str(name): _shown(value[name]) for name in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value

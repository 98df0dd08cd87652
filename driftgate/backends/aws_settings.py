"""The settings of an `s3` backend that decide who asks AWS and how: read here, used by `aws_session.py`. Pure.

Honoured, with Terraform's environment fallbacks: access_key secret_key token · profile · shared_credentials_files
(and shared_credentials_file) shared_config_files · assume_role, or role_arn with session_name external_id
assume_role_duration_seconds assume_role_policy assume_role_policy_arns assume_role_tags
assume_role_transitive_tag_keys · assume_role_with_web_identity · region sts_region · endpoints.s3 endpoints.dynamodb
endpoints.sts (and endpoint dynamodb_endpoint sts_endpoint) · use_path_style (and force_path_style) ·
use_fips_endpoint use_dualstack_endpoint · custom_ca_bundle insecure · http_proxy https_proxy no_proxy · max_retries
retry_mode · skip_metadata_api_check ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode ·
skip_s3_checksum · allowed_account_ids forbidden_account_ids. What is written, and how it is locked, is `s3.py`'s:
bucket key workspace_key_prefix · encrypt kms_key_id sse_customer_key acl · use_lockfile dynamodb_table. Anything else
that could matter is named by `not_honoured`.

Source: https://developer.hashicorp.com/terraform/language/backend/s3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in typeshed

from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.where_settings import Settings

_HONOURED = """bucket key workspace_key_prefix sse_customer_key access_key secret_key token profile
    shared_credentials_files shared_credentials_file shared_config_files assume_role role_arn session_name
    external_id assume_role_duration_seconds assume_role_policy assume_role_policy_arns assume_role_tags
    assume_role_transitive_tag_keys assume_role_with_web_identity region sts_region endpoints endpoint
    sts_endpoint use_path_style force_path_style use_fips_endpoint use_dualstack_endpoint custom_ca_bundle
    insecure http_proxy https_proxy no_proxy max_retries retry_mode skip_metadata_api_check
    ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode skip_s3_checksum allowed_account_ids
    forbidden_account_ids encrypt acl kms_key_id dynamodb_table dynamodb_endpoint use_lockfile"""
HONOURED = frozenset(_HONOURED.split())
# Of no account here: they are about checks that terraform makes before it starts, or gone from it long ago.
_WITHOUT_EFFECT = """lock_table iam_endpoint skip_credentials_validation skip_region_validation
    skip_requesting_account_id skip_get_ec2_platforms use_legacy_workflow object_lock_mode tags"""
WITHOUT_EFFECT = frozenset(_WITHOUT_EFFECT.split())
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True, slots=True)
class Role:
    """A role to take on: `web_identity` by an OIDC token, else with the credentials so far.

    `extra` are further arguments of the STS call, in its own spelling; values are text, int or tuples.
    """

    arn: str
    extra: tuple[tuple[str, object], ...]
    web_identity: bool = False
    token: str = ""
    token_file: str = ""


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Everything that sets two S3 clients apart, hashable: units with equal settings share one client."""

    region: str
    profile: str
    keys: tuple[str, str, str] | None
    credentials_files: tuple[str, ...]
    config_files: tuple[str, ...]
    roles: tuple[Role, ...]
    s3_endpoint: str
    dynamodb_endpoint: str
    sts_endpoint: str
    kms_endpoint: str
    sts_region: str
    path_style: bool
    fips: bool
    dualstack: bool
    ca_bundle: str
    insecure: bool
    proxies: tuple[tuple[str, str], ...] | None
    dynamodb_proxies: tuple[tuple[str, str], ...] | None
    max_retries: int | None
    retry_mode: str
    skip_metadata: bool
    metadata_endpoint: str
    metadata_mode: str
    skip_checksum: bool
    allowed_accounts: frozenset[str]
    forbidden_accounts: frozenset[str]


def aws_settings(s: Settings, around: Surroundings) -> AwsSettings:
    """How the backend with settings `s` reaches AWS. Raises BackendError for a value that cannot be used."""
    s3 = _endpoint(s, "s3", "endpoint")
    dynamodb = _endpoint(s, "dynamodb", "dynamodb_endpoint")
    region = s.get("region", "AWS_REGION", "AWS_DEFAULT_REGION")
    return AwsSettings(
        region=region,
        profile=_profile(s),
        keys=_keys(s),
        credentials_files=_files(s, around.unit_dir, "shared_credentials_files", "AWS_SHARED_CREDENTIALS_FILE"),
        config_files=_files(s, around.unit_dir, "shared_config_files", "AWS_CONFIG_FILE"),
        roles=_roles(s, around.unit_dir),
        s3_endpoint=s3,
        dynamodb_endpoint=dynamodb,
        sts_endpoint=_endpoint(s, "sts", "sts_endpoint"),
        kms_endpoint=_endpoint(s, "kms", "kms_endpoint"),
        sts_region=s.get("sts_region"),
        path_style=s.flag("use_path_style") or s.flag("force_path_style"),
        fips=s.flag("use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT"),
        dualstack=s.flag("use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT"),
        ca_bundle=_path(s.get("custom_ca_bundle", "AWS_CA_BUNDLE"), around.unit_dir),
        insecure=s.flag("insecure"),
        proxies=_proxies(s, urlsplit(s3).hostname or f"s3.{region}.amazonaws.com"),
        dynamodb_proxies=_proxies(s, urlsplit(dynamodb).hostname or f"dynamodb.{region}.amazonaws.com"),
        max_retries=_number(s, "max_retries"),
        retry_mode=s.get("retry_mode", "AWS_RETRY_MODE", default="standard"),
        skip_metadata=s.flag("skip_metadata_api_check", "AWS_EC2_METADATA_DISABLED"),
        metadata_endpoint=s.get("ec2_metadata_service_endpoint", "AWS_EC2_METADATA_SERVICE_ENDPOINT"),
        metadata_mode=s.get("ec2_metadata_service_endpoint_mode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
        skip_checksum=s.flag("skip_s3_checksum"),
        allowed_accounts=frozenset(_list(s.backend.config.get("allowed_account_ids"))),
        forbidden_accounts=frozenset(_list(s.backend.config.get("forbidden_account_ids"))),
    )


def not_honoured(s: Settings) -> tuple[str, ...]:
    """The note on settings given that change how the state is reached and that driftgate does not know, if any."""
    nested = {"endpoints.sso"} if s.nested("endpoints").get("sso") else set()
    return s.not_honoured(HONOURED | WITHOUT_EFFECT, nested)


def _keys(s: Settings) -> tuple[str, str, str] | None:
    """Access keys of the block, else of the environment unless the block names a profile, which then wins."""
    if s.get("access_key"):
        return s.get("access_key"), s.get("secret_key"), s.get("token")
    if s.get("profile") or not (s.env.get("AWS_ACCESS_KEY_ID") and s.env.get("AWS_SECRET_ACCESS_KEY")):
        return None
    return s.env["AWS_ACCESS_KEY_ID"], s.env["AWS_SECRET_ACCESS_KEY"], s.get("token", "AWS_SESSION_TOKEN")


def _profile(s: Settings) -> str:
    """A profile given beside access keys does not count; without both the SDK looks for `default` itself."""
    return "" if _keys(s) else s.get("profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE")


def _roles(s: Settings, unit_dir: Path) -> tuple[Role, ...]:
    roles = []
    web = s.nested("assume_role_with_web_identity")
    if web.get("role_arn"):
        token_file = str(web.get("web_identity_token_file") or s.env.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""))
        token = str(web.get("web_identity_token") or "")
        roles.append(Role(str(web["role_arn"]), _extra(web), True, token, _path(token_file, unit_dir)))
    role = s.nested("assume_role") or _legacy_role(s)
    if role.get("role_arn"):
        roles.append(Role(str(role["role_arn"]), _extra(role)))
    return tuple(roles)


def _legacy_role(s: Settings) -> Mapping[str, object]:
    """The flat settings that Terraform had before 1.6 under the names of the nested ones."""
    config = s.backend.config
    return {
        "role_arn": config.get("role_arn"),
        "session_name": config.get("session_name"),
        "external_id": config.get("external_id"),
        "duration": config.get("assume_role_duration_seconds"),
        "policy": config.get("assume_role_policy"),
        "policy_arns": config.get("assume_role_policy_arns"),
        "tags": config.get("assume_role_tags"),
        "transitive_tag_keys": config.get("assume_role_transitive_tag_keys"),
    }


def _extra(role: Mapping[str, object]) -> tuple[tuple[str, object], ...]:
    tags = role.get("tags")
    extra: dict[str, object] = {
        "RoleSessionName": role.get("session_name"),
        "ExternalId": role.get("external_id"),
        "DurationSeconds": _seconds(role.get("duration")),
        "Policy": role.get("policy"),
        "PolicyArns": _list(role.get("policy_arns")),
        "SourceIdentity": role.get("source_identity"),
        "Tags": tuple(sorted((str(k), str(v)) for k, v in tags.items())) if isinstance(tags, Mapping) else (),
        "TransitiveTagKeys": _list(role.get("transitive_tag_keys")),
    }
    return tuple((name, value) for name, value in extra.items() if value not in (None, "", ()))


def _seconds(duration: object) -> int | None:
    """Seconds out of `3600` or of Go's `1h30m`."""
    if duration in (None, ""):
        return None
    if str(duration).isdecimal():
        return int(str(duration))
    match = _DURATION.fullmatch(str(duration))
    if match is None:
        raise BackendError(f"backend s3: `{duration}` is not a duration", next_step="write it like `1h30m`")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _number(s: Settings, name: str) -> int | None:
    text = s.get(name)
    if not text:
        return None
    if not text.isdecimal():
        raise BackendError(f"backend s3: {name} is `{text}`, not a number", next_step=f"correct {name}")
    return int(text)


def _files(s: Settings, unit_dir: Path, name: str, variable: str) -> tuple[str, ...]:
    given = _list(s.backend.config.get(name)) or _list(s.backend.config.get(name.removesuffix("s")))
    return tuple(_path(file, unit_dir) for file in given or _list(s.env.get(variable)))


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(str(item) for item in value)
    return () if value in (None, "") else (str(value),)


def _path(text: str, unit_dir: Path) -> str:
    """Relative to the unit, where terraform runs; `~` is left to the SDK."""
    return text if not text or text.startswith("~") else str(unit_dir / text)


def _endpoint(s: Settings, service: str, legacy: str) -> str:
    name = service.upper()
    given = s.nested("endpoints").get(service) or s.get(
        legacy, f"AWS_ENDPOINT_URL_{name}", f"AWS_{name}_ENDPOINT", "AWS_ENDPOINT_URL"
    )
    endpoint = str(given)
    return endpoint if not endpoint or "://" in endpoint else f"https://{endpoint}"


def _proxies(s: Settings, host: str) -> tuple[tuple[str, str], ...] | None:
    """Proxy by URL scheme when the block sets any; None leaves it to the environment."""
    if not any(s.get(name) for name in ("http_proxy", "https_proxy", "no_proxy")):
        return None
    except_for = s.get("no_proxy", "NO_PROXY", "no_proxy")
    if except_for and proxy_bypass_environment(host, {"no": except_for}):
        return ()
    found = {
        scheme: s.get(f"{scheme}_proxy", f"{scheme.upper()}_PROXY", f"{scheme}_proxy") for scheme in ("http", "https")
    }
    return tuple((scheme, url) for scheme, url in found.items() if url)

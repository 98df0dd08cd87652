"""AWS credentials and clients, one pooled client for each set of settings; the only way to AWS for backends."""

from __future__ import annotations

import configparser
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import botocore.session
import urllib3
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    AssumeRoleWithWebIdentityCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    Credentials,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from botocore.parsers import ResponseParserError

from driftgate.backends.aws_settings import AwsSettings, Role
from driftgate.backends.base import BackendError

CONNECT_SECONDS = 5
READ_SECONDS = 60
CONNECTIONS = 32

_clients: dict[tuple[AwsSettings, str], Any] = {}
_lock = threading.Lock()


def s3_client(settings: AwsSettings) -> Any:
    """The S3 client for `settings`, shared by all threads and made on first use.

    Raises BackendError when the account is not an allowed one or a profile wants an MFA code, and whatever boto3
    raises while it looks for credentials.
    """
    return _shared(settings, "s3", Config(s3={"addressing_style": "path" if settings.path_style else "auto"}))


def dynamodb_client(settings: AwsSettings) -> Any:
    """The DynamoDB client for `settings`, shared like the S3 client. Raises as `s3_client`."""
    return _shared(settings, "dynamodb", Config())


def kms_client(settings: AwsSettings) -> Any:
    """The KMS client for `settings`, shared like the S3 client. Raises as `s3_client`."""
    return _shared(settings, "kms", Config())


def _shared(settings: AwsSettings, service: str, config: Config) -> Any:
    with _lock:  # making a boto3 client is not thread-safe, using one is
        if (settings, service) not in _clients:
            session = _identity(settings)
            _check_account(session, settings)
            _clients[settings, service] = _client(session, settings, service, config=config)
        return _clients[settings, service]


def caller(settings: AwsSettings) -> str:
    """Who AWS takes us for, as an ARN; "" when that cannot be found out quickly."""
    if settings.s3_endpoint and not settings.sts_endpoint:
        return ""  # another S3 service: its keys are nobody to AWS
    try:
        quick = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
        with _lock:
            client = _client(_identity(settings), settings, "sts", config=quick)
        return str(client.get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError, ResponseParserError, KeyError):  # the last two: something else answers there
        return ""


def _identity(settings: AwsSettings) -> botocore.session.Session:
    """A session with the credentials that `settings` ask for, roles taken on; AWS is not asked before first use."""
    session = _base_session(settings)
    if settings.keys:
        session.set_credentials(*settings.keys)
    elif settings.skip_metadata:
        session.get_component("credential_provider").remove("iam-role")
    for role in settings.roles:
        assumed = _base_session(settings)
        provider = _Fixed(_assumed(session, role, settings))
        assumed.register_component("credential_provider", CredentialResolver([provider]))
        session = assumed
    return session


def _base_session(settings: AwsSettings) -> botocore.session.Session:
    session = botocore.session.Session(profile=settings.profile or None)
    variables = {
        "ca_bundle": settings.ca_bundle,
        "ec2_metadata_service_endpoint": settings.metadata_endpoint,
        "ec2_metadata_service_endpoint_mode": settings.metadata_mode,
    }
    for name, value in variables.items():
        if value:
            session.set_config_variable(name, value)
    _shared_files(session, settings)
    if not settings.keys and session.get_scoped_config().get("mfa_serial"):
        raise BackendError(
            f"AWS profile {settings.profile or 'default'} wants an MFA code, which terraform cannot ask for either",
            next_step="get session credentials first, with `aws sts get-session-token` or a helper, and use those",
        )
    return session


def _shared_files(session: botocore.session.Session, settings: AwsSettings) -> None:
    """boto3 takes one credentials and one config file; of several, later ones win key by key, as in terraform."""
    with tempfile.TemporaryDirectory(prefix="dg-aws-") as folder:  # 0700
        files = (("credentials_file", settings.credentials_files), ("config_file", settings.config_files))
        for variable, names in files:
            if len(names) == 1:
                session.set_config_variable(variable, names[0])
            elif names:
                session.set_config_variable(variable, _merged(names, Path(folder) / variable))
        if max(len(names) for _, names in files) > 1:
            session.full_config  # noqa: B018  # read now and kept by the session, before the folder goes
            if not settings.keys:
                session.get_credentials()


def _merged(names: tuple[str, ...], target: Path) -> str:
    merged = configparser.RawConfigParser(default_section="\0", strict=False)
    merged.optionxform = str  # type: ignore[assignment,method-assign]
    for name in names:
        try:
            merged.read(Path(name).expanduser(), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):  # they quote the line
            raise BackendError(
                f"{name} cannot be read: it is no file of profiles", next_step="write it as `[profile]`, `key = value`"
            ) from None
    with target.open("w", encoding="utf-8") as file:
        merged.write(file)
    return str(target)


def _client(session: botocore.session.Session, settings: AwsSettings, service: str, **options: Any) -> Any:
    """A client of `service` under the connection settings; `options` are create_client's, their config wins."""
    if settings.insecure:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the backend block asked for it
    region = (settings.sts_region if service == "sts" else "") or settings.region
    endpoints = {
        "s3": settings.s3_endpoint,
        "dynamodb": settings.dynamodb_endpoint,
        "sts": settings.sts_endpoint,
        "kms": settings.kms_endpoint,
    }
    proxies = settings.dynamodb_proxies if service == "dynamodb" else settings.proxies
    retries: Any = {"mode": settings.retry_mode}
    if settings.max_retries is not None:
        retries["total_max_attempts"] = settings.max_retries + 1
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries=retries,
        proxies=None if proxies is None else dict(proxies),
        use_fips_endpoint=settings.fips or None,
        use_dualstack_endpoint=settings.dualstack or None,
        request_checksum_calculation="when_required" if settings.skip_checksum else None,
        response_checksum_validation="when_required" if settings.skip_checksum else None,
        user_agent_extra="driftgate",
    )
    return session.create_client(
        service,
        region_name=region or None,
        endpoint_url=endpoints[service] or None,
        verify=False if settings.insecure else settings.ca_bundle or None,
        config=config.merge(options.pop("config", Config())),
        **options,
    )


class _Fixed(CredentialProvider):
    """A provider of the credentials it was made with."""

    METHOD = CANONICAL_NAME = "driftgate"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def _assumed(source: botocore.session.Session, role: Role, settings: AwsSettings) -> Credentials:
    """Credentials of `role` that fetch themselves on first use and again before they run out."""
    create = partial(_client, source, settings)
    extra = {name: _spelled(name, value) for name, value in role.extra}
    if role.web_identity:
        fetcher: Any = AssumeRoleWithWebIdentityCredentialFetcher(create, _token(role), role.arn, extra_args=extra)
    else:
        credentials = source.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(create, credentials, role.arn, extra_args=extra)
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def _token(role: Role) -> Callable[[], str]:
    if role.token:
        return lambda: role.token
    return lambda: Path(role.token_file).expanduser().read_text(encoding="utf-8").strip()


def _spelled(name: str, value: object) -> object:
    """The argument as STS wants it: lists of structures for tags and policy ARNs."""
    if name == "Tags" and isinstance(value, tuple):
        return [{"Key": key, "Value": text} for key, text in value]
    if name == "PolicyArns" and isinstance(value, tuple):
        return [{"arn": arn} for arn in value]
    return list(value) if isinstance(value, tuple) else value


def _check_account(session: botocore.session.Session, settings: AwsSettings) -> None:
    if not settings.allowed_accounts and not settings.forbidden_accounts:
        return
    account = _client(session, settings, "sts").get_caller_identity()["Account"]
    allowed = account in settings.allowed_accounts or not settings.allowed_accounts
    if not allowed or account in settings.forbidden_accounts:
        raise BackendError(
            f"these credentials belong to AWS account {account}, which the backend's settings do not allow",
            next_step="use credentials of an account in allowed_account_ids",
        )

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from driftgate import process
from driftgate.backends.aws_settings import HONOURED, WITHOUT_EFFECT, AwsSettings, aws_settings, not_honoured
from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

UNIT = Path("/repo/live/app")


def settings(config: dict[str, Any], env: dict[str, str] | None = None) -> Settings:
    return Settings(BackendConfig("s3", config), PurePosixPath("."), env or {}, None)


def resolved(config: dict[str, Any], env: dict[str, str] | None = None) -> AwsSettings:
    return aws_settings(settings(config, env), Surroundings(UNIT, env or {}, process.run))


KEYS = {"AWS_ACCESS_KEY_ID": "env-id", "AWS_SECRET_ACCESS_KEY": "env-secret", "AWS_SESSION_TOKEN": "env-token"}


def test_nothing_given_leaves_all_to_the_default_chain() -> None:
    found = resolved({})

    assert (found.region, found.profile, found.keys, found.roles, found.proxies) == ("", "", None, (), None)
    assert (found.credentials_files, found.config_files, found.s3_endpoint, found.path_style) == ((), (), "", False)


@pytest.mark.parametrize(
    ("config", "env", "field", "expected"),
    [
        pytest.param(
            {"region": "eu-west-1"}, {"AWS_REGION": "us-east-1"}, "region", "eu-west-1", id="region of the block"
        ),
        pytest.param({}, {"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "region", "a", id="AWS_REGION first"),
        pytest.param({}, {"AWS_DEFAULT_REGION": "b"}, "region", "b", id="AWS_DEFAULT_REGION"),
        pytest.param(
            {"access_key": "k", "secret_key": "s"}, KEYS, "keys", ("k", "s", ""), id="keys of the block, no env token"
        ),
        pytest.param({}, KEYS, "keys", ("env-id", "env-secret", "env-token"), id="keys of the environment"),
        pytest.param({"profile": "p"}, KEYS, "keys", None, id="a profile in the block beats keys in the environment"),
        pytest.param({"profile": "p"}, KEYS, "profile", "p", id="profile of the block"),
        pytest.param({}, {"AWS_PROFILE": "q"}, "profile", "q", id="AWS_PROFILE"),
        pytest.param({}, {"AWS_PROFILE": "q", **KEYS}, "profile", "", id="environment keys beat AWS_PROFILE"),
        pytest.param(
            {"endpoints": {"s3": "http://a"}, "endpoint": "http://b"},
            {"AWS_ENDPOINT_URL_S3": "http://c"},
            "s3_endpoint",
            "http://a",
            id="endpoints.s3 first",
        ),
        pytest.param({"endpoints": [{"s3": "http://a"}]}, {}, "s3_endpoint", "http://a", id="endpoints as a JSON list"),
        pytest.param({"endpoint": "minio:9000"}, {}, "s3_endpoint", "https://minio:9000", id="endpoint without scheme"),
        pytest.param({}, {"AWS_S3_ENDPOINT": "http://d"}, "s3_endpoint", "http://d", id="the old AWS_S3_ENDPOINT"),
        pytest.param(
            {},
            {"AWS_ENDPOINT_URL_S3": "http://c", "AWS_ENDPOINT_URL": "http://e"},
            "s3_endpoint",
            "http://c",
            id="AWS_ENDPOINT_URL_S3 before AWS_ENDPOINT_URL",
        ),
        pytest.param({}, {"AWS_ENDPOINT_URL": "http://e"}, "sts_endpoint", "http://e", id="AWS_ENDPOINT_URL for STS"),
        pytest.param({"endpoints": {"sts": "http://f"}}, {}, "sts_endpoint", "http://f", id="endpoints.sts"),
        pytest.param({"sts_endpoint": "http://g"}, {}, "sts_endpoint", "http://g", id="sts_endpoint"),
        pytest.param({"use_path_style": True}, {}, "path_style", True, id="use_path_style"),
        pytest.param({"force_path_style": "true"}, {}, "path_style", True, id="force_path_style from -backend-config"),
        pytest.param({"max_retries": "7"}, {}, "max_retries", 7, id="max_retries as text"),
        pytest.param({"max_retries": 0}, {}, "max_retries", 0, id="max_retries 0"),
        pytest.param({}, {}, "retry_mode", "standard", id="retry mode"),
        pytest.param({"retry_mode": "adaptive"}, {}, "retry_mode", "adaptive", id="retry_mode"),
        pytest.param({"skip_metadata_api_check": True}, {}, "skip_metadata", True, id="skip_metadata_api_check"),
        pytest.param({"skip_s3_checksum": True}, {}, "skip_checksum", True, id="skip_s3_checksum"),
        pytest.param({"insecure": True}, {}, "insecure", True, id="insecure"),
        pytest.param({"use_fips_endpoint": True}, {}, "fips", True, id="fips"),
        pytest.param({}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "dualstack", True, id="dualstack from environment"),
        pytest.param(
            {"custom_ca_bundle": "ca.pem"}, {}, "ca_bundle", "/repo/live/app/ca.pem", id="CA relative to the unit"
        ),
        pytest.param({}, {"AWS_CA_BUNDLE": "/etc/ca.pem"}, "ca_bundle", "/etc/ca.pem", id="AWS_CA_BUNDLE"),
        pytest.param(
            {"shared_credentials_files": ["a", "~/b", "/c"]},
            {},
            "credentials_files",
            ("/repo/live/app/a", "~/b", "/c"),
            id="credentials files",
        ),
        pytest.param(
            {"shared_credentials_file": "/old"},
            {},
            "credentials_files",
            ("/old",),
            id="the old shared_credentials_file",
        ),
        pytest.param(
            {}, {"AWS_SHARED_CREDENTIALS_FILE": "/e"}, "credentials_files", ("/e",), id="credentials file, env"
        ),
        pytest.param({"shared_config_files": ["/x"]}, {}, "config_files", ("/x",), id="config files"),
        pytest.param({"allowed_account_ids": ["1", "2"]}, {}, "allowed_accounts", {"1", "2"}, id="allowed accounts"),
        pytest.param({"forbidden_account_ids": ["3"]}, {}, "forbidden_accounts", {"3"}, id="forbidden accounts"),
        pytest.param({"https_proxy": "http://p:1"}, {}, "proxies", (("https", "http://p:1"),), id="https_proxy"),
        pytest.param(
            {"http_proxy": "http://p:1"},
            {"HTTPS_PROXY": "http://q:2"},
            "proxies",
            (("http", "http://p:1"), ("https", "http://q:2")),
            id="http_proxy beside the environment's",
        ),
        pytest.param({}, {"HTTPS_PROXY": "http://q:2"}, "proxies", None, id="proxies of the environment are boto's"),
        pytest.param(
            {"https_proxy": "http://p:1", "no_proxy": "example.org,.amazonaws.com", "region": "eu-west-1"},
            {},
            "proxies",
            (),
            id="no_proxy",
        ),
        pytest.param(
            {"https_proxy": "http://p:1", "no_proxy": "s3.local", "endpoint": "https://s3.local:9000"},
            {},
            "proxies",
            (),
            id="no_proxy for a custom endpoint",
        ),
    ],
)
def test_settings(config: dict[str, Any], env: dict[str, str], field: str, expected: object) -> None:
    assert getattr(resolved(config, env), field) == expected


NESTED = {
    "role_arn": "arn:role",
    "session_name": "dg",
    "external_id": "x",
    "duration": "1h30m",
    "policy": "{}",
    "policy_arns": ["arn:p"],
    "source_identity": None,
    "tags": {"b": "2", "a": "1"},
    "transitive_tag_keys": ["a"],
}
FLAT = {
    "role_arn": "arn:role",
    "session_name": "dg",
    "external_id": "x",
    "assume_role_duration_seconds": 5400,
    "assume_role_policy": "{}",
    "assume_role_policy_arns": ["arn:p"],
    "assume_role_tags": {"a": "1", "b": "2"},
    "assume_role_transitive_tag_keys": ["a"],
}


@pytest.mark.parametrize(
    "config",
    [pytest.param({"assume_role": NESTED}, id="nested"), pytest.param({"assume_role": [NESTED]}, id="nested, in JSON"),
     pytest.param(FLAT, id="flat, before Terraform 1.6")],
)  # fmt: skip
def test_a_role_to_assume(config: dict[str, Any]) -> None:
    (role,) = resolved(config).roles

    assert (role.arn, role.web_identity) == ("arn:role", False)
    assert dict(role.extra) == {
        "RoleSessionName": "dg",
        "ExternalId": "x",
        "DurationSeconds": 5400,
        "Policy": "{}",
        "PolicyArns": ("arn:p",),
        "Tags": (("a", "1"), ("b", "2")),
        "TransitiveTagKeys": ("a",),
    }


def test_web_identity_comes_before_the_role_that_it_assumes() -> None:
    web = {"role_arn": "arn:web", "web_identity_token_file": "token"}
    roles = resolved({"assume_role_with_web_identity": web, "assume_role": {"role_arn": "arn:role"}}).roles

    assert [(role.arn, role.web_identity) for role in roles] == [("arn:web", True), ("arn:role", False)]
    assert roles[0].token_file == "/repo/live/app/token"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"assume_role": {"role_arn": "a", "duration": "soon"}}, "`soon` is not a duration"),
        ({"assume_role": {"role_arn": "a", "duration": 3600.5}}, "`3600.5` is not a duration"),
        ({"assume_role": {"role_arn": "a", "duration": True}}, "`True` is not a duration"),
        ({"max_retries": "many"}, "max_retries is `many`, not a number"),
    ],
)
def test_values_that_cannot_be_used(config: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        resolved(config)

    assert caught.value.next_step


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({"bucket": "b", "encrypt": True, "dynamodb_table": "t"}, "", id="nothing to say"),
        pytest.param({"workgroup": None, "quota": ""}, "", id="unknown but unset"),
        pytest.param({"zebra": 1, "quota": "x"}, "quota, zebra", id="unknown"),
        pytest.param({"endpoints": {"sso": "http://x", "s3": "http://y"}}, "endpoints.sso", id="endpoints.sso"),
    ],
)
def test_names_what_it_does_not_honour(config: dict[str, Any], expected: str) -> None:
    note = f"backend s3: settings not known to driftgate and not honoured: {expected}"

    assert not_honoured(settings(config)) == ((note,) if expected else ())


def test_a_setting_has_an_effect_or_none() -> None:
    assert not HONOURED & WITHOUT_EFFECT


def test_equal_settings_are_one_identity_and_others_are_not() -> None:
    one, same = resolved({"region": "r", **FLAT}), resolved({"region": "r", **FLAT, "key": "another"})

    assert one == same
    assert hash(one) == hash(same)
    assert one != resolved({"region": "r"})

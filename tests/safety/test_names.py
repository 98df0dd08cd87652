from __future__ import annotations

import pytest

from driftgate.safety.names import Secrecy, is_ordinary, names_of, secrecy

_PLAIN = """
tags.Name tags.Environment ingress instance_type master_username kms_key_id kms_master_key_id key_name
metadata_options[0].http_tokens password_policy[0].minimum_password_length manage_master_user_password
master_user_secret[0].kms_key_id master_user_secret[0].secret_arn master_user_secret[0].secret_status
secret_name token_ttl access_token_validity certificate_arn acm_certificate_arn ca_cert_identifier
viewer_certificate[0].ssl_support_method user_data_replace_on_change private_key_path password_length
environment[0].compute_type environment secret_version_ids rotation_enabled client_token_type bypass_policy
"""
PLAIN = _PLAIN.split()

_SECRET = """
password master_password db_passwd passphrase admin_pwd auth.pass client_secret secret_key secret_id token
session_token auth_token private_key private_key_pem api_key apiKey access_key access_key_id primary_access_key
account_key connection_string primary_connection_string connectionString kube_config_raw user_data user_data_base64
custom_data metadata_startup_script certificate certificate_body certificate_chain certificate_pem tls_cert_pem
tags.secret tags["api-token"] tags["db.password"] credentials.user metadata["startup-script"] webhook_url bcrypt_hash
secret[0].value ssl_client_key storage_key sas_url authorization DB_PASSWORD secret_string database_url
"""
SECRET = _SECRET.split()

_ENVIRONMENT = """
environment[0].variables.LOG_LEVEL environment.variables.A environment_variable[0].value app_settings.KEY env.HOME env
environment[0].environment_variable[1].value environment[2].value environment.DB_HOST env_vars.x
"""
ENVIRONMENT = _ENVIRONMENT.split()


@pytest.mark.parametrize("path", PLAIN)
def test_ordinary_names_hold_no_secrets(path: str) -> None:
    assert secrecy(names_of(path)) in (Secrecy.PLAIN, Secrecy.SUSPICIOUS)


@pytest.mark.parametrize("path", SECRET)
def test_secret_names(path: str) -> None:
    assert secrecy(names_of(path)) is Secrecy.SECRET


@pytest.mark.parametrize("path", ENVIRONMENT)
def test_environment_values(path: str) -> None:
    assert secrecy(names_of(path)) is Secrecy.ENVIRONMENT


@pytest.mark.parametrize("path", ["environment[0].environment_variable[0].name", "env[0].type", "", "name"])
def test_names_of_environment_variables_stay_readable(path: str) -> None:
    assert secrecy(names_of(path)) is Secrecy.PLAIN


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", "c")),
        ('tags["x.y"].z', ("tags", "x.y", "z")),
        ("[0]", ()),
        ("", ()),
    ],
)
def test_names_of(path: str, names: tuple[str, ...]) -> None:
    assert names_of(path) == names


@pytest.mark.parametrize(
    ("path", "expected"),
    [("key", Secrecy.SUSPICIOUS), ("auth", Secrecy.SUSPICIOUS), ("kms_key_id", Secrecy.PLAIN), ("name", Secrecy.PLAIN)],
)
def test_suspicious(path: str, expected: Secrecy) -> None:
    assert secrecy(names_of(path)) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("engine", True), ("dbInstanceIdentifier", True), ("pin", False), (1, False)]
)
def test_ordinary_names_in_a_secret_object(name: object, expected: bool) -> None:
    assert is_ordinary(name) is expected

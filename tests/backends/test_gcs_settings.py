from __future__ import annotations

import base64
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from driftgate import process
from driftgate.backends.base import BackendError, Surroundings
from driftgate.backends.gcs_settings import GcsSettings, encryption_key, gcs_settings
from driftgate.backends.rest_proxy import Proxies
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

KEY = b"0123456789abcdef0123456789abcdef"


def given(config: dict[str, Any], env: dict[str, str], unit_dir: Path = Path()) -> tuple[Settings, Surroundings]:
    backend = BackendConfig("gcs", {"bucket": "b", **config})
    return Settings(backend, PurePosixPath("."), env, None), Surroundings(unit_dir, env, process.run)


CASES = [
    pytest.param({}, {}, GcsSettings(), id="nothing"),
    pytest.param({"access_token": "a"}, {"GOOGLE_OAUTH_ACCESS_TOKEN": "b"}, GcsSettings("a"), id="block before env"),
    pytest.param({}, {"GOOGLE_OAUTH_ACCESS_TOKEN": "b"}, GcsSettings("b"), id="token of the environment"),
    pytest.param({"credentials": '{"a":1}'}, {}, GcsSettings(credentials='{"a":1}'), id="JSON"),
    pytest.param({"credentials": "key.json"}, {}, GcsSettings(credentials='{"type":"x"}'), id="relative file"),
    pytest.param(
        {}, {"GOOGLE_BACKEND_CREDENTIALS": "key.json", "GOOGLE_CREDENTIALS": "{}"},
        GcsSettings(credentials='{"type":"x"}'), id="backend's own variable first",
    ),
    pytest.param({}, {"GOOGLE_CREDENTIALS": "{}"}, GcsSettings(credentials="{}"), id="the provider's variable"),
    pytest.param(
        {}, {"GOOGLE_APPLICATION_CREDENTIALS": "/adc.json", "SSL_CERT_FILE": "/ca.pem", "HTTPS_PROXY": "http://p"},
        GcsSettings(default_file="/adc.json", ca_bundle="/ca.pem", proxies=Proxies(https="http://p")), id="application default",
    ),
    pytest.param(
        {"impersonate_service_account": "a@p", "impersonate_service_account_delegates": ["b@p", "c@p"]}, {},
        GcsSettings(impersonate="a@p", delegates=("b@p", "c@p")), id="impersonation",
    ),
    pytest.param(
        {}, {"GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": "a@p"}, GcsSettings(impersonate="a@p"), id="impersonation by env"
    ),
    pytest.param(
        {"storage_custom_endpoint": "https://gcs.test:8443/storage/v1/b"}, {},
        GcsSettings(endpoint="https://gcs.test:8443"), id="endpoint with the API's path",
    ),
    pytest.param(
        {}, {"GOOGLE_STORAGE_CUSTOM_ENDPOINT": "gcs.test/behind/"},
        GcsSettings(endpoint="https://gcs.test/behind"), id="endpoint without",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("config", "env", "expected"), CASES)
def test_settings(config: dict[str, Any], env: dict[str, str], expected: GcsSettings, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text('{"type":"x"}')

    assert gcs_settings(*given(config, env, tmp_path)) == expected


def test_nothing_secret_is_in_the_repr() -> None:
    assert "secret" not in repr(GcsSettings(access_token="secret", credentials="secret"))


@pytest.mark.parametrize("source", ["block", "environment", "file"])
def test_a_customers_key(source: str, tmp_path: Path) -> None:
    text = base64.b64encode(KEY).decode()
    (tmp_path / "csek").write_text(f"{text}\n")
    config = {"block": {"encryption_key": text}, "file": {"encryption_key": "csek"}}.get(source, {})
    env = {"GOOGLE_ENCRYPTION_KEY": text} if source == "environment" else {}

    assert encryption_key(*given(config, env, tmp_path)) == KEY


def test_no_customers_key() -> None:
    assert encryption_key(*given({}, {})) is None


@pytest.mark.parametrize("text", ["short", base64.b64encode(b"short").decode(), "*" * 44])
def test_a_customers_key_that_is_none(text: str) -> None:
    with pytest.raises(BackendError, match="not the base64 of 32 bytes"):
        encryption_key(*given({"encryption_key": text}, {}))


def test_a_credentials_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BackendError, match="credentials names a file that cannot be read"):
        gcs_settings(*given({"credentials": "key.json"}, {}, tmp_path))

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from loopback import Answer, Request, serve

from driftgate import process
from driftgate.backends.base import BackendError
from driftgate.backends.gcs import GcsBackend
from driftgate.backends.gcs_session import account, storage_client
from driftgate.backends.gcs_settings import GcsSettings
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

EMAIL = "ci@p.iam.gserviceaccount.com"


class Google:
    """Storage and token service in one: answers every read with an empty state, every exchange with a token."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.url = ""
        self.token_status = 200

    def answer(self, request: Request) -> Answer:
        self.seen.append(request)
        if request.path.startswith("/token"):
            body = {"access_token": "exchanged", "expires_in": 3600, "token_type": "Bearer"}
            error = {"error": "invalid_grant", "error_description": "No."}
            document = body if self.token_status == 200 else error
            return Answer(self.token_status, json.dumps(document).encode(), {"Content-Type": "application/json"})
        return Answer(200, b"{}", {"X-Goog-Generation": "1"})

    def bearers(self) -> list[str]:
        found = ({k.lower(): v for k, v in r.headers.items()} for r in self.seen if not r.path.startswith("/token"))
        return [headers["authorization"] for headers in found]


@pytest.fixture
def google() -> Iterator[Google]:
    service = Google()
    with serve(service.answer) as url:
        service.url = url
        yield service


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def service_account(google: Google, private_key: str) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": private_key,
        "client_email": EMAIL,
        "token_uri": f"{google.url}/token",
    }


def open_gcs(google: Google, config: dict[str, Any], env: dict[str, str] | None = None) -> GcsBackend:
    config = {"bucket": "b", "storage_custom_endpoint": f"{google.url}/storage/v1/b", **config}
    backend = open_backend(BackendConfig("gcs", config), unit_dir=Path(), env=env or {}, runner=process.run)
    assert isinstance(backend, GcsBackend)
    return backend


def test_an_access_token_is_used_as_it_is(google: Google) -> None:
    backend = open_gcs(google, {"access_token": "given"})
    backend.get()

    assert google.bearers() == ["Bearer given"]
    assert account(backend.settings) == ""


def test_an_access_token_that_no_header_may_hold_is_not_shown(google: Google) -> None:
    with pytest.raises(BackendError, match="no header may hold") as caught:
        open_gcs(google, {"access_token": "hunter22hunter22\n"}).get()

    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("source", ["block", "file", "GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS"])
def test_a_service_accounts_key(google: Google, private_key: str, tmp_path: Path, source: str) -> None:
    text = json.dumps(service_account(google, private_key))
    (tmp_path / "key.json").write_text(text)
    config = {"block": {"credentials": text}, "file": {"credentials": str(tmp_path / "key.json")}}.get(source, {})
    value = str(tmp_path / "key.json") if source == "GOOGLE_APPLICATION_CREDENTIALS" else text
    backend = open_gcs(google, config, {source: value} if source.startswith("GOOGLE") else {})
    backend.get()

    assert google.bearers() == ["Bearer exchanged"]
    assert account(backend.settings) == EMAIL


def test_a_key_that_google_no_longer_takes(google: Google, private_key: str) -> None:
    google.token_status = 400
    backend = open_gcs(google, {"credentials": json.dumps(service_account(google, private_key))})
    with pytest.raises(BackendError, match="not accepted or have expired") as caught:
        backend.get()

    assert "gcloud auth application-default login" in caught.value.next_step


def test_impersonation_asks_with_the_first_identity_for_the_second(google: Google) -> None:
    settings = GcsSettings(access_token="first", impersonate="b@p", delegates=("c@p",))
    identity = storage_client(settings)._credentials

    assert identity.service_account_email == account(settings) == "b@p"
    assert (identity._source_credentials.token, identity._delegates) == ("first", ["c@p"])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param({"credentials": "no-such-file.json"}, "neither a file nor JSON", id="no file"),
        pytest.param({"credentials": "{}"}, "no usable Google credentials", id="no type"),
        pytest.param({}, "no usable Google credentials", id="none at all"),
    ],
)
def test_credentials_that_are_none(
    google: Google, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], message: str
) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # the SDK would ask for a metadata server, for seconds
    with pytest.raises(BackendError, match=message) as caught:
        open_gcs(google, config).get()

    assert "GOOGLE_CREDENTIALS" in caught.value.next_step
    assert google.seen == []

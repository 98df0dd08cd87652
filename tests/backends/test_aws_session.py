"""Where the credentials come from: seen by a server that records who signed the request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aws_server import CREDENTIALS, aws_env
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from loopback import Answer, Request, serve

from driftgate import process
from driftgate.backends import aws_session
from driftgate.backends.base import BackendError
from driftgate.backends.registry import open_backend
from driftgate.backends.s3 import S3Backend
from driftgate.unit import BackendConfig

EXPIRY = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
GRANTED = {"AccessKeyId": "ASIAGRANTED", "SecretAccessKey": "s", "Token": "t", "Expiration": EXPIRY}
ASSUMED = """<{call}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{call}Result><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>{expiry}</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>
<AssumedRoleId>x:s</AssumedRoleId></AssumedRoleUser></{call}Result></{call}Response>"""


class Aws:
    """S3, STS, container credentials and instance metadata on one port; remembers the requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.assumed: list[dict[str, str]] = []

    def __call__(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.method == "POST":
            return self._sts(request)
        if request.path == "/latest/api/token" or request.method == "PUT":
            return Answer(200, b"metadata-token")
        if request.path.rstrip("/").endswith("security-credentials"):
            return Answer(200, b"instance-role")
        if request.path == "/container" or request.path.endswith("instance-role"):
            return Answer(200, json.dumps({**GRANTED, "Code": "Success"}).encode())
        return Answer(200, b"{}", {"ETag": '"1"'})

    def _sts(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode()))
        self.assumed.append(form | {"signed by": _signer(request)})
        key = f"ASIA{len(self.assumed)}{form.get('RoleArn', '').rpartition('/')[2].upper()}"
        return Answer(200, ASSUMED.format(call=form["Action"], key=key, expiry=EXPIRY).encode())

    @property
    def reader(self) -> str:
        """The access key that the read of the state was signed with."""
        return _signer(next(r for r in reversed(self.requests) if r.path.startswith("/bucket/")))


def _signer(request: Request) -> str:
    found = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
    return found[1] if found else ""


@pytest.fixture
def aws_seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Aws, str]]:
    monkeypatch.setattr(aws_session, "_clients", {})
    aws = Aws()
    with serve(aws) as url:
        yield aws, url


def read(url: str, config: dict[str, Any], env: dict[str, str] | None = None, unit_dir: Path = Path()) -> None:
    settings = {"bucket": "bucket", "key": "k", "region": "eu-west-1", "endpoints": {"s3": url, "sts": url}}
    settings |= {"use_path_style": True, "max_retries": 0, **config}
    backend = open_backend(BackendConfig("s3", settings), unit_dir=unit_dir, env=env or {}, runner=process.run)
    assert backend.get() is not None


def profile(name: str, key: str) -> str:
    return f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = s\n"


def test_keys_of_the_environment(aws_seen: tuple[Aws, str]) -> None:
    aws, url = aws_seen
    read(url, {}, CREDENTIALS)

    assert aws.reader == "test"


def test_keys_of_the_block_beat_the_environment(aws_seen: tuple[Aws, str]) -> None:
    aws, url = aws_seen
    read(url, {"access_key": "AKIABLOCK", "secret_key": "s"}, CREDENTIALS)

    assert aws.reader == "AKIABLOCK"


def test_a_profile_of_the_block_beats_keys_of_the_environment(
    aws_seen: tuple[Aws, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, url = aws_seen
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "credentials").write_text(profile("team", "AKIATEAM"))
    read(url, {"profile": "team", "shared_credentials_files": ["credentials"]}, CREDENTIALS, tmp_path)

    assert aws.reader == "AKIATEAM"


def test_of_several_shared_files_the_later_wins_key_by_key_and_no_copy_is_left(
    aws_seen: tuple[Aws, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, url = aws_seen
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "one").write_text(profile("team", "AKIAONE") + profile("other", "AKIAOTHER"))
    (tmp_path / "two").write_text("[team]\naws_access_key_id = AKIATWO\n")
    files = {"shared_credentials_files": [str(tmp_path / "one"), str(tmp_path / "two")]}
    read(url, {"profile": "team", **files})
    assert aws.reader == "AKIATWO"

    read(url, {"profile": "other", **files})
    assert aws.reader == "AKIAOTHER"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_shared_file_that_is_none_is_named_and_not_quoted(aws_seen: tuple[Aws, str], tmp_path: Path) -> None:
    (tmp_path / "one").write_text("aws_secret_access_key = hunter22hunter22\n")
    (tmp_path / "two").write_text(profile("team", "AKIATWO"))
    files = {"shared_credentials_files": [str(tmp_path / "one"), str(tmp_path / "two")]}
    with pytest.raises(BackendError, match="one cannot be read: it is no file of profiles") as caught:
        read(aws_seen[1], files)

    assert "hunter22" not in str(caught.value)


def test_a_session_token_that_no_header_may_hold_is_not_shown(aws_seen: tuple[Aws, str]) -> None:
    with pytest.raises(BackendError, match="no header may hold") as caught:
        read(aws_seen[1], {"access_key": "AKIAX", "secret_key": "x", "token": "hunter22hunter22\n"})

    assert "hunter22" not in str(caught.value)


def test_a_role_of_a_profile_in_the_shared_config_file(aws_seen: tuple[Aws, str], tmp_path: Path) -> None:
    aws, url = aws_seen
    (tmp_path / "config").write_text(
        f"[profile deploy]\nrole_arn = arn:aws:iam::1:role/deploy\nsource_profile = base\nendpoint_url = {url}\n"
        f"[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\nendpoint_url = {url}\n"
    )
    read(url, {"profile": "deploy", "shared_config_files": [str(tmp_path / "config")]})

    assert aws.assumed[0]["RoleArn"] == "arn:aws:iam::1:role/deploy"
    assert aws.assumed[0]["signed by"] == "AKIABASE"
    assert aws.reader == "ASIA1DEPLOY"


def test_assume_role_with_all_its_arguments(aws_seen: tuple[Aws, str]) -> None:
    aws, url = aws_seen
    role = {
        "role_arn": "arn:aws:iam::1:role/state",
        "session_name": "drift",
        "external_id": "ext",
        "duration": "20m",
        "policy": "{}",
        "policy_arns": ["arn:aws:iam::aws:policy/P"],
        "source_identity": "ci",
        "tags": {"team": "core"},
        "transitive_tag_keys": ["team"],
    }
    read(url, {"assume_role": role}, CREDENTIALS)

    (call,) = aws.assumed
    assert aws.reader == "ASIA1STATE"
    assert {k: v for k, v in call.items() if k not in ("Action", "Version")} == {
        "RoleArn": "arn:aws:iam::1:role/state",
        "RoleSessionName": "drift",
        "ExternalId": "ext",
        "DurationSeconds": "1200",
        "Policy": "{}",
        "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/P",
        "SourceIdentity": "ci",
        "Tags.member.1.Key": "team",
        "Tags.member.1.Value": "core",
        "TransitiveTagKeys.member.1": "team",
        "signed by": "test",
    }


def test_web_identity_then_a_role(aws_seen: tuple[Aws, str], tmp_path: Path) -> None:
    aws, url = aws_seen
    (tmp_path / "token").write_text("a.b.c\n")
    web = {"role_arn": "arn:aws:iam::1:role/web", "session_name": "ci", "web_identity_token_file": "token"}
    read(url, {"assume_role_with_web_identity": web, "assume_role": {"role_arn": "arn:aws:iam::1:role/state"}},
         unit_dir=tmp_path)  # fmt: skip

    first, second = aws.assumed
    assert (first["Action"], first["WebIdentityToken"], first["signed by"]) == (
        "AssumeRoleWithWebIdentity",
        "a.b.c",
        "",
    )
    assert (second["Action"], second["signed by"]) == ("AssumeRole", "ASIA1WEB")
    assert aws.reader == "ASIA2STATE"


def test_a_web_identity_token_in_the_block(aws_seen: tuple[Aws, str]) -> None:
    aws, url = aws_seen
    web = {"role_arn": "arn:aws:iam::1:role/web", "session_name": "ci", "web_identity_token": "a.b.c"}
    read(url, {"assume_role_with_web_identity": web})

    assert aws.assumed[0]["WebIdentityToken"] == "a.b.c"


def test_container_credentials(aws_seen: tuple[Aws, str], monkeypatch: pytest.MonkeyPatch) -> None:
    aws, url = aws_seen
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{url}/container")
    read(url, {})

    assert aws.reader == "ASIAGRANTED"


def test_instance_metadata_at_the_endpoint_of_the_block(
    aws_seen: tuple[Aws, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    aws, url = aws_seen
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    read(url, {"ec2_metadata_service_endpoint": url})

    assert aws.reader == "ASIAGRANTED"


def test_skip_metadata_api_check_keeps_away_from_it(aws_seen: tuple[Aws, str], monkeypatch: pytest.MonkeyPatch) -> None:
    aws, url = aws_seen
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with pytest.raises(BackendError, match="no AWS credentials found"):
        read(url, {"ec2_metadata_service_endpoint": url, "skip_metadata_api_check": True})

    assert aws.requests == []


def test_a_role_without_credentials_to_assume_it_with(aws_seen: tuple[Aws, str]) -> None:
    _, url = aws_seen
    with pytest.raises(BackendError, match="no AWS credentials found") as caught:
        read(url, {"assume_role": {"role_arn": "arn:aws:iam::1:role/state"}})

    assert "AWS_PROFILE" in caught.value.next_step


def test_a_profile_that_does_not_exist(aws_seen: tuple[Aws, str]) -> None:
    _, url = aws_seen
    with pytest.raises(BackendError, match=r"profile \(nobody\) could not be found"):
        read(url, {"profile": "nobody"})


def test_a_profile_that_wants_an_mfa_code_does_not_ask_for_it(aws_seen: tuple[Aws, str], tmp_path: Path) -> None:
    _, url = aws_seen
    (tmp_path / "config").write_text(
        "[profile mfa]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = mfa\nmfa_serial = arn:aws:iam::1:mfa/me\n"
    )
    with pytest.raises(BackendError, match="AWS profile mfa wants an MFA code"):
        read(url, {"profile": "mfa", "shared_config_files": [str(tmp_path / "config")]})


def test_an_sso_profile_without_a_login(aws_seen: tuple[Aws, str], tmp_path: Path) -> None:
    _, url = aws_seen
    (tmp_path / "config").write_text(
        "[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.test/start\n"
    )
    with pytest.raises(BackendError, match="the SSO login has expired or is missing") as caught:
        read(url, {"profile": "sso", "shared_config_files": [str(tmp_path / "config")]})

    assert "aws sso login" in caught.value.next_step


def test_a_role_that_may_not_be_assumed() -> None:
    body = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
    message = r"the role cannot be assumed \(AccessDenied: not you\)"
    with serve(lambda request: Answer(403, body)) as url, pytest.raises(BackendError, match=message) as caught:
        read(url, {"assume_role": {"role_arn": "arn:aws:iam::1:role/state"}}, CREDENTIALS)

    assert "trust policy" in caught.value.next_step


ACCOUNT = "123456789012"  # moto's


@pytest.mark.parametrize(
    ("config", "refused"),
    [
        pytest.param({}, False, id="no rule"),
        pytest.param({"allowed_account_ids": [ACCOUNT]}, False, id="allowed"),
        pytest.param({"forbidden_account_ids": ["1"]}, False, id="another is forbidden"),
        pytest.param({"allowed_account_ids": ["1"]}, True, id="only another is allowed"),
        pytest.param({"forbidden_account_ids": [ACCOUNT]}, True, id="forbidden"),
    ],
)
def test_accounts(aws: str, config: dict[str, Any], refused: bool) -> None:
    settings = {"bucket": "no-such-bucket", "key": "k", **config}
    backend = open_backend(BackendConfig("s3", settings), unit_dir=Path(), env=aws_env(aws), runner=process.run)
    message = f"belong to AWS account {ACCOUNT}" if refused else "does not exist"

    with pytest.raises(BackendError, match=message):
        backend.get()


def test_the_callers_name_is_left_out_when_aws_does_not_tell() -> None:
    env = {**CREDENTIALS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    config = {"bucket": "bucket", "key": "k"}
    backend = open_backend(BackendConfig("s3", config), unit_dir=Path(), env=env, runner=process.run)
    assert isinstance(backend, S3Backend)

    assert aws_session.caller(backend.settings) == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b"<a/>", b"{}"])
def test_a_denial_is_told_whatever_comes_in_the_place_of_aws_sts(body: bytes) -> None:
    def answer(request: Request) -> Answer:
        return Answer(403) if request.method == "GET" else Answer(200, body)

    with serve(answer) as url, pytest.raises(BackendError, match="access denied"):
        read(url, {"endpoints": {"s3": url, "sts": url}}, CREDENTIALS)


def test_something_else_in_the_place_of_aws_sts_is_no_bug_of_ours() -> None:
    role = {"assume_role": {"role_arn": "arn:aws:iam::123456789012:role/x"}}
    with serve(lambda asked: Answer(200, b"<html>")) as url, pytest.raises(BackendError, match="cannot read s3://"):
        read(url, role, CREDENTIALS)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "s3")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = tmp_path_factory.mktemp("tls") / "s3.pem"
    path.write_bytes(
        signed.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.mark.parametrize("trust", ["custom_ca_bundle", "AWS_CA_BUNDLE", "insecure", "nothing"])
def test_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch, trust: str) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    aws = Aws()
    config: dict[str, Any] = {"custom_ca_bundle": str(certificate)} if trust == "custom_ca_bundle" else {}
    config |= {"insecure": True} if trust == "insecure" else {}
    env = CREDENTIALS | ({"AWS_CA_BUNDLE": str(certificate)} if trust == "AWS_CA_BUNDLE" else {})
    with serve(aws, certificate=certificate) as url:
        if trust == "nothing":
            with pytest.raises(BackendError, match="certificate is not trusted"):
                read(url, config, env)
            return
        read(url, config, env)

    assert aws.reader == "test"


def test_without_a_region_it_still_asks_the_endpoint(aws_seen: tuple[Aws, str]) -> None:
    aws, url = aws_seen
    read(url, {"region": None}, {k: v for k, v in CREDENTIALS.items() if "REGION" not in k})

    assert aws.reader == "test"

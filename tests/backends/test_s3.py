from __future__ import annotations

import base64
import hashlib
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_server import CREDENTIALS, aws_env
from contract.backend import BackendContract, state
from loopback import Answer, Request, serve
from terraform_cli import needs_terraform, terraform

from driftgate import process
from driftgate.backends.aws_session import s3_client
from driftgate.backends.base import Backend, BackendError
from driftgate.backends.registry import open_backend
from driftgate.backends.s3 import S3Backend
from driftgate.state.parse import parse_state
from driftgate.unit import BackendConfig

SSE_C = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


def open_s3(config: dict[str, Any], env: dict[str, str], workspace: str = "default") -> S3Backend:
    backend = open_backend(BackendConfig("s3", config, workspace), unit_dir=Path(), env=env, runner=process.run)
    assert isinstance(backend, S3Backend)
    return backend


def client(endpoint: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


@pytest.fixture
def bucket(aws: str) -> Iterator[str]:
    """The name of a fresh bucket."""
    name = f"states-{uuid.uuid4().hex[:12]}"
    s3 = client(aws)
    s3.create_bucket(Bucket=name)
    yield name
    s3.close()


class S3Store:
    verbatim = True

    def __init__(self, aws: str, bucket: str) -> None:
        self.aws, self.bucket, self.s3 = aws, bucket, client(aws)

    def put(self, data: bytes, workspace: str = "default") -> None:
        key = "app/x.tfstate" if workspace == "default" else f"env:/{workspace}/app/x.tfstate"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def dump(self) -> object:
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"]: (entry["ETag"], entry["LastModified"]) for entry in listed}

    def open(self, workspace: str = "default") -> Backend:
        return open_s3({"bucket": self.bucket, "key": "app/x.tfstate"}, aws_env(self.aws), workspace)


class TestS3(BackendContract):
    @pytest.fixture
    def store(self, aws: str, bucket: str) -> S3Store:
        return S3Store(aws, bucket)


TERRAFORM_BACKENDS = [
    pytest.param({"use_lockfile": True}, "default", "app/x.tfstate", id="plain"),
    pytest.param({"use_lockfile": True}, "blue", "env:/blue/app/x.tfstate", id="workspace"),
    pytest.param({"workspace_key_prefix": "ws"}, "blue", "ws/blue/app/x.tfstate", id="workspace_key_prefix"),
    pytest.param({"use_path_style": True}, "default", "app/x.tfstate", id="path style"),
    pytest.param({"encrypt": True, "sse_customer_key": SSE_C}, "default", "app/x.tfstate", id="customer key"),
]


@needs_terraform
@pytest.mark.parametrize(("settings", "workspace", "key"), TERRAFORM_BACKENDS)
def test_reads_what_terraform_wrote(
    aws: str, bucket: str, tmp_path: Path, settings: dict[str, Any], workspace: str, key: str
) -> None:
    config = {"bucket": bucket, "key": "app/x.tfstate", "region": "us-east-1", **settings}
    block = "".join(
        f"{k} = {str(v).lower() if isinstance(v, bool) else chr(34) + str(v) + chr(34)}\n" for k, v in config.items()
    )
    (tmp_path / "main.tf").write_text(
        f'terraform {{\n backend "s3" {{\n{block}}}\n}}\nresource "terraform_data" "a" {{\n input = "x"\n}}\n'
    )
    env = aws_env(aws)
    terraform(tmp_path, "init", env=env)
    if workspace != "default":
        terraform(tmp_path, "workspace", "new", workspace, env=env)
    terraform(tmp_path, "apply", "-auto-approve", env=env)

    backend = open_s3(config, env, workspace)
    payload = backend.get()

    assert payload is not None
    assert backend.key == key
    assert payload.token
    found = parse_state(payload.data)
    assert [i.label for i in found.instances()] == ["terraform_data.a"]
    pulled = parse_state(terraform(tmp_path, "state", "pull", env=env))
    assert found.meta == pulled.meta


def test_sends_the_customer_key_with_the_read() -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, b"{}", {"ETag": '"1"'})

    with serve(answer) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url, "use_path_style": True, "encrypt": True}
        open_s3(config, {**CREDENTIALS, "AWS_SSE_CUSTOMER_KEY": SSE_C}).get()

    headers = {name.lower(): value for name, value in seen[0].headers.items()}
    assert headers["x-amz-server-side-encryption-customer-algorithm"] == "AES256"
    assert headers["x-amz-server-side-encryption-customer-key"] == SSE_C
    md5 = base64.b64encode(hashlib.md5(base64.b64decode(SSE_C)).digest()).decode()
    assert headers["x-amz-server-side-encryption-customer-key-md5"] == md5


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"key": "k"}, "backend s3: bucket not set"),
        ({"bucket": "b"}, "backend s3: key not set"),
        ({"bucket": "b", "key": "k", "sse_customer_key": "short"}, "sse_customer_key is not the base64 of 32 bytes"),
        ({"bucket": "b", "key": "k", "sse_customer_key": "*" * 44}, "sse_customer_key is not the base64 of 32 bytes"),
    ],
)
def test_settings_that_cannot_work(config: dict[str, Any], message: str) -> None:
    with pytest.raises(BackendError, match=message) as caught:
        open_s3(config, CREDENTIALS)

    assert caught.value.next_step


def test_a_setting_it_does_not_know_is_named(bucket: str) -> None:
    backend = open_s3({"bucket": bucket, "key": "k", "quantum_mode": True}, CREDENTIALS)

    assert backend.notes == ("backend s3: settings not known to driftgate and not honoured: quantum_mode",)


def test_a_missing_bucket_is_an_error_and_no_empty_state(aws: str) -> None:
    with pytest.raises(
        BackendError, match=r"^cannot read s3://no-such-bucket/k: bucket no-such-bucket does not exist"
    ) as caught:
        open_s3({"bucket": "no-such-bucket", "key": "k"}, aws_env(aws)).get()

    assert "name" in caught.value.next_step


def xml(code: str, message: str = "No.", **more: str) -> bytes:
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>".encode()


REFUSALS = [
    pytest.param(403, xml("AccessDenied"), {}, "access denied", "s3:GetObject and s3:ListBucket", id="denied"),
    pytest.param(400, xml("ExpiredToken"), {}, "the AWS credentials have expired", "aws sso login", id="expired"),
    pytest.param(
        403, xml("RequestExpired"), {}, "the AWS credentials have expired", "aws sso login", id="request expired"
    ),
    pytest.param(
        403, xml("InvalidAccessKeyId"), {}, r"not accepted \(InvalidAccessKeyId\)", "check the keys", id="bad key"
    ),
    pytest.param(403, xml("SignatureDoesNotMatch"), {}, "not accepted", "check the keys", id="bad secret"),
    pytest.param(404, xml("NoSuchBucket"), {}, "bucket bucket does not exist", "account", id="no bucket"),
    pytest.param(
        400,
        xml("AuthorizationHeaderMalformed", Region="eu-west-3"),
        {},
        "bucket bucket is in eu-west-3, not us-east-1",
        'set region = "eu-west-3"',
        id="another region",
    ),
    pytest.param(
        301,
        xml("PermanentRedirect"),
        {"x-amz-bucket-region": "ap-south-1"},
        "bucket bucket is in ap-south-1",
        'set region = "ap-south-1"',
        id="redirect",
    ),
    pytest.param(301, xml("PermanentRedirect"), {}, "in another region", "own region", id="redirect without a name"),
    pytest.param(
        400,
        xml("InvalidRequest", "The object was stored using a form of Server Side Encryption."),
        {},
        "encrypted with a customer key",
        "sse_customer_key",
        id="customer key missing",
    ),
    pytest.param(
        418, xml("Teapot", "Short and stout."), {}, "AWS answered Teapot: Short and stout.", "settings", id="other"
    ),
    pytest.param(403, b"", {}, "access denied", "s3:GetObject", id="403 without a body"),
]


@pytest.mark.parametrize(("status", "body", "headers", "message", "next_step"), REFUSALS)
def test_refusals_become_one_line_with_a_next_step(
    status: int, body: bytes, headers: dict[str, str], message: str, next_step: str
) -> None:
    with serve(lambda request: Answer(501) if request.method == "HEAD" else Answer(status, body, headers)) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url, "use_path_style": True, "max_retries": 0}
        with pytest.raises(BackendError, match=rf"^cannot read s3://bucket/k: .*{message}") as caught:
            open_s3(config, CREDENTIALS).get()

    assert next_step in caught.value.next_step
    assert "\n" not in str(caught.value)


def test_a_server_that_redirects_in_a_circle() -> None:
    with serve(lambda request: Answer(301, xml("PermanentRedirect"))) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url, "use_path_style": True, "max_retries": 0}
        with pytest.raises(BackendError, match="the server redirects in a circle"):
            open_s3(config, CREDENTIALS).get()


def test_denied_says_to_whom() -> None:
    arn = "<Arn>arn:aws:iam::1:user/eve</Arn>"
    body = f"<Response><GetCallerIdentityResult>{arn}</GetCallerIdentityResult></Response>"

    def answer(request: Request) -> Answer:
        return Answer(200, body.encode()) if request.method == "POST" else Answer(403, xml("AccessDenied"))

    with serve(answer) as url:
        env = {**CREDENTIALS, "AWS_ENDPOINT_URL": url}
        with pytest.raises(BackendError, match="access denied to arn:aws:iam::1:user/eve"):
            open_s3({"bucket": "bucket", "key": "k", "use_path_style": True}, env).get()


def test_a_table_that_is_denied_says_to_whom() -> None:
    arn = "<Arn>arn:aws:iam::1:user/eve</Arn>"
    body = f"<Response><GetCallerIdentityResult>{arn}</GetCallerIdentityResult></Response>"
    denied = Answer(400, b'{"__type": "com.amazon.coral.service#AccessDeniedException", "message": "No."}')

    def answer(request: Request) -> Answer:
        return denied if "X-Amz-Target" in request.headers else Answer(200, body.encode())

    with serve(answer) as url:
        env = {**CREDENTIALS, "AWS_ENDPOINT_URL": url}
        backend: Any = open_s3({"bucket": "bucket", "key": "k", "dynamodb_table": "t"}, env)
        with pytest.raises(BackendError, match=r"in the DynamoDB table t: access denied to arn:aws:iam::1:user/eve"):
            backend.holder()


@pytest.mark.parametrize(
    ("answer", "status", "requests"),
    [pytest.param(Answer(503, xml("SlowDown")), 503, 2, id="slow down"), pytest.param(Answer(500), 500, 2, id="500")],
)
def test_transient_failures_are_retried_as_often_as_configured(answer: Answer, status: int, requests: int) -> None:
    seen: list[Request] = []

    def count(request: Request) -> Answer:
        seen.append(request)
        return answer

    with serve(count) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url, "use_path_style": True, "max_retries": requests - 1}
        backend = open_s3(config, CREDENTIALS)
        with pytest.raises(BackendError, match="cannot read"):
            backend.get()

    assert len(seen) == requests


def test_a_connection_that_breaks_off_is_an_error_not_a_short_state() -> None:
    with serve(lambda request: Answer(200, b'{"version"', {"Content-Length": "4000", "Connection": "close"})) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url, "use_path_style": True, "max_retries": 0}
        with pytest.raises(BackendError, match=r"^cannot read s3://bucket/k: "):
            open_s3(config, CREDENTIALS).get()


def test_an_endpoint_that_nobody_listens_on() -> None:
    config = {"bucket": "bucket", "key": "k", "endpoint": "http://127.0.0.1:9", "max_retries": 0}
    with pytest.raises(BackendError, match="Could not connect") as caught:
        open_s3(config, CREDENTIALS).get()

    assert "endpoint" in caught.value.next_step


def test_a_server_without_tls_under_https() -> None:
    with serve(lambda request: Answer(200)) as url:
        config = {"bucket": "bucket", "key": "k", "endpoint": url.replace("http:", "https:"), "max_retries": 0}
        with pytest.raises(BackendError, match="certificate is not trusted") as caught:
            open_s3(config, CREDENTIALS).get()

    assert "custom_ca_bundle" in caught.value.next_step


def test_goes_through_the_proxy_of_the_block_unless_no_proxy_says_otherwise(aws: str) -> None:
    seen: list[str] = []

    def answer(request: Request) -> Answer:
        seen.append(request.path)
        return Answer(200, b"{}", {"ETag": '"1"'})

    with serve(answer) as proxy:
        config = {
            "bucket": "bucket",
            "key": "k",
            "endpoint": "http://s3.test",
            "use_path_style": True,
            "http_proxy": proxy,
        }
        open_s3(config, CREDENTIALS).get()
        with pytest.raises(BackendError):
            open_s3({**config, "no_proxy": "s3.test", "max_retries": 0}, CREDENTIALS).get()

    assert seen == ["http://s3.test/bucket/k"]


def test_units_of_one_identity_share_one_client_and_others_do_not(aws: str, bucket: str) -> None:
    env = aws_env(aws)
    one, two = (open_s3({"bucket": bucket, "key": key}, env) for key in ("a", "b"))
    other = open_s3({"bucket": bucket, "key": "a", "region": "eu-west-1"}, env)

    assert s3_client(one.settings) is s3_client(two.settings)
    assert s3_client(one.settings) is not s3_client(other.settings)


def test_many_threads_read_at_once(aws: str, bucket: str) -> None:
    s3 = client(aws)
    for i in range(16):
        s3.put_object(Bucket=bucket, Key=f"k{i}", Body=state(i))
    s3.close()
    env = aws_env(aws) | {"AWS_REGION": "eu-central-1"}  # an identity that no other test has made a client for
    found: dict[int, int] = {}

    def read(i: int) -> None:
        payload = open_s3({"bucket": bucket, "key": f"k{i}"}, env).get()
        found[i] = parse_state(payload.data).serial if payload else -1

    threads = [threading.Thread(target=read, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {i: i for i in range(16)}


def test_the_block_alone_is_enough(aws: str, bucket: str) -> None:
    config = {
        "bucket": bucket,
        "key": "k",
        "region": "us-east-1",
        "endpoints": {"s3": aws},
        "access_key": "test",
        "secret_key": "test",
    }
    assert open_s3(config, {}).get() is None


def test_what_was_read_before_is_not_sent_again(aws: str, bucket: str) -> None:
    store = S3Store(aws, bucket)
    store.put(state(1))
    answers: list[int] = []
    first, again = store.open(), store.open()
    assert isinstance(first, S3Backend)
    events = s3_client(first.settings).meta.events
    events.register("after-call.s3.GetObject", lambda http_response, **_: answers.append(http_response.status_code))

    assert [payload.data for payload in (first.get(), again.get(), first.get()) if payload] == [state(1)] * 3
    assert answers == [200, 304, 304]
    store.put(state(2))
    found = again.get()
    assert found is not None
    assert found.data == state(2)
    store.s3.delete_object(Bucket=bucket, Key="app/x.tfstate")
    assert again.get() is None

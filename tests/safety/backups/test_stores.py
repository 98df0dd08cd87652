from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_server import aws_env
from azurite import ACCOUNT, Azure, start_azurite
from contract.backup_store import NAME, StoreContract
from gcs_server import Bucket, start_gcs
from loopback import Answer, Request, serve

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups.archive import Archive, Condition
from driftgate.safety.backups.destination import open_store
from driftgate.safety.backups.gcs_store import GcsStore
from driftgate.safety.backups.index import Index
from driftgate.safety.backups.local_store import LocalStore
from driftgate.safety.backups.s3_store import S3Store
from driftgate.safety.backups.store import Store

APP = Subject("s3://states/app.tfstate", "live/app", "default", "lin", 7)


class TestLocal(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return open_store(str(tmp_path / "deep/backups"), {})

    def test_drafts_that_a_crash_left_are_no_files(self, tmp_path: Path, store: Store) -> None:
        store.put_new(NAME, b"one")
        (tmp_path / "deep/backups/.x.new").write_bytes(b"half")

        assert list(store.names()) == [NAME]

    def test_a_folder_that_cannot_be_listed(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(BackupError, match="cannot list the backups"):
            list(LocalStore(tmp_path / "file").names())

    def test_as_a_url(self, tmp_path: Path) -> None:
        assert open_store(f"file://{tmp_path}", {}) == LocalStore(tmp_path)


class TestS3(StoreContract):
    @pytest.fixture
    def store(self, aws: str, bucket: str) -> Store:
        return open_store(f"s3://{bucket}/some/prefix/", aws_env(aws))

    def test_other_objects_are_left_alone(self, store: Store, s3: Any, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="some/prefix-2/x", Body=b"")
        store.put_new(NAME, b"one")

        assert list(store.names()) == [NAME]
        assert s3.head_object(Bucket=bucket, Key=f"some/prefix/{NAME}")["ContentLength"] == 3
        assert store.address == f"s3://{bucket}/some/prefix"

    def test_the_whole_bucket(self, aws: str, bucket: str, s3: Any) -> None:
        store = open_store(f"s3://{bucket}", aws_env(aws))
        store.put_new(NAME, b"one")

        assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [NAME]

    def test_settings_in_the_query(self, aws: str, bucket: str) -> None:
        env = {k: v for k, v in aws_env(aws).items() if k != "AWS_ENDPOINT_URL"}
        store = open_store(f"s3://{bucket}/p?endpoint={aws}&region=eu-west-1&use_path_style=true", env)

        assert isinstance(store, S3Store)
        assert (store.bucket.settings.region, store.bucket.settings.path_style) == ("eu-west-1", True)
        assert store.put_new(NAME, b"one")

    def test_a_bucket_that_is_not_there(self, aws: str) -> None:
        with pytest.raises(BackupError, match=r"cannot write s3://no-such-bucket-here/.*does not exist"):
            open_store("s3://no-such-bucket-here/p", aws_env(aws)).put_new(NAME, b"")


class TestGcs(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Store]:
        with start_gcs() as server:
            server.buckets["kept"] = Bucket()
            server.store("kept", "other/x", b"")
            place = f"gs://kept/some/prefix?access_token=token&storage_custom_endpoint={server.endpoint}"
            yield open_store(place, {})

    def test_where_it_is(self, store: Store) -> None:
        assert store.address == "gs://kept/some/prefix"

    def test_a_bucket_that_is_not_there(self, store: Store) -> None:
        assert isinstance(store, GcsStore)
        with pytest.raises(BackupError, match="cannot write gs://no-such-bucket/"):
            GcsStore("no-such-bucket", "", store.settings).put_new(NAME, b"")


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    with start_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


class TestAzure(StoreContract):
    @pytest.fixture
    def store(self, azure: Azure) -> Store:
        name = f"kept-{uuid.uuid4().hex[:12]}"
        with azure.service() as service:
            service.create_container(name).upload_blob("other/x", b"")
        return open_store(f"azurerm://{ACCOUNT}/{name}/some/prefix", azure.env)

    def test_where_it_is(self, store: Store) -> None:
        assert store.address.startswith(f"azurerm://{ACCOUNT}/kept-")
        assert store.address.endswith("/some/prefix")

    @pytest.mark.parametrize("act", ["get", "delete"])
    def test_a_container_that_is_not_there(self, azure: Azure, act: str) -> None:
        store = open_store(f"azurerm://{ACCOUNT}/no-such-container", azure.env)

        with pytest.raises(BackupError, match="the container does not exist"):
            getattr(store, act)(NAME)

    def test_an_account_without_a_container(self) -> None:
        with pytest.raises(BackupError, match="names no container"):
            open_store(f"azurerm://{ACCOUNT}", {})


WRITE_ONLY = Answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")


def test_write_permission_is_enough_to_save(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        asked.append(f"{request.method} {request.headers.get('If-None-Match')}")
        return Answer(200, b"", {"ETag": '"x"'}) if request.method == "PUT" else WRITE_ONLY

    with serve(answer) as url:
        archive = Archive(open_store("s3://bucket/p", aws_env(url)), Index(tmp_path / "index"))
        id_ = archive.save(b"state", APP, reason="test")

        assert asked == ["PUT *", "PUT *"]
        assert [kept.id for kept in archive.known()] == [id_]
        with pytest.raises(BackupError, match="cannot list s3://bucket/p/: access denied"):
            archive.list()


@pytest.mark.parametrize(
    ("outcomes", "stored"),
    [
        pytest.param([200], True, id="stored"),
        pytest.param([412, 412], False, id="taken"),
        pytest.param([409, 200], True, id="another writer at the same time, who failed"),
        pytest.param([409, 412], False, id="another writer at the same time, who was first"),
    ],
)
def test_a_refusal_counts_the_second_time(outcomes: list[int], stored: bool) -> None:
    left = list(outcomes)

    def answer(request: Request) -> Answer:
        status = left.pop(0)
        code = {409: "ConditionalRequestConflict", 412: "PreconditionFailed"}.get(status, "")
        body = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
        return Answer(status, body, {"ETag": '"x"'})

    with serve(answer) as url:
        assert open_store("s3://bucket", {**aws_env(url), "AWS_MAX_ATTEMPTS": "1"}).put_new("x", b"") is stored

    assert left == []


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        pytest.param("ftp://host/x", "backups cannot go to ftp://", id="unknown kind"),
        pytest.param("s3:///x", "names no bucket", id="no bucket"),
        pytest.param("s3://b/x?max_retries=many", "max_retries", id="a setting that is wrong"),
    ],
)
def test_destinations_that_are_none(destination: str, said: str) -> None:
    with pytest.raises(BackupError, match=said):
        open_store(destination, {})


def test_what_a_bucket_needs_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "driftgate.safety.backups.s3_store", None)

    with pytest.raises(MissingExtra, match="boto3"):
        open_store("s3://b/x", {})


@pytest.mark.parametrize("make", [lambda p: f"{p}/backups"], ids=["local"])
def test_opening_makes_nothing(tmp_path: Path, make: Callable[[Path], str]) -> None:
    open_store(make(tmp_path), {})

    assert list(tmp_path.iterdir()) == []


def test_a_bucket_keeps_the_same_bytes_once_whoever_saves_them(tmp_path: Path, aws: str, bucket: str) -> None:
    one, two = (Archive(open_store(f"s3://{bucket}", aws_env(aws)), Index(tmp_path / name)) for name in "ab")
    ids = [archive.save(b"state", APP, reason=reason) for archive, reason in ((one, "first"), (two, "second"))]

    assert ids[0] == ids[1]
    assert [kept.label.reason for kept in one.known()] == ["first"]
    assert [kept.label.reason for kept in two.list()] == ["first"]
    assert one.check(one.list()[0]).condition is Condition.WHOLE

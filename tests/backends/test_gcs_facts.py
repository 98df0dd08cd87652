from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gcs_server import Bucket, GcsServer, start_gcs
from loopback import Answer, Request

from driftgate import process
from driftgate.backends.base import Described, Fact
from driftgate.backends.registry import open_backend
from driftgate.state.probe import look
from driftgate.unit import BackendConfig


@pytest.fixture(scope="module")
def gcs() -> Iterator[GcsServer]:
    with start_gcs() as server:
        yield server


@pytest.fixture
def bucket(gcs: GcsServer) -> Iterator[Bucket]:
    """A bucket as it should be."""
    prevented = {"publicAccessPrevention": "enforced", "uniformBucketLevelAccess": {"enabled": True}}
    gcs.buckets["states"] = Bucket(about={"iamConfiguration": prevented})
    yield gcs.buckets["states"]
    gcs.fault = lambda request, answer: None


def opened(gcs: GcsServer, **config: Any) -> Any:
    block = {"bucket": "states", "access_token": "token", "storage_custom_endpoint": gcs.endpoint, **config}
    return open_backend(BackendConfig("gcs", block), unit_dir=Path(), env={}, runner=process.run)


def facts(gcs: GcsServer, **config: Any) -> dict[str, Fact]:
    backend = opened(gcs, **config)
    assert isinstance(backend, Described)
    return {fact.name: fact for fact in backend.facts()}


def refuse(gcs: GcsServer, ending: str) -> None:
    """Deny what is asked about the bucket itself, or only its policy."""
    body = json.dumps({"error": {"code": 403, "message": "no"}}).encode()
    gcs.fault = lambda request, _: Answer(403, body) if request.path.partition("?")[0].endswith(ending) else None


def test_a_bucket_as_it_should_be(gcs: GcsServer, bucket: Bucket) -> None:
    asked: list[Request] = []
    gcs.fault = lambda request, _: asked.append(request)
    found = facts(gcs)

    assert {name: fact.good for name, fact in found.items()} == {
        "identity": None, "versioned": True, "encrypted": True, "private": True
    }  # fmt: skip
    assert [request.path.partition("?")[0] for request in asked] == ["/storage/v1/b/states"]
    assert [fact.name for fact in look(opened(gcs))] == ["read", *found]


def test_a_bucket_without_old_versions(gcs: GcsServer, bucket: Bucket) -> None:
    bucket.versioning = False
    found = facts(gcs)["versioned"]

    assert found.good is False
    assert "gs://states --versioning" in found.mend


INHERITED = {"publicAccessPrevention": "inherited", "uniformBucketLevelAccess": {"enabled": True}}
WITH_ACLS = {"publicAccessPrevention": "inherited", "uniformBucketLevelAccess": {"enabled": False}}
FOR_SOMEBODY = {"role": "roles/storage.objectViewer", "members": ["user:ann@example.com"]}
FOR_ALL = {"role": "roles/storage.objectViewer", "members": ["user:ann@example.com", "allUsers"]}
FOR_ALL_OF_GOOGLE = {"role": "roles/storage.legacyBucketReader", "members": ["allAuthenticatedUsers"]}


@pytest.mark.parametrize(
    ("access", "policy", "good", "said"),
    [
        pytest.param(
            INHERITED, [FOR_SOMEBODY], None, "the organisation's policy", id="the organisation may prevent it"
        ),
        pytest.param(WITH_ACLS, [FOR_SOMEBODY], None, "the ACL of an object may", id="ACLs"),
        pytest.param({}, [], None, "the ACL of an object may", id="a bucket that says nothing"),
        pytest.param(INHERITED, [FOR_ALL], False, "everybody has roles/storage.objectViewer", id="everybody"),
        pytest.param(WITH_ACLS, [FOR_ALL_OF_GOOGLE], False, "roles/storage.legacyBucketReader", id="every account"),
    ],
)
def test_who_else_can_read(
    gcs: GcsServer, bucket: Bucket, access: dict[str, Any], policy: list[Any], good: bool | None, said: str
) -> None:
    bucket.about, bucket.policy = {"iamConfiguration": access}, policy
    found = facts(gcs)["private"]

    assert found.good is good
    assert said in found.said
    assert "gs://states --public-access-prevention" in found.mend


@pytest.mark.parametrize(
    ("about", "config", "said"),
    [
        pytest.param({}, {}, "with keys of Google", id="Google's"),
        pytest.param({"encryption": {"defaultKmsKeyName": "projects/p/k"}}, {}, "with the KMS key projects/p/k", id="KMS"),
        pytest.param({}, {"kms_encryption_key": "projects/p/mine"}, "with the KMS key projects/p/mine", id="the block's"),
        pytest.param({}, {"encryption_key": "A" * 43 + "="}, "with the key of encryption_key", id="the customer's"),
    ],
)  # fmt: skip
def test_which_key_it_is_encrypted_with(
    gcs: GcsServer, bucket: Bucket, about: dict[str, Any], config: dict[str, str], said: str
) -> None:
    bucket.about = about
    found = facts(gcs, **config)["encrypted"]

    assert (found.good, found.said) == (True, said)


def test_a_bucket_that_may_not_be_looked_at_is_not_known(gcs: GcsServer, bucket: Bucket) -> None:
    refuse(gcs, "/b/states")
    found = facts(gcs)

    for name in ("versioned", "encrypted", "private"):
        assert found[name].good is None
        assert found[name].said.startswith("not known: cannot look at gs://states: access denied")
        assert "grant storage.buckets.get," in found[name].mend


def test_a_policy_that_may_not_be_read_is_not_known(gcs: GcsServer, bucket: Bucket) -> None:
    bucket.about = {"iamConfiguration": INHERITED}
    refuse(gcs, "/iam")
    found = facts(gcs)

    assert (found["versioned"].good, found["private"].good) == (True, None)
    assert "grant storage.buckets.getIamPolicy" in found["private"].mend


def test_who_we_are(gcs: GcsServer, bucket: Bucket) -> None:
    user = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r", "account": "ann@example.com"}  # fmt: skip
    found = next(iter(opened(gcs, access_token="", credentials=json.dumps(user)).facts()))

    assert found == Fact("identity", True, "ann@example.com")

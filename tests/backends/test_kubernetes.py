from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates, make_certificates
from contract.backend import BackendContract, state
from contract.interop import InteropContract, Unit
from contract.sites import Site, new_lock
from contract.writable import WritableContract, write
from kubernetes_server import SECRET_LIMIT, Cluster
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends.base import Backend, BackendError, ConflictError
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: here
clusters:
- {{name: c, cluster: {{server: "{url}", certificate-authority: "{authority}"}}}}
users:
- {{name: u, user: {{token: t0p-secret}}}}
contexts:
- {{name: here, context: {{cluster: c, user: u}}}}
"""


def open_kubernetes(config: dict[str, Any], env: dict[str, str] | None = None, workspace: str = "default") -> Any:
    backend = BackendConfig("kubernetes", config, workspace)
    return open_backend(backend, unit_dir=Path(), env=env or {}, runner=process.run)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(token="t0p-secret")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def settings(cluster: Cluster, pem: Certificates, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The block of a state in the cluster, with a kubeconfig."""
    with serve(cluster, pem.server) as url:
        (tmp_path / "kubeconfig").write_text(KUBECONFIG.format(url=url, authority=pem.authority))
        yield {"config_path": str(tmp_path / "kubeconfig"), "secret_suffix": "app", "namespace": "tf"}


def secret(name: str, data: bytes, workspace: str, suffix: str = "app") -> dict[str, Any]:
    labels = {"tfstate": "true", "tfstateSecretSuffix": suffix, "tfstateWorkspace": workspace}
    packed = base64.b64encode(gzip.compress(data)).decode()
    return {"metadata": {"name": name, "namespace": "tf", "labels": labels}, "data": {"tfstate": packed}}


class KubernetesStore:
    verbatim = True

    def __init__(self, cluster: Cluster, settings: dict[str, Any]) -> None:
        self.cluster, self.settings = cluster, settings

    def put(self, data: bytes, workspace: str = "default") -> None:
        name = f"tfstate-{workspace}-app"
        self.cluster._save(self.cluster.secrets, "tf", "secrets", secret(name, data, workspace), 200)

    def dump(self) -> object:
        return (dict(self.cluster.secrets), dict(self.cluster.leases))

    def open(self, workspace: str = "default") -> Backend:
        return open_kubernetes(self.settings, workspace=workspace)  # type: ignore[no-any-return]


class TestKubernetes(BackendContract):
    @pytest.fixture
    def store(self, cluster: Cluster, settings: dict[str, Any]) -> KubernetesStore:
        return KubernetesStore(cluster, settings)


@pytest.fixture
def site(settings: dict[str, Any], tmp_path: Path) -> Site:
    return Site("kubernetes", "kubernetes", tmp_path, settings)


class TestWritingKubernetes(WritableContract): ...


class TestKubernetesBesideTerraform(InteropContract): ...


def large_state(number: int, size: int = 5 * SECRET_LIMIT // 4) -> bytes:
    """A state that is larger than a secret even when it is compressed."""
    document = json.loads(state(number))
    document["outputs"]["noise"] = {"value": random.Random(number).randbytes(size).hex(), "type": "string"}
    return json.dumps(document).encode()


@needs_terraform
def test_a_large_state_is_in_several_secrets_and_terraform_reads_them(cluster: Cluster, site: Site) -> None:
    unit, backend = Unit(site), site.open()
    for number in (1, 2):
        backend.put(large_state(number), replacing=backend.get())
        assert sorted(cluster.secrets) == ["tf/tfstate-default-app", "tf/tfstate-default-app-part-1"]
        assert backend.get().data == large_state(number)
    expected = json.loads(large_state(2))["outputs"]["noise"]["value"]
    assert unit.must("output", "-raw", "noise") == expected

    unit.apply("small again")  # terraform reads our parts, and takes the output away
    assert sorted(cluster.secrets) == ["tf/tfstate-default-app"]
    assert unit.output() == "small again"


@needs_terraform
def test_reads_what_terraform_stored_in_several_secrets(cluster: Cluster, site: Site) -> None:
    (site.folder / "large.tfstate").write_bytes(large_state(7))
    Unit(site).must("state", "push", "large.tfstate")
    backend = site.open()
    assert sorted(cluster.secrets) == ["tf/tfstate-default-app", "tf/tfstate-default-app-part-1"]

    found = json.loads(backend.get().data)
    assert found["outputs"]["noise"] == json.loads(large_state(7))["outputs"]["noise"]
    backend.put(state(9), replacing=backend.get())
    assert sorted(cluster.secrets) == ["tf/tfstate-default-app"]
    assert backend.get().data == state(9)


@needs_terraform
def test_labels_are_those_that_terraform_makes(cluster: Cluster, site: Site) -> None:
    site = Site(site.row, site.type, site.folder, {**site.config, "labels": {"team": "a"}})
    Unit(site).apply("one")
    theirs = cluster.secrets["tf/tfstate-default-app"]["metadata"]
    lease = cluster.leases["tf/lock-tfstate-default-app"]["metadata"]
    cluster.secrets.clear()
    cluster.leases.clear()
    config = {**site.config, "labels": [{"team": "a"}]}  # as a block written in JSON
    backend = open_kubernetes(config)
    backend.unlock(backend.lock(new_lock()))
    backend.put(state(1), replacing=None)
    ours = cluster.secrets["tf/tfstate-default-app"]["metadata"]

    assert {"team": "a", "tfstate": "true"}.items() <= ours["labels"].items()
    assert (ours["labels"], ours["annotations"]) == (theirs["labels"], theirs["annotations"])
    assert cluster.leases["tf/lock-tfstate-default-app"]["metadata"]["labels"] == lease["labels"]


def test_what_others_wrote_on_the_secret_stays(cluster: Cluster, settings: dict[str, Any]) -> None:
    backend = open_kubernetes(settings)
    backend.put(state(1), replacing=None)
    kept = cluster.secrets["tf/tfstate-default-app"]
    kept["metadata"]["annotations"]["owner"] = "ops"
    kept["data"]["note"] = "eA=="
    backend.put(state(2), replacing=backend.get())

    now = cluster.secrets["tf/tfstate-default-app"]
    assert now["metadata"]["annotations"] == {"encoding": "gzip", "owner": "ops"}
    assert now["data"]["note"] == "eA=="


def test_parts_of_an_older_state_are_not_read_and_go_with_the_next_write(
    cluster: Cluster, settings: dict[str, Any]
) -> None:
    backend = open_kubernetes(settings)
    backend.put(state(1), replacing=None)
    for suffix in ("app", "app-part"):  # the second is another state's
        name = f"tfstate-default-{suffix}-part-1"
        cluster._save(cluster.secrets, "tf", "secrets", secret(name, b"left over", "default", suffix), 201)

    assert backend.get().data == state(1)
    backend.put(state(2), replacing=backend.get())
    assert sorted(cluster.secrets) == ["tf/tfstate-default-app", "tf/tfstate-default-app-part-part-1"]


def test_a_secret_without_a_state_is_an_empty_one(cluster: Cluster, settings: dict[str, Any]) -> None:
    backend = open_kubernetes(settings)
    backend.put(state(1), replacing=None)
    cluster.secrets["tf/tfstate-default-app"].pop("data")
    empty = backend.get()
    backend.put(state(2), replacing=empty)

    assert empty.data == b""
    assert backend.get().data == state(2)


@pytest.mark.parametrize("damage", ["truncated", "not base64", "a part is missing", "a part is another's"])
def test_a_damaged_state_is_an_error(cluster: Cluster, settings: dict[str, Any], damage: str) -> None:
    backend = open_kubernetes(settings)
    backend.put(large_state(1), replacing=None)
    first, second = (cluster.secrets[f"tf/tfstate-default-app{part}"] for part in ("", "-part-1"))
    if damage == "truncated":
        second["data"]["tfstate"] = second["data"]["tfstate"][:-40]
    elif damage == "not base64":
        first["data"]["tfstate"] = "*"
    elif damage == "a part is missing":
        del cluster.secrets["tf/tfstate-default-app-part-1"]
    else:
        second["data"]["tfstate"] = base64.b64encode(b"other").decode()

    with pytest.raises(BackendError, match="does not hold a whole compressed state"):
        backend.get()


def test_a_read_between_another_ones_parts_is_repeated(
    cluster: Cluster, settings: dict[str, Any], pem: Certificates
) -> None:
    writer = open_kubernetes(settings)
    writer.put(large_state(1), replacing=None)
    reads: list[str] = []

    def answer(request: Request) -> Answer:
        reads.append(request.path)
        if len(reads) == 2:  # the first secret was read, the second not yet
            writer.put(large_state(2), replacing=writer.get())
        return cluster(request)

    with serve(answer, pem.server) as url:
        reader = open_kubernetes({**settings, "host": url})
        assert reader.get().data == large_state(2)


def test_every_part_of_a_state_that_was_read_is_asked_about(cluster: Cluster, settings: dict[str, Any]) -> None:
    backend = open_kubernetes(settings)
    backend.put(large_state(1), replacing=None)
    first = backend.get()
    begun = len(cluster.requests)
    again = backend.get()
    asked = [request.headers["Accept"] for request in cluster.requests[begun:]]
    part = cluster.secrets["tf/tfstate-default-app-part-1"]
    part["metadata"]["resourceVersion"], part["data"]["tfstate"] = "1000", "bm90IGd6aXA="

    assert again is first
    assert len(asked) == 2
    assert all("PartialObjectMetadata" in accepted for accepted in asked)
    with pytest.raises(BackendError, match="does not hold a whole compressed state"):
        backend.get()


def test_somebody_else_begins_a_part_at_the_same_time(
    cluster: Cluster, settings: dict[str, Any], pem: Certificates
) -> None:
    def answer(request: Request) -> Answer:
        if request.method == "POST" and b'"tfstate-default-app-part-1"' in request.body:
            return Answer(409, b'{"message": "already exists"}')
        return cluster(request)

    with serve(answer, pem.server) as url, pytest.raises(BackendError, match="so the state there is mixed") as caught:
        open_kubernetes({**settings, "host": url}).put(large_state(1), replacing=None)

    assert not isinstance(caught.value, ConflictError)


def test_the_lock_is_terraforms_lease(cluster: Cluster, settings: dict[str, Any]) -> None:
    backend, info = open_kubernetes(settings), new_lock("push")
    assert backend.lock(info) == info.id
    lease = cluster.leases["tf/lock-tfstate-default-app"]

    assert lease["spec"] == {"holderIdentity": info.id}
    assert lease["metadata"]["annotations"] == {
        "app.terraform.io/lock-info": replace(info, path="tf/tfstate-default-app").to_json().decode()
    }
    assert backend.lock(info) == info.id  # as after an answer that was lost
    backend.unlock(info.id)
    assert cluster.leases["tf/lock-tfstate-default-app"]["spec"] == {}


@pytest.mark.parametrize("annotations", [{}, {"app.terraform.io/lock-info": "?"}, {"app.terraform.io/lock-info": "{}"}])
def test_a_lease_without_a_record(cluster: Cluster, settings: dict[str, Any], annotations: dict[str, str]) -> None:
    backend = open_kubernetes(settings)
    backend.lock(new_lock())
    lease = cluster.leases["tf/lock-tfstate-default-app"]
    lease["metadata"]["annotations"], lease["spec"]["holderIdentity"] = annotations, "somebody"
    with pytest.raises(LockHeldError) as caught:
        backend.lock(new_lock())

    assert caught.value.holder == LockInfo("somebody", "", "", "")
    backend.break_lock("somebody")


def test_a_lease_taken_between_look_and_write(cluster: Cluster, settings: dict[str, Any], pem: Certificates) -> None:
    rival = open_kubernetes(settings)
    rival.unlock(rival.lock(new_lock()))

    def answer(request: Request) -> Answer:
        if request.method == "PUT":
            rival.lock(new_lock("quicker"))
        return cluster(request)

    with serve(answer, pem.server) as url, pytest.raises(LockHeldError, match="for quicker"):
        open_kubernetes({**settings, "host": url}).lock(new_lock())


def test_without_permission(cluster: Cluster, settings: dict[str, Any]) -> None:
    cluster.token = "another"
    with pytest.raises(BackendError, match="access denied: secrets is forbidden") as caught:
        open_kubernetes(settings).get()

    assert "list, create, update and delete for secrets" in caught.value.next_step


def test_deleting_keeps_a_lease_that_is_held(cluster: Cluster, settings: dict[str, Any]) -> None:
    backend = open_kubernetes(settings)
    write(backend, state(1))
    lock_id = backend.lock(new_lock())
    backend.delete(lock_id=lock_id)
    assert list(cluster.leases) == ["tf/lock-tfstate-default-app"]
    backend.unlock(lock_id)
    backend.delete()

    assert cluster.leases == {}


def test_no_write_of_many_processes_is_lost(settings: dict[str, Any]) -> None:
    assert race(BackendConfig("kubernetes", settings), {}) == 1 + PROCESSES * ROUNDS


@needs_terraform
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_a_lock_whose_answer_is_lost_is_not_left_behind(
    cluster: Cluster, settings: dict[str, Any], pem: Certificates
) -> None:
    def answer(request: Request) -> Answer | None:
        found = cluster(request)
        return None if request.method == "POST" else found

    with serve(answer, pem.server) as url, pytest.raises(BackendError, match=r"cannot lock .* hung up"):
        open_kubernetes({**settings, "host": url}).lock(new_lock())

    assert cluster.leases["tf/lock-tfstate-default-app"]["spec"] == {}


def test_facts(cluster: Cluster, settings: dict[str, Any]) -> None:
    facts = {fact.name: fact for fact in open_kubernetes(settings).facts()}

    assert facts["transport"].good
    assert facts["identity"].said == "system:serviceaccount:tf:driftgate"
    assert facts["rights"].said == "may read, lock and write"
    assert (facts["encrypted"].good, facts["versioned"].good) == (None, False)


def test_rights_that_are_not_granted_are_named(cluster: Cluster, settings: dict[str, Any]) -> None:
    leases = {"verbs": ["get", "create", "update"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    one_secret = {"verbs": ["*"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["other"]}
    cluster.rules = [leases, one_secret, {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]}]
    facts = {fact.name: fact for fact in open_kubernetes(settings).facts()}

    assert facts["rights"].said == "not granted: create secrets, update secrets, delete secrets, delete leases"
    assert "leases" in facts["rights"].mend

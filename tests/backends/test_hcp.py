"""States in HCP Terraform, as a `cloud` block and as a `remote` backend, beside the real terraform over TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates, make_certificates
from contract.backend import BackendContract, state
from contract.interop import InteropContract
from contract.sites import Site, new_lock
from contract.writable import WritableContract, write
from hcp_server import Hcp, StateVersion
from loopback import Answer, Request, serve
from race import APPLIES, PROCESSES, ROUNDS, TERRAFORMS, race, race_beside_terraform
from terraform_cli import needs_terraform

from driftgate import process
from driftgate.backends.base import Backend, BackendError, ConflictError, Deletable, Workspaces
from driftgate.backends.lock import LockHeldError
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

KINDS = ["cloud", "remote"]


@dataclass(frozen=True)
class Service:
    """A running HCP Terraform: what answers, its host, and the environment under which it is reached."""

    hcp: Hcp
    host: str
    env: dict[str, str]

    def block(self, **workspaces: Any) -> dict[str, Any]:
        return {"hostname": self.host, "organization": "acme", "workspaces": workspaces or {"name": "app"}}

    def open(self, kind: str = "cloud", workspace: str = "default", token: str = "ada", **workspaces: Any) -> Any:
        backend = BackendConfig(kind, self.block(**workspaces), workspace)
        env = self.env if token == "ada" else {**self.env, "TF_CLI_CONFIG_FILE": self.env["TF_CLI_CONFIG_FILE"] + token}
        return open_backend(backend, unit_dir=Path(), env=env, runner=process.run)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def service(pem: Certificates, tmp_path: Path) -> Iterator[Service]:
    hcp = Hcp()
    with serve(hcp, pem.server) as url:
        hcp.url = url.replace("127.0.0.1", "localhost")
        host = hcp.url.removeprefix("https://")
        for end, token in (("", "ada-t0ken"), ("eve", "eve-t0ken"), ("nobody", "wr0ng-t0ken")):
            (tmp_path / f"tfrc{end}").write_text(f'credentials "{host}" {{\n  token = "{token}"\n}}\n')
        hcp.add("app")
        yield Service(hcp, host, {"SSL_CERT_FILE": str(pem.authority), "TF_CLI_CONFIG_FILE": str(tmp_path / "tfrc")})


class HcpStore:
    verbatim = True

    def __init__(self, service: Service) -> None:
        self.service = service

    def put(self, data: bytes, workspace: str = "default") -> None:
        hcp = self.service.hcp
        hcp.workspaces["app"].versions.append(
            StateVersion(hcp.number("sv"), 1, "", "", "ada", "2026-01-01T00:00:00Z", data)
        )

    def dump(self) -> object:
        return [(version.id, version.data) for version in self.service.hcp.workspaces["app"].versions]

    def open(self, workspace: str = "default") -> Backend:
        return self.service.open()  # type: ignore[no-any-return]


class TestHcp(BackendContract):
    @pytest.fixture
    def store(self, service: Service) -> HcpStore:
        return HcpStore(service)

    @pytest.mark.skip(reason="the block names its workspace; see test_a_workspace_that_cannot_be_seen_is_an_error")
    def test_workspace_without_state_is_none_and_is_not_created(self) -> None: ...

    @pytest.mark.skip(reason="the block names its workspace; see test_workspaces_by_their_own_names")
    def test_reads_the_workspace_asked_for(self) -> None: ...


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, service: Service, tmp_path: Path) -> Site:
    return Site(request.param, request.param, tmp_path, service.block(), service.env)


class TestWritingHcp(WritableContract): ...


class TestHcpBesideTerraform(InteropContract): ...


def test_a_version_is_sent_as_the_api_wants_it(service: Service) -> None:
    write(service.open(), state(3))
    sent = next(r for r in service.hcp.requests if r.method == "POST" and r.path.endswith("/state-versions"))
    attributes = json.loads(sent.body)["data"]["attributes"]
    (version,) = service.hcp.workspaces["app"].versions

    assert sent.headers["Content-Type"] == "application/vnd.api+json"
    assert sent.headers["Authorization"] == "Bearer ada-t0ken"
    assert (attributes["serial"], attributes["lineage"], attributes["force"]) == (3, "0c7a1b5e-1111", False)
    assert version.data == state(3)


def test_a_state_too_large_for_one_request_is_uploaded(service: Service) -> None:
    service.hcp.limit = 300
    backend = service.open()
    write(backend, state(3))

    assert backend.get().data == state(3)
    assert [version.status for version in service.hcp.workspaces["app"].versions] == ["finalized"]


def test_an_upload_that_fails_leaves_the_old_state(service: Service, pem: Certificates, tmp_path: Path) -> None:
    write(service.open(), state(1))
    service.hcp.limit = 300

    def answer(request: Request) -> Answer:
        return Answer(507) if request.method == "PUT" else service.hcp(request)

    with serve(answer, pem.server) as url:
        service.hcp.url = url.replace("127.0.0.1", "localhost")
        backend = service.open()
        lock_id = backend.lock(new_lock())
        with pytest.raises(BackendError, match="its upload answered 507, so the new version is not there"):
            backend.put(state(2), replacing=backend.get(), lock_id=lock_id)
        backend.unlock(lock_id)

    assert [version.serial for version in service.open().versions()] == [1]


def test_the_token_goes_to_the_apis_host_only(service: Service, pem: Certificates) -> None:
    elsewhere: list[Request] = []

    def archive(request: Request) -> Answer:
        elsewhere.append(request)
        return service.hcp(request)

    write(service.open(), state(1))
    with serve(archive, pem.server) as url:
        service.hcp.url = url
        assert service.open().get().data == state(1)

    assert [request.headers.get("Authorization") for request in elsewhere] == [None]


def test_a_download_that_fails_is_an_error_without_its_secret_address(service: Service) -> None:
    write(service.open(), state(1))
    service.hcp.url += "/gone"
    with pytest.raises(BackendError, match="its download answered 404") as caught:
        service.open().get()

    assert "archivist" not in str(caught.value)


def test_a_state_that_does_not_succeed_is_a_conflict(service: Service) -> None:
    backend = service.open()
    write(backend, state(5))
    lock_id = backend.lock(new_lock())
    for other in (state(4), state(6).replace(b"0c7a1b5e", b"ffffffff")):
        with pytest.raises(ConflictError, match="serial or lineage does not succeed"):
            backend.put(other, replacing=backend.get(), lock_id=lock_id)
    with pytest.raises(BackendError, match="what should be stored is no state"):
        backend.put(b"<html>", replacing=backend.get(), lock_id=lock_id)
    backend.unlock(lock_id)

    assert backend.get().data == state(5)


def test_nothing_is_written_without_the_lock(service: Service) -> None:
    backend = service.open()
    with pytest.raises(ConflictError, match="must be locked by this user"):
        backend.put(state(1), replacing=None)


def test_another_user_holds_the_lock(service: Service) -> None:
    ours, theirs = service.open(), service.open(token="eve")
    lock_id = theirs.lock(new_lock())
    service.hcp.workspaces["app"].reason = "Locked by Terraform"
    with pytest.raises(LockHeldError, match=r"is locked by eve, lock id acme/app \(Locked by Terraform\)") as caught:
        ours.lock(new_lock())
    with pytest.raises(BackendError, match="is not locked under acme/app by this user"):
        ours.unlock(lock_id)

    assert caught.value.holder == ours.holder()
    ours.break_lock(lock_id)
    assert ours.holder() is None


def test_our_own_record_comes_back_where_the_service_gives_the_reason(service: Service) -> None:
    info = replace(new_lock("dg state lock"), info="maintenance (till noon), process 7 in pid:[1]")
    service.open().lock(info)

    assert service.open().holder() == replace(info, id="acme/app", path="acme/app", version="")


def test_a_run_holds_the_lock(service: Service) -> None:
    service.hcp.workspaces["app"].run = "run-7"
    with pytest.raises(LockHeldError, match="is locked by run run-7"):
        service.open().lock(new_lock())


def test_history_says_who(service: Service) -> None:
    for serial, token in ((1, "ada"), (2, "eve"), (3, "ada")):
        write(service.open(token=token), state(serial))
    versions = service.hcp.workspaces["app"].versions
    versions[1].created = "2026-02-03T05:05:06+01:00"
    versions.append(StateVersion("sv-pending", 4, "", "", "ada", "2026-01-01T00:00:00Z", None, "pending"))
    service.hcp.page = 2
    backend = service.open()
    found = list(backend.versions())

    assert [(v.serial, v.author, v.current, v.size) for v in found] == [
        (3, "ada", True, len(state(3))),
        (2, "eve", False, len(state(2))),
        (1, "ada", False, len(state(1))),
    ]
    assert found[1].time == "2026-02-03T04:05:06Z"
    assert backend.get_version(found[1].id) == state(2)


def test_a_version_of_another_workspace_is_none_of_ours(service: Service) -> None:
    service.hcp.add("other")
    write(service.open(name="other"), state(1))
    (version,) = service.hcp.workspaces["other"].versions
    with pytest.raises(BackendError, match=f"has no version {version.id}"):
        service.open().get_version(version.id)


def test_a_workspace_that_cannot_be_seen_is_an_error(service: Service) -> None:
    hidden = service.open(name="hidden")
    for act in (hidden.get, lambda: hidden.lock(new_lock()), hidden.holder, lambda: list(hidden.versions())):
        with pytest.raises(BackendError, match="there is no workspace hidden in acme, or the token may not see it"):
            act()

    assert "hidden" not in service.hcp.workspaces


@pytest.mark.parametrize("hint", ["permission", "relationship", "address"])
def test_a_state_that_may_not_be_read_is_an_error(service: Service, pem: Certificates, hint: str) -> None:
    write(service.open(), state(1))
    workspace = service.hcp.workspaces["app"]
    if hint == "permission":
        workspace.permissions["can-read-state-versions"] = False

    def answer(request: Request) -> Answer:
        if hint == "relationship" and request.path.endswith("current-state-version"):
            return Answer(404, b"{}")
        found = service.hcp(request)
        if hint == "address":
            return Answer(found.status, found.body.replace(b'"hosted-state-download-url"', b'"was"'), found.headers)
        return found

    with serve(answer, pem.server) as url:
        host = url.replace("127.0.0.1", "localhost").removeprefix("https://")
        rc = Path(service.env["TF_CLI_CONFIG_FILE"])
        rc.write_text(rc.read_text() + f'credentials "{host}" {{\n  token = "ada-t0ken"\n}}\n')
        with pytest.raises(BackendError, match=r"may see the workspace but not its state|gives no address") as caught:
            Service(service.hcp, host, service.env).open().get()

    assert caught.value.next_step


def test_a_token_that_is_not_accepted(service: Service) -> None:
    with pytest.raises(BackendError, match="wants a login, or does not accept it: unauthorized") as caught:
        service.open(token="nobody").get()

    assert "terraform login localhost" in caught.value.next_step
    assert "wr0ng" not in str(caught.value)


SELECTIONS = [
    pytest.param("remote", {"prefix": "app-"}, ("blue", "green"), id="prefix"),
    pytest.param("cloud", {"tags": ["net"]}, ("app-blue", "net"), id="tags"),
    pytest.param("cloud", {"tags": {"env": "prod"}}, ("app-green", "net"), id="tags with values"),
    pytest.param("cloud", {"tags": ["net"], "project": "Network"}, ("net",), id="project"),
    pytest.param("cloud", {"tags": ["nothing"]}, (), id="none"),
]


@pytest.mark.parametrize(("kind", "chosen", "names"), SELECTIONS)
def test_workspaces_by_their_own_names(
    service: Service, kind: str, chosen: dict[str, Any], names: tuple[str, ...]
) -> None:
    service.hcp.projects["Network"] = "prj-net"
    service.hcp.page = 2
    service.hcp.add("app-blue", tags={"net": "", "env": "test"})
    service.hcp.add("app-green", tags={"env": "prod"})
    service.hcp.add("my-app-red")
    service.hcp.add("net", tags={"net": "", "env": "prod"}, project="prj-net")
    workspace = names[0] if names else "any"
    backend = service.open(kind, workspace, **chosen)

    assert isinstance(backend, Workspaces)
    assert not isinstance(backend, Deletable)
    assert backend.workspaces() == names
    if names:
        write(backend, state(1))
        assert service.hcp.workspaces[f"{chosen.get('prefix', '')}{workspace}"].versions


def test_a_project_that_is_not_there(service: Service) -> None:
    with pytest.raises(BackendError, match="there is no project Nowhere in acme"):
        service.open("cloud", "any", tags=["a"], project="Nowhere").workspaces()


@pytest.mark.parametrize(("answer", "message"), [(Answer(404), "is no HCP Terraform"), (Answer(200, b"{}"), "is no HCP"), (Answer(200, b"<html>"), "not JSON")])  # fmt: skip
def test_a_host_that_is_another(service: Service, pem: Certificates, answer: Answer, message: str) -> None:
    with serve(lambda request: answer, pem.server) as url:
        host = url.replace("127.0.0.1", "localhost").removeprefix("https://")
        env = {"SSL_CERT_FILE": str(pem.authority)}
        config = {"hostname": host, "organization": "acme", "workspaces": {"name": "app"}, "token": "ada-t0ken"}
        backend = open_backend(BackendConfig("cloud", config), unit_dir=Path(), env=env, runner=process.run)
        with pytest.raises(BackendError, match=message):
            backend.get()


def test_no_write_of_many_processes_is_lost(service: Service) -> None:
    assert race(BackendConfig("cloud", service.block()), service.env) == 1 + PROCESSES * ROUNDS


@needs_terraform
@pytest.mark.parametrize("site", ["cloud"], indirect=True)
def test_no_write_is_lost_between_terraform_and_us(site: Site) -> None:
    ours, theirs = (PROCESSES - TERRAFORMS) * ROUNDS, TERRAFORMS * APPLIES

    assert race_beside_terraform(site) == 1 + ours + theirs


def test_a_lock_whose_answer_is_lost_is_not_left_behind(service: Service, pem: Certificates) -> None:
    def answer(request: Request) -> Answer | None:
        found = service.hcp(request)
        return None if request.path.endswith("/actions/lock") else found

    with serve(answer, pem.server) as url:
        host = url.replace("127.0.0.1", "localhost").removeprefix("https://")
        rc = Path(service.env["TF_CLI_CONFIG_FILE"])
        rc.write_text(rc.read_text() + f'credentials "{host}" {{\n  token = "ada-t0ken"\n}}\n')
        with pytest.raises(BackendError, match=r"cannot lock .* hung up"):
            Service(service.hcp, host, service.env).open().lock(new_lock())

    assert service.hcp.workspaces["app"].locked_by == ""


def test_facts(service: Service) -> None:
    service.hcp.workspaces["app"].permissions = {"can-create-state-versions": False, "can-lock": False}
    facts = {fact.name: fact for fact in service.open(token="eve").facts()}

    assert facts["identity"].said == "eve"
    assert facts["rights"].said == "not granted: create-state-versions, lock"
    assert facts["versioned"].good
    service.hcp.workspaces["app"].permissions = {}
    assert [fact.good for fact in service.open().facts()] == [True, True, True]

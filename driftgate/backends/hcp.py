"""States in HCP Terraform and Terraform Enterprise, which `cloud` blocks and `remote` backends share.

The service keeps every version, and itself sees that only the lock's owner writes, and only what succeeds the present
state. It keeps no record of Terraform's for a lock: who holds it, it says by user, team or run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings, Version
from driftgate.backends.hcp_api import Document, Hcp, part
from driftgate.backends.hcp_documents import UNREADABLE, header_of, holder_name, included, related, typed, version_of
from driftgate.backends.hcp_settings import HONOURED, Selection, hcp, selection
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.remembered import again
from driftgate.backends.rest import UnreachableError
from driftgate.backends.rest_facts import asked, rights
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

RIGHTS = ("can-read-state-versions", "can-create-state-versions", "can-lock", "can-unlock")


# What our own locks give as the reason, which people see in the service; there is no other place for the record.
_REASON = re.compile(r"driftgate: (?P<operation>.+) by (?P<who>\S+) since (?P<created>\S+) \((?P<info>.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HcpBackend:
    """The state of one workspace; its lock's id is `organization/workspace`, whoever holds it."""

    api: Hcp
    organization: str
    workspace: str
    notes: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    conditional = True  # nobody else can write while we hold the lock, and a write first compares the current version

    @property
    def lock_id(self) -> str:
        return f"{self.organization}/{self.workspace}"

    def get(self) -> Payload | None:
        """The state; its token is the state version's id. What this process has read before is not sent again."""
        return again(("hcp", self.api, self.organization, self.workspace), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        version = self._current("read")
        if version is None or (known and version["id"] == known.token):
            return known if version else None
        return Payload(self._download(version), str(version["id"]))

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """Store `data` as a new version: in one request, or, when that is too large for the server, in two."""
        current = self._current("write")
        if (current or {}).get("id") != (replacing.token if replacing else None):
            raise ConflictError(f"{self._where} has changed since it was read", next_step="read it again and repeat")
        path = f"workspaces/{self._id('write')}/state-versions"
        header = header_of(data, self._where)
        described = {
            "serial": header.serial,
            "md5": hashlib.md5(data, usedforsecurity=False).hexdigest(),
            "lineage": header.lineage,
            "force": False,
        }
        whole = {**described, "state": base64.b64encode(data).decode()}
        answer = self.api.post(path, "write", typed("state-versions", whole), (200, 201, 409, 412, 413))
        if answer.status == 413:
            answer = self.api.post(path, "write", typed("state-versions", described), (200, 201, 409, 412))
            if answer.status < 300:
                name = "hosted-state-upload-url"
                url = self.api.rest.json(answer, "write", lambda begun: str(begun["data"]["attributes"][name]))
                self.api.upload(url, data)
        if answer.status in (409, 412):
            refused = self.api.rest.refused(answer, "", "write")
            raise ConflictError(refused.message, next_step="lock it, read it again and repeat")

    def versions(self) -> Iterator[Version]:
        self._id("list the versions of")
        query = {
            "filter[organization][name]": self.organization,
            "filter[workspace][name]": self.workspace,
            "include": "created_by",
        }
        current = True
        for page in self.api.pages("state-versions", "list the versions of", query):
            authors = included(page)
            for version in page["data"]:
                if version["attributes"].get("status") not in UNREADABLE:
                    yield version_of(version, authors, current=current)
                    current = False

    def get_version(self, version_id: str) -> bytes:
        workspace = self._id("read")
        found = self.api.get(f"state-versions/{part(version_id)}", "read")
        version = found["data"] if found else None
        owner = related(version, "workspace") if version else {}
        if version is None or owner.get("id", workspace) != workspace:
            raise BackendError(
                f"{self._where} has no version {version_id}", next_step="`dg state history` lists those there are"
            )
        return self._download(version)

    def facts(self) -> Iterator[Fact]:
        yield asked("identity", self._identity)
        yield asked("rights", self._rights)
        yield Fact("versioned", True, "the service keeps every version")

    def _identity(self) -> Fact:
        found = self.api.get("account/details", "ask about")
        who = found["data"]["attributes"].get("username") if found else ""
        return Fact("identity", True if who else None, who or "the token belongs to no user")

    def _rights(self) -> Fact:
        granted = self._workspace("ask about")["attributes"].get("permissions") or {}
        missing = [name.removeprefix("can-") for name in RIGHTS if granted.get(name) is False]
        return rights(missing, self.api.rest.login)

    def lock(self, info: LockInfo) -> str:
        reason = f"driftgate: {info.operation} by {info.who} since {info.created} ({info.info or info.id})"
        path = f"workspaces/{self._id('lock')}/actions/lock"
        try:
            answer = self.api.post(path, "lock", {"reason": reason}, (200, 409))
        except UnreachableError:
            raise
        except BaseException:  # the answer may be lost, and the lock taken
            with suppress(BackendError):
                if str(self._workspace("lock")["attributes"].get("locked-reason") or "") == reason:
                    self.unlock(self.lock_id)
            raise
        if answer.status == 409:
            raise LockHeldError(self._where, self.holder())
        return self.lock_id

    def unlock(self, lock_id: str) -> None:
        self._unlock(lock_id, "unlock")

    def break_lock(self, lock_id: str) -> None:
        """Needs admin access to the workspace."""
        self._unlock(lock_id, "force-unlock")

    def holder(self) -> LockInfo | None:
        found = self.api.get(self._path, "read", {"include": "locked_by"})
        if found is None:
            raise self._no_workspace("read")
        attributes = found["data"]["attributes"]
        if not attributes.get("locked"):
            return None
        by = related(found["data"], "locked-by")
        reason = str(attributes.get("locked-reason") or "")  # not every server gives it
        ours = _REASON.fullmatch(reason)
        if ours:
            operation, by_us, created, info = ours.groups()
            return LockInfo(self.lock_id, operation, by_us, created, self.lock_id, info)
        return LockInfo(
            self.lock_id, "", holder_name(included(found).get(by.get("id", ""), {}), by), "", self.lock_id, reason
        )

    @property
    def _where(self) -> str:
        return self.api.rest.where

    @property
    def _path(self) -> str:
        return f"organizations/{part(self.organization)}/workspaces/{part(self.workspace)}"

    def _id(self, doing: str) -> str:
        """The workspace's id, asked for once."""
        if self.workspace not in self.ids:
            self.ids[self.workspace] = str(self._workspace(doing)["id"])
        return self.ids[self.workspace]

    def _workspace(self, doing: str) -> Document:
        """Raises BackendError when there is none: the service tells a missing one from a hidden one to nobody."""
        found = self.api.get(self._path, doing)
        if found is None:
            raise self._no_workspace(doing)
        return dict(found["data"])

    def _no_workspace(self, doing: str) -> BackendError:
        return BackendError(
            f"cannot {doing} {self._where}: there is no workspace {self.workspace} in {self.organization}, or the "
            "token may not see it",
            next_step="check both names and the token's access; `terraform init` creates the workspace",
        )

    def _current(self, doing: str) -> Document | None:
        """The present version, None when there is none yet, which looks the same as one that may not be read."""
        found = self.api.get(f"workspaces/{self._id(doing)}/current-state-version", doing)
        if found is not None:
            return dict(found["data"])
        workspace = self._workspace(doing)
        permissions = workspace["attributes"].get("permissions") or {}
        if permissions.get("can-read-state-versions") is False or related(workspace, "current-state-version"):
            raise BackendError(
                f"cannot {doing} {self._where}: the token may see the workspace but not its state",
                next_step=f"grant its team `Read state versions`; {self.api.rest.login}",
            )
        return None

    def _download(self, version: Document) -> bytes:
        url = version["attributes"].get("hosted-state-download-url")
        if not url:
            raise BackendError(
                f"cannot read {self._where}: the service gives no address for {version['id']}",
                next_step=self.api.rest.login,
            )
        return self.api.download(str(url))

    def _unlock(self, lock_id: str, action: str) -> None:
        held = lock_id == self.lock_id
        path = f"workspaces/{self._id('unlock')}/actions/{action}" if held else ""
        if not held or self.api.post(path, "unlock", {}, (200, 409)).status == 409:
            raise BackendError(
                f"{self._where} is not locked under {lock_id} by this user",
                next_step="somebody has unlocked it meanwhile, or a run or another user holds it",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class HcpBackendOfSeveral(HcpBackend):
    """The same, chosen by a block that speaks of several workspaces; their names here are terraform's."""

    selection: Selection

    def workspaces(self) -> tuple[str, ...]:
        """The names of those there are, which need not have a state yet; there is no `default` among them."""
        query = {"search[name]": self.selection.prefix} if self.selection.prefix else {}
        plain = ",".join(name for name, value in self.selection.tags if value is None)
        query |= {"search[tags]": plain} if plain else {}
        valued = [(name, value) for name, value in self.selection.tags if value is not None]
        for number, (name, value) in enumerate(valued):
            query |= {f"filter[tagged][{number}][key]": name, f"filter[tagged][{number}][value]": value}
        if self.selection.project:
            query["filter[project][id]"] = self._project()
        pages = self.api.pages(f"organizations/{part(self.organization)}/workspaces", "list the workspaces of", query)
        names = {str(found["attributes"]["name"]) for page in pages for found in page["data"]}
        prefix = self.selection.prefix
        return tuple(sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix)))

    def _project(self) -> str:
        path, asked = f"organizations/{part(self.organization)}/projects", {"filter[names]": self.selection.project}
        for page in self.api.pages(path, "list the projects of", asked):
            for found in page["data"]:
                if found["attributes"]["name"] == self.selection.project:
                    return str(found["id"])
        raise BackendError(
            f"there is no project {self.selection.project} in {self.organization}, or the token may not see it",
            next_step="check project, or TF_CLOUD_PROJECT",
        )


def open_hcp(backend: BackendConfig, around: Surroundings) -> Backend:
    """The state of the workspace that Terraform uses. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    location = locate(backend, PurePosixPath("."), env=around.env)
    organization, _, workspace = location.object.partition("/")
    api, chosen = hcp(s, location.identity, around.tool), selection(s)
    if chosen is None:
        return HcpBackend(api, organization, workspace, s.not_honoured(HONOURED))
    return HcpBackendOfSeveral(api, organization, workspace, s.not_honoured(HONOURED), selection=chosen)

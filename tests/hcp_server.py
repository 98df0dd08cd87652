"""HCP Terraform for tests, as far as states need it: discovery, workspaces, locks, state versions.

The rules are those of https://developer.hashicorp.com/terraform/cloud-docs/api-docs: what a token may not see does not
exist, a state version needs the workspace locked by the same user, and must succeed the present one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import Answer, Request

ORGANIZATION = "acme"
TOKENS = {"ada-t0ken": "ada", "eve-t0ken": "eve"}
JSON_API = {"Content-Type": "application/vnd.api+json", "TFP-API-Version": "2.6"}

Document = dict[str, Any]


@dataclass
class Workspace:
    id: str
    name: str
    versions: list[StateVersion] = field(default_factory=list)
    locked_by: str = ""
    reason: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    project: str = "prj-default"
    permissions: dict[str, bool] = field(default_factory=dict)
    run: str = ""


@dataclass
class StateVersion:
    id: str
    serial: int
    lineage: str
    md5: str
    author: str
    created: str
    data: bytes | None = None
    status: str = "finalized"


@dataclass
class Hcp:
    """Answers for `loopback.serve`. A body larger than `limit` is refused, as by a proxy before the service."""

    url: str = ""
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=lambda: {"Default Project": "prj-default"})
    requests: list[Request] = field(default_factory=list)
    limit: int = 100_000_000
    page: int = 100
    numbers: int = 0
    mutex: threading.RLock = field(default_factory=threading.RLock)

    def __call__(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        user = TOKENS.get(request.headers.get("Authorization", "").removeprefix("Bearer "), "")
        with self.mutex:
            self.requests.append(request)
            if url.path == "/.well-known/terraform.json":
                services = dict.fromkeys(("tfe.v2", "tfe.v2.1", "tfe.v2.2"), "/api/v2/")
                return Answer(200, json.dumps(services).encode(), {"Content-Type": "application/json"})
            for method, pattern, act in _ROUTES:
                match = re.fullmatch(pattern, url.path.rstrip("/"))
                if match and method == request.method:
                    if not user and not url.path.startswith("/_archivist/"):
                        return _error(401, "unauthorized")
                    if len(request.body) > self.limit and not url.path.startswith("/_archivist/"):
                        return Answer(413)
                    return act(self, _Asked(request, query, user, match.groups()))
            return _error(404, "not found")

    def add(self, name: str, **changed: Any) -> Workspace:
        """A new workspace."""
        self.workspaces[name] = Workspace(self.number("ws"), name, **changed)
        return self.workspaces[name]

    def number(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}-{self.numbers:016d}"

    def by_id(self, found: str) -> Workspace | None:
        return next((workspace for workspace in self.workspaces.values() if workspace.id == found), None)


@dataclass(frozen=True)
class _Asked:
    request: Request
    query: Mapping[str, str]
    user: str
    parts: tuple[str, ...]

    @property
    def attributes(self) -> Document:
        return dict(json.loads(self.request.body)["data"]["attributes"])


def _ping(hcp: Hcp, asked: _Asked) -> Answer:
    return Answer(204, b"", JSON_API)


def _account(hcp: Hcp, asked: _Asked) -> Answer:
    return _data({"id": f"user-{asked.user}", "type": "users", "attributes": {"username": asked.user}})


def _organization(hcp: Hcp, asked: _Asked) -> Answer:
    if asked.parts[0] != ORGANIZATION:
        return _error(404, "not found")
    return _data({"id": ORGANIZATION, "type": "organizations", "attributes": {"name": ORGANIZATION}})


def _entitlements(hcp: Hcp, asked: _Asked) -> Answer:
    attributes = {"operations": True, "state-storage": True}
    return _data({"id": "org-1", "type": "entitlement-sets", "attributes": attributes})


def _list_workspaces(hcp: Hcp, asked: _Asked) -> Answer:
    found = [workspace for workspace in hcp.workspaces.values() if _matches(workspace, asked.query)]
    return _page(hcp, asked, [_shown(workspace) for workspace in sorted(found, key=lambda w: w.name)])


def _matches(workspace: Workspace, query: Mapping[str, str]) -> bool:
    plain = set(filter(None, query.get("search[tags]", "").split(",")))
    numbers = [name for name in query if name.startswith("filter[tagged]") and name.endswith("[key]")]
    valued = {query[name]: query[name.replace("[key]", "[value]")] for name in numbers}
    return (
        query.get("search[name]", "") in workspace.name
        and plain <= set(workspace.tags)
        and valued.items() <= workspace.tags.items()
        and query.get("filter[project][id]", workspace.project) == workspace.project
    )


def _list_projects(hcp: Hcp, asked: _Asked) -> Answer:
    names = [name for name in hcp.projects if asked.query.get("filter[names]", name) in name]
    documents = [{"id": hcp.projects[name], "type": "projects", "attributes": {"name": name}} for name in names]
    return _page(hcp, asked, documents)


def _create_workspace(hcp: Hcp, asked: _Asked) -> Answer:
    return _data(_shown(hcp.add(str(asked.attributes["name"]))), 201)


def _show_workspace(hcp: Hcp, asked: _Asked) -> Answer:
    workspace = hcp.workspaces.get(asked.parts[-1]) or hcp.by_id(asked.parts[-1])
    if workspace is None:
        return _error(404, "not found")
    included = _users() if "locked_by" in asked.query.get("include", "") else []
    return _data(_shown(workspace), included=included)


def _act(hcp: Hcp, asked: _Asked) -> Answer:
    workspace = hcp.by_id(asked.parts[0])
    assert workspace is not None
    action, holder = asked.parts[1], workspace.run or workspace.locked_by
    if action == "lock":
        if holder:
            return _error(409, "Unable to lock workspace. The workspace is already locked.")
        workspace.locked_by, workspace.reason = asked.user, str(json.loads(asked.request.body or b"{}").get("reason"))
        return _data(_shown(workspace))
    if not holder or (action == "unlock" and holder != asked.user):
        return _error(409, "Unable to unlock workspace. It is not locked, or locked by somebody else.")
    workspace.locked_by = workspace.reason = workspace.run = ""
    return _data(_shown(workspace))


def _current(hcp: Hcp, asked: _Asked) -> Answer:
    workspace = hcp.by_id(asked.parts[0])
    assert workspace is not None
    version = _newest(workspace)
    if version is None or workspace.permissions.get("can-read-state-versions") is False:
        return _error(404, "not found")
    return _data(_described(hcp, workspace, version))


def _outputs(hcp: Hcp, asked: _Asked) -> Answer:
    workspace = hcp.by_id(asked.parts[0])
    assert workspace is not None
    version = _newest(workspace)
    if version is None or version.data is None:
        return _error(404, "not found")
    outputs = json.loads(version.data).get("outputs", {})
    documents = [
        {
            "id": f"wsout-{name}",
            "type": "state-version-outputs",
            "attributes": {
                "name": name, "value": output["value"], "type": "string", "detailed-type": output["type"],
                "sensitive": bool(output.get("sensitive")),
            },
        }
        for name, output in sorted(outputs.items())
    ]  # fmt: skip
    return _page(hcp, asked, documents)


def _create_version(hcp: Hcp, asked: _Asked) -> Answer:
    workspace, given = hcp.by_id(asked.parts[0]), asked.attributes
    assert workspace is not None
    if workspace.locked_by != asked.user:
        return _error(409, "Unable to create state version. The workspace must be locked by this user.")
    newest = _newest(workspace)
    stale = newest and (given["serial"] <= newest.serial or given.get("lineage") != newest.lineage)
    if stale and not given.get("force"):
        return _error(409, "Unable to create state version. Its serial or lineage does not succeed the current one.")
    data = base64.b64decode(given["state"]) if given.get("state") else None
    if data is not None and hashlib.md5(data).hexdigest() != given["md5"]:
        return _error(422, "MD5 does not match the state.")
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    status = "pending" if data is None else "finalized"
    version = StateVersion(hcp.number("sv"), given["serial"], given.get("lineage", ""), given["md5"], asked.user, created, data, status)  # fmt: skip
    workspace.versions.append(version)
    return _data(_described(hcp, workspace, version), 201)


def _list_versions(hcp: Hcp, asked: _Asked) -> Answer:
    workspace = hcp.workspaces.get(asked.query["filter[workspace][name]"])
    if workspace is None or asked.query["filter[organization][name]"] != ORGANIZATION:
        return _error(404, "not found")
    documents = [_described(hcp, workspace, version) for version in reversed(workspace.versions)]
    return _page(hcp, asked, documents, _users() if asked.query.get("include") == "created_by" else [])


def _show_version(hcp: Hcp, asked: _Asked) -> Answer:
    for workspace in hcp.workspaces.values():
        for version in workspace.versions:
            if version.id == asked.parts[0]:
                return _data(_described(hcp, workspace, version))
    return _error(404, "not found")


def _archive(hcp: Hcp, asked: _Asked) -> Answer:
    """Where the bytes are, behind addresses that are secret themselves."""
    for workspace in hcp.workspaces.values():
        for version in workspace.versions:
            if version.id == asked.parts[1]:
                if asked.request.method == "PUT":
                    if asked.parts[0] == "state":
                        version.data, version.status = asked.request.body, "finalized"
                    return Answer(200)
                return Answer(404) if version.data is None else Answer(200, version.data)
    return Answer(404)


def _newest(workspace: Workspace) -> StateVersion | None:
    return next((version for version in reversed(workspace.versions) if version.status == "finalized"), None)


def _shown(workspace: Workspace) -> Document:
    rights = "can-update can-destroy can-queue-run can-lock can-unlock can-force-unlock can-read-settings can-force-delete can-read-state-versions can-create-state-versions"  # fmt: skip
    attributes = {
        "name": workspace.name, "locked": bool(workspace.run or workspace.locked_by), "operations": False,
        "execution-mode": "local", "terraform-version": "latest", "auto-apply": False, "resource-count": 0,
        "created-at": "2026-01-01T00:00:00.000Z", "locked-reason": workspace.reason or None,
        "permissions": {**dict.fromkeys(rights.split(), True), **workspace.permissions},
        "actions": {"is-destroyable": True}, "tag-names": sorted(workspace.tags),
    }  # fmt: skip
    newest = _newest(workspace)
    holder = {"id": workspace.run, "type": "runs"} if workspace.run else {"id": f"user-{workspace.locked_by}", "type": "users"}  # fmt: skip
    related = {
        "organization": {"data": {"id": ORGANIZATION, "type": "organizations"}},
        "locked-by": {"data": holder if workspace.run or workspace.locked_by else None},
        "current-state-version": {"data": {"id": newest.id, "type": "state-versions"} if newest else None},
    }
    return {"id": workspace.id, "type": "workspaces", "attributes": attributes, "relationships": related}


def _described(hcp: Hcp, workspace: Workspace, version: StateVersion) -> Document:
    attributes = {
        "created-at": version.created, "serial": version.serial, "size": len(version.data or b""),
        "status": version.status, "state-version": 4, "terraform-version": "1.11.4", "resources-processed": True,
        "hosted-state-download-url": f"{hcp.url}/_archivist/state/{version.id}",
        "hosted-state-upload-url": f"{hcp.url}/_archivist/state/{version.id}",
        "hosted-json-state-upload-url": f"{hcp.url}/_archivist/json/{version.id}",
    }  # fmt: skip
    related = {
        "workspace": {"data": {"id": workspace.id, "type": "workspaces"}},
        "created-by": {"data": {"id": f"user-{version.author}", "type": "users"}},
    }
    return {"id": version.id, "type": "state-versions", "attributes": attributes, "relationships": related}


def _users() -> list[Document]:
    return [{"id": f"user-{name}", "type": "users", "attributes": {"username": name}} for name in TOKENS.values()]


def _page(hcp: Hcp, asked: _Asked, documents: list[Document], included: list[Document] | None = None) -> Answer:
    number, size = int(asked.query.get("page[number]", 1)), min(int(asked.query.get("page[size]", 20)), hcp.page)
    pages = max(1, -(-len(documents) // size))
    pagination = {
        "current-page": number, "page-size": size, "next-page": number + 1 if number < pages else None,
        "prev-page": number - 1 or None, "total-pages": pages, "total-count": len(documents),
    }  # fmt: skip
    found = documents[(number - 1) * size : number * size]
    return _json({"data": found, "included": included or [], "meta": {"pagination": pagination}})


def _data(document: Document, status: int = 200, included: list[Document] | None = None) -> Answer:
    return _json({"data": document, "included": included or []}, status)


def _error(status: int, detail: str) -> Answer:
    return _json(
        {"errors": [{"status": str(status), "title": detail.partition(".")[0].lower(), "detail": detail}]}, status
    )


def _json(document: Document, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), JSON_API)


_ROUTES: list[tuple[str, str, Callable[[Hcp, _Asked], Answer]]] = [
    ("GET", "/api/v2/ping", _ping),
    ("GET", "/api/v2/account/details", _account),
    ("GET", "/api/v2/organizations/([^/]+)/entitlement-set", _entitlements),
    ("GET", "/api/v2/organizations/([^/]+)", _organization),
    ("GET", f"/api/v2/organizations/{ORGANIZATION}/projects", _list_projects),
    ("GET", f"/api/v2/organizations/{ORGANIZATION}/workspaces", _list_workspaces),
    ("POST", f"/api/v2/organizations/{ORGANIZATION}/workspaces", _create_workspace),
    ("GET", f"/api/v2/organizations/{ORGANIZATION}/workspaces/([^/]+)", _show_workspace),
    ("POST", "/api/v2/workspaces/([^/]+)/actions/(lock|unlock|force-unlock)", _act),
    ("GET", "/api/v2/workspaces/([^/]+)/current-state-version", _current),
    ("GET", "/api/v2/workspaces/([^/]+)/current-state-version-outputs", _outputs),
    ("POST", "/api/v2/workspaces/([^/]+)/state-versions", _create_version),
    ("GET", "/api/v2/workspaces/([^/]+)", _show_workspace),
    ("GET", "/api/v2/state-versions", _list_versions),
    ("GET", "/api/v2/state-versions/([^/]+)", _show_version),
    ("GET", "/_archivist/(state|json)/([^/]+)", _archive),
    ("PUT", "/_archivist/(state|json)/([^/]+)", _archive),
]

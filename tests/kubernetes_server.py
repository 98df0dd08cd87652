"""A Kubernetes API server for tests, as far as a state needs it: secrets and leases with resourceVersion and labels."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import Answer, Request

SECRET_LIMIT = 1024 * 1024
_PATH = re.compile(r"/(api/v1|apis/coordination\.k8s\.io/v1)/namespaces/([^/]+)/(secrets|leases)(?:/([^/]+))?")
_KINDS = {"secrets": ("v1", "Secret"), "leases": ("coordination.k8s.io/v1", "Lease")}

Object = dict[str, Any]


@dataclass
class Cluster:
    """Answers for `loopback.serve`; objects by kind and `namespace/name`. `token` is what every request must show."""

    secrets: dict[str, Object] = field(default_factory=dict)
    leases: dict[str, Object] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    rules: list[Object] = field(default_factory=lambda: [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])
    token: str = ""
    version: int = 100
    mutex: threading.RLock = field(default_factory=threading.RLock)

    def __call__(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self.mutex:
            self.requests.append(request)
            if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
                return _status(403, "Forbidden", "secrets is forbidden: User cannot get resource")
            if url.path.endswith("/selfsubjectreviews"):
                return _json({"status": {"userInfo": {"username": "system:serviceaccount:tf:driftgate"}}}, 201)
            if url.path.endswith("/selfsubjectrulesreviews"):
                return _json({"status": {"resourceRules": self.rules}}, 201)
            match = _PATH.fullmatch(url.path)
            if match is None:
                return _status(404, "NotFound", "the server could not find the requested resource")
            _, namespace, kind, name = match.groups()
            objects: dict[str, Object] = getattr(self, kind)
            if name is None and request.method == "GET":
                return self._list(objects, namespace, kind, query.get("labelSelector", ""), request)
            if request.method == "POST":
                return self._create(objects, namespace, kind, json.loads(request.body))
            return self._one(objects, namespace, kind, f"{namespace}/{name}", request)

    def _one(self, objects: dict[str, Object], namespace: str, kind: str, key: str, request: Request) -> Answer:
        if key not in objects:
            return _status(404, "NotFound", f'{kind} "{key}" not found')
        if request.method == "DELETE":
            del objects[key]
            return _status(200, "", "")
        if request.method == "PUT":
            return self._replace(objects, namespace, kind, json.loads(request.body))
        found = objects[key]
        if "PartialObjectMetadata;" in request.headers.get("Accept", ""):
            found = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": found["metadata"]}
        return _json(found)

    def _list(self, objects: dict[str, Object], namespace: str, kind: str, selector: str, request: Request) -> Answer:
        wanted = dict(pair.split("=", 1) for pair in selector.split(",") if pair)
        found = [
            thing
            for key, thing in sorted(objects.items())
            if key.startswith(f"{namespace}/") and wanted.items() <= (thing["metadata"].get("labels") or {}).items()
        ]
        version, name = _KINDS[kind]
        if "PartialObjectMetadataList" in request.headers.get("Accept", ""):
            found = [{"metadata": thing["metadata"]} for thing in found]
            version, name = "meta.k8s.io/v1", "PartialObjectMetadata"
        metadata = {"resourceVersion": str(self.version)}
        return _json({"apiVersion": version, "kind": f"{name}List", "metadata": metadata, "items": found})

    def _create(self, objects: dict[str, Object], namespace: str, kind: str, thing: Object) -> Answer:
        name = thing["metadata"]["name"]
        if f"{namespace}/{name}" in objects:
            return _status(409, "AlreadyExists", f'{kind} "{name}" already exists')
        return self._save(objects, namespace, kind, thing, 201)

    def _replace(self, objects: dict[str, Object], namespace: str, kind: str, thing: Object) -> Answer:
        name, asked = thing["metadata"]["name"], thing["metadata"].get("resourceVersion")
        if asked and asked != objects[f"{namespace}/{name}"]["metadata"]["resourceVersion"]:
            return _status(409, "Conflict", "the object has been modified; please apply your changes to the latest")
        return self._save(objects, namespace, kind, thing, 200)

    def _save(self, objects: dict[str, Object], namespace: str, kind: str, thing: Object, status: int) -> Answer:
        size = sum(len(base64.b64decode(value or "")) for value in (thing.get("data") or {}).values())
        if size > SECRET_LIMIT:
            return _status(422, "Invalid", f"Secret is invalid: data: Too long: must have at most {SECRET_LIMIT} bytes")
        self.version += 1
        version, name = _KINDS[kind]
        metadata = {**thing["metadata"], "namespace": namespace, "resourceVersion": str(self.version)}
        saved = {**thing, "apiVersion": version, "kind": name, "metadata": metadata}
        objects[f"{namespace}/{metadata['name']}"] = saved
        return _json(saved, status)


def _status(code: int, reason: str, message: str) -> Answer:
    status = "Success" if code == 200 else "Failure"
    document = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": status, "reason": reason}
    return _json({**document, "message": message, "code": code}, code)


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})

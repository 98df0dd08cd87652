"""The few things asked of a Kubernetes API server: secrets and leases of one namespace.

A write carries the object's resourceVersion, so that the server refuses it when the object has changed.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from driftgate.backends.rest import Rest

SECRETS = "api/v1"
LEASES = "apis/coordination.k8s.io/v1"
_KINDS = {SECRETS: ("secrets", "v1", "Secret"), LEASES: ("leases", "coordination.k8s.io/v1", "Lease")}
_METADATA_OF_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json"
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class KubeApi:
    """The objects in `namespace`; `group` of each call is SECRETS or LEASES."""

    rest: Rest
    url: str
    namespace: str

    def get(self, group: str, name: str, doing: str = "read") -> Object | None:
        answer = self.rest.send("GET", self._url(group, name), doing, ok=(200, 404))
        return None if answer.status == 404 else self.rest.json(answer, doing, _whole)

    def version(self, group: str, name: str) -> str:
        """The resourceVersion of an object, "" where there is none, without its content where the server can."""
        headers = {"Accept": _METADATA_OF_ONE}
        answer = self.rest.send("GET", self._url(group, name), "read", headers=headers, ok=(200, 404))
        found = {} if answer.status == 404 else self.rest.json(answer, "read", _whole)["metadata"]
        return str(found.get("resourceVersion", ""))

    def metadata(self, group: str, labels: dict[str, str], doing: str = "list") -> list[Object]:
        """The `metadata` of the objects with all `labels`, without their contents where the server can leave them."""
        selector = urlencode({"labelSelector": ",".join(f"{name}={value}" for name, value in sorted(labels.items()))})
        answer = self.rest.send("GET", f"{self._url(group)}?{selector}", doing, headers={"Accept": _METADATA_ONLY})
        return self.rest.json(answer, doing, lambda found: [dict(item["metadata"]) for item in found["items"] or ()])

    def create(self, group: str, thing: Object, doing: str) -> bool:
        """Whether it was created; False when there is one of this name."""
        return self._write("POST", self._url(group), group, thing, doing)

    def replace(self, group: str, thing: Object, doing: str) -> bool:
        """Whether it was replaced; False when it is gone or has changed since `thing` was read."""
        return self._write("PUT", self._url(group, thing["metadata"]["name"]), group, thing, doing)

    def delete(self, group: str, name: str) -> None:
        self.rest.send("DELETE", self._url(group, name), "delete", ok=(200, 202, 404), repeat=True)

    def review(self, group: str, kind: str, spec: Object) -> Object:
        """What the server says of ourselves; `group` as `authorization.k8s.io`. It stores nothing."""
        version = f"{group}/v1"
        body = json.dumps({"apiVersion": version, "kind": kind, "spec": spec}).encode()
        url = f"{self.url}/apis/{version}/{kind.lower()}s"
        headers = {"Content-Type": "application/json"}
        answer = self.rest.send("POST", url, "ask about", body=body, headers=headers, ok=(200, 201), repeat=True)
        return self.rest.json(answer, "ask about", lambda found: dict(found.get("status") or {}))

    def _write(self, method: str, url: str, group: str, thing: Object, doing: str) -> bool:
        _, version, kind = _KINDS[group]
        body = json.dumps({"apiVersion": version, "kind": kind, **thing}).encode()
        gone = (409,) if method == "POST" else (404, 409)
        answer = self.rest.send(
            method, url, doing, body=body, headers={"Content-Type": "application/json"}, ok=(200, 201, *gone)
        )
        return answer.status not in gone

    def _url(self, group: str, name: str = "") -> str:
        kind = _KINDS[group][0]
        return f"{self.url}/{group}/namespaces/{quote(self.namespace)}/{kind}" + (f"/{quote(name)}" if name else "")


def _whole(found: Any) -> Object:
    """An object of which what every one has is there. Raises for anything else."""
    parts = {name: dict(found[name]) for name in ("metadata", "data", "spec") if found.get(name) is not None}
    str(parts["metadata"]["resourceVersion"])
    return {**found, **parts}

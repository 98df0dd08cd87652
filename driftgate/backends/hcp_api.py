"""The API of HCP Terraform and Terraform Enterprise as far as states need it: JSON:API documents over REST.

Source: https://developer.hashicorp.com/terraform/cloud-docs/api-docs.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from driftgate.backends.base import BackendError
from driftgate.backends.rest import Answer, Rest

SERVICES = ("tfe.v2", "tfe.v2.1", "tfe.v2.2")
PAGE = 100
_JSON_API = {"Content-Type": "application/vnd.api+json"}

Document = dict[str, Any]

_discovered: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Hcp:
    """One host's API; `service` is its URL where the CLI configuration names it, else it is discovered."""

    rest: Rest
    host: str
    service: str = ""

    def get(self, path: str, doing: str, query: Mapping[str, str] | None = None) -> Document | None:
        """The document at `path`, whole; None when there is none that the token may see."""
        answer = self._send("GET", path, doing, query, ok=(200, 404))
        return None if answer.status == 404 else self.rest.json(answer, doing, _of_one)

    def pages(self, path: str, doing: str, query: Mapping[str, str]) -> Iterator[Document]:
        """The documents of a list, page by page. Raises BackendError when there is no such list."""
        number: object = 1
        while number:
            asked = {**query, "page[size]": str(PAGE), "page[number]": str(number)}
            page = self.rest.json(self._send("GET", path, doing, asked), doing, _of_several)
            yield page
            pagination = (page.get("meta") or {}).get("pagination") or {}
            number = pagination.get("next-page")

    def post(self, path: str, doing: str, document: Document, ok: Container[int]) -> Answer:
        return self._send("POST", path, doing, body=json.dumps(document).encode(), ok=ok)

    def download(self, url: str) -> bytes:
        """What is behind a URL that the API gave. It is a secret itself, and only the API's host gets the token."""
        answer = self._of(url).send("GET", url, "read", ok=range(600))
        if answer.status != 200:
            raise BackendError(
                f"cannot read {self.rest.where}: its download answered {answer.status}",
                next_step="try again; the service gives a fresh address each time",
            )
        return answer.data

    def upload(self, url: str, data: bytes) -> None:
        """Store `data` behind a URL that the API gave."""
        answer = self._of(url).send("PUT", url, "write", body=data, ok=range(600), repeat=True)
        if answer.status not in (200, 201, 204):
            raise BackendError(
                f"cannot write {self.rest.where}: its upload answered {answer.status}, so the new version is not there",
                next_step="try again; the version begun stays pending and is not used",
            )

    def _of(self, url: str) -> Rest:
        return self.rest if urlsplit(url).netloc == urlsplit(self._base()).netloc else replace(self.rest, headers=())

    def _send(
        self,
        method: str,
        path: str,
        doing: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        ok: Container[int] = (200,),
    ) -> Answer:
        url = f"{self._base()}/{path}" + (f"?{urlencode(query)}" if query else "")
        return self.rest.send(method, url, doing, body=body, headers=_JSON_API, ok=ok)

    def _base(self) -> str:
        """The API's URL. https://developer.hashicorp.com/terraform/internals/remote-service-discovery"""
        root = f"https://{self.host}/"
        if self.service:
            return urljoin(root, self.service).rstrip("/")
        if root not in _discovered:  # two threads may both ask: better than one that waits for a dead host's
            _discovered[root] = urljoin(root, self._discover(f"{root}.well-known/terraform.json")).rstrip("/")
        return _discovered[root]

    def _discover(self, url: str) -> str:
        answer = self.rest.send("GET", url, "find the API for", ok=(200, 404))
        services = self.rest.json(answer, "find the API for", dict) if answer.status == 200 else {}
        found = next((services[key] for key in SERVICES if key in services), None)
        if not found:
            raise BackendError(
                f"{self.host} is no HCP Terraform or Terraform Enterprise: it names no service {SERVICES[0]}",
                next_step="check hostname",
            )
        return str(found)


def _of_one(found: Any) -> Document:
    _thing(found["data"])
    return dict(found)


def _of_several(found: Any) -> Document:
    for thing in found["data"]:
        _thing(thing)
    return dict(found)


def _thing(found: Any) -> None:
    """Raises unless this is a thing as JSON:API describes it."""
    str(found["id"]), dict(found["attributes"])


def part(name: str) -> str:
    """A name as part of a path."""
    return quote(name, safe="")

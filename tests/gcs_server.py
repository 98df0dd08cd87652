"""A stand-in for Google Cloud Storage: generations, preconditions, object versioning and customer-supplied keys.

As much of the JSON and XML APIs as terraform's client (Go) and google-cloud-storage (Python) use, written from
https://cloud.google.com/storage/docs/json_api/v1 and from what both send.
"""

from __future__ import annotations

import base64
import email
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import google_crc32c
from loopback import Answer, Request, serve

_UPLOAD = re.compile(r"(?:/resumable)?/upload/storage/v1/b/([^/]+)/o")
_BUCKET = re.compile(r"/storage/v1/b/([^/]+)/o")
_OBJECT = re.compile(r"(?:/download)?/storage/v1/b/([^/]+)/o/(.+)")
_ABOUT = re.compile(r"/storage/v1/b/([^/]+)(/iam)?")
_MEDIA = re.compile(r"/([^/]+)/(.+)")
_KEY = "x-goog-encryption-key-sha256"


@dataclass
class Stored:
    """One generation of an object. `deleted` is when it stopped to be the live one."""

    name: str
    generation: int
    data: bytes
    content_type: str
    encoding: str = ""
    key: str = ""
    created: str = ""
    deleted: str = ""


@dataclass
class Bucket:
    """`about` is what its owner has set besides, `policy` the bindings of its IAM policy, both as the API has them."""

    versioning: bool = True
    about: dict[str, Any] = field(default_factory=dict)
    policy: list[dict[str, Any]] = field(default_factory=list)
    objects: dict[str, list[Stored]] = field(default_factory=dict)

    def live(self, name: str) -> Stored | None:
        generations = self.objects.get(name)
        return generations[-1] if generations and not generations[-1].deleted else None


class RefusalError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class GcsServer:
    """All buckets, and `fault`: asked with each request and its answer, it may change the answer."""

    def __init__(self) -> None:
        self.url = ""
        self.buckets: dict[str, Bucket] = {}
        self.fault: Callable[[Request, Answer], Answer | None] = lambda request, answer: None
        self._uploads: dict[str, tuple[str, dict[str, str], dict[str, str], str, bytes]] = {}
        self._lock = threading.Lock()
        self._generation = 0

    @property
    def endpoint(self) -> str:
        """What `storage_custom_endpoint` wants."""
        return f"{self.url}/storage/v1/"

    def store(self, bucket: str, name: str, data: bytes, *, encoding: str = "", key: str = "") -> Stored:
        """Put an object there, unasked."""
        stored = self.buckets[bucket]
        self._generation = max(self._generation + 1, time.time_ns() // 1000)
        generations = stored.objects.setdefault(name, [])
        self._retire(stored, name)
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        generations = stored.objects.setdefault(name, [])
        generations.append(Stored(name, self._generation, data, "application/json", encoding, key, now))
        return generations[-1]

    def answer(self, request: Request) -> Answer:
        with self._lock:
            try:
                answer = self._route(request)
            except RefusalError as refusal:
                reason = {412: "conditionNotMet", 404: "notFound"}.get(refusal.status, "invalid")
                errors = [{"message": refusal.message, "domain": "global", "reason": reason}]
                error = {"code": refusal.status, "message": refusal.message, "errors": errors}
                answer = _json({"error": error}, refusal.status)
            return self.fault(request, answer) or answer

    def _route(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = dict(parse_qsl(url.query))
        key = {k.lower(): v for k, v in request.headers.items()}.get(_KEY, "")
        if match := _UPLOAD.fullmatch(url.path):
            return self._upload(request, match[1], query, key)
        if match := _BUCKET.fullmatch(url.path):
            return self._list(self._bucket(match[1]), query)
        if match := _ABOUT.fullmatch(url.path):
            about = self._bucket(match[1])
            if match[2]:
                return _json({"kind": "storage#policy", "version": 3, "bindings": about.policy})
            name = {"kind": "storage#bucket", "name": match[1], "versioning": {"enabled": about.versioning}}
            return _json(name | about.about)
        if match := _OBJECT.fullmatch(url.path):
            bucket, name = self._bucket(match[1]), unquote(match[2])
            if request.method == "DELETE":
                return self._delete(bucket, name, query)
            found = self._find(bucket, name, query)
            return _media(found, key, query) if query.get("alt") == "media" else _json(_resource(match[1], found))
        if match := _MEDIA.fullmatch(url.path):
            return _media(self._find(self._bucket(match[1]), unquote(match[2]), query), key, query)
        raise RefusalError(404, f"no such path: {url.path}")

    def _bucket(self, name: str) -> Bucket:
        if name not in self.buckets:
            raise RefusalError(404, "The specified bucket does not exist.")
        return self.buckets[name]

    def _find(self, bucket: Bucket, name: str, query: dict[str, str]) -> Stored:
        wanted = query.get("generation")
        if wanted is None:
            found = bucket.live(name)
        else:
            found = next((s for s in bucket.objects.get(name, []) if str(s.generation) == wanted), None)
        if found is None:
            raise RefusalError(404, f"No such object: {name}")
        return found

    def _upload(self, request: Request, bucket: str, query: dict[str, str], key: str) -> Answer:
        self._bucket(bucket)
        if request.method == "PUT":
            return self._resume(request, bucket, query["upload_id"])
        if query["uploadType"] == "resumable":
            meta = json.loads(request.body or b"{}")
            number = str(len(self._uploads) + 1)
            self._uploads[number] = (query.get("name") or meta["name"], query, meta, key, b"")
            path = f"{urlsplit(request.path).path}?uploadType=resumable&upload_id={number}"
            return Answer(200, b"{}", {"Location": f"{self.url}{path}"})
        head = f"Content-Type: {_header(request, 'content-type')}\r\n\r\n".encode()
        about, content = email.message_from_bytes(head + request.body, policy=policy.HTTP).iter_parts()  # type: ignore[attr-defined]
        meta = json.loads(about.get_payload(decode=True))
        return self._commit(
            bucket, query.get("name") or meta["name"], query, meta, key, content.get_payload(decode=True)
        )

    def _resume(self, request: Request, bucket: str, number: str) -> Answer:
        name, query, meta, key, data = self._uploads[number]
        data += request.body
        self._uploads[number] = (name, query, meta, key, data)
        if _header(request, "content-range").endswith("/*"):
            return Answer(308, b"", {"Range": f"bytes=0-{len(data) - 1}", "X-Http-Status-Code-Override": "308"})
        return self._commit(bucket, name, query, meta, key, data)

    def _commit(
        self, bucket: str, name: str, query: dict[str, str], meta: dict[str, str], key: str, data: bytes
    ) -> Answer:
        _precondition(query, self.buckets[bucket].live(name))
        stored = self.store(bucket, name, data, encoding=meta.get("contentEncoding", ""), key=key)
        return _json(_resource(bucket, stored))

    def _delete(self, bucket: Bucket, name: str, query: dict[str, str]) -> Answer:
        found = self._find(bucket, name, {})
        _precondition(query, found)
        self._retire(bucket, name)
        return Answer(204)

    def _retire(self, bucket: Bucket, name: str) -> None:
        live = bucket.live(name)
        if live is not None:
            live.deleted = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        if not bucket.versioning:
            bucket.objects.pop(name, None)

    def _list(self, bucket: Bucket, query: dict[str, str]) -> Answer:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        items, folders = [], set()
        for name in sorted(n for n in bucket.objects if n.startswith(prefix)):
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            generations = bucket.objects[name]
            items += [
                _resource("", s) for s in generations if query.get("versions", "").lower() == "true" or not s.deleted
            ]
        return _json({"kind": "storage#objects", "items": items, "prefixes": sorted(folders)})


@contextmanager
def start_gcs() -> Iterator[GcsServer]:
    """Yield a running, empty storage service; it is gone when the block is left."""
    server = GcsServer()
    with serve(server.answer) as url:
        server.url = url
        yield server


def _precondition(query: dict[str, str], live: Stored | None) -> None:
    wanted = query.get("ifGenerationMatch")
    if wanted is not None and int(wanted) != (live.generation if live else 0):
        raise RefusalError(412, "At least one of the pre-conditions you specified did not hold.")


def _resource(bucket: str, stored: Stored) -> dict[str, str]:
    found = {
        "kind": "storage#object",
        "name": stored.name,
        "bucket": bucket,
        "generation": str(stored.generation),
        "metageneration": "1",
        "contentType": stored.content_type,
        "size": str(len(stored.data)),
        "md5Hash": base64.b64encode(hashlib.md5(stored.data).digest()).decode(),
        "crc32c": _crc32c(stored.data),
        "etag": str(stored.generation),
        "timeCreated": stored.created,
        "updated": stored.created,
    }
    if stored.encoding:
        found["contentEncoding"] = stored.encoding
    return {**found, "timeDeleted": stored.deleted} if stored.deleted else found


def _media(stored: Stored, key: str, query: dict[str, str]) -> Answer:
    if query.get("ifGenerationNotMatch") == str(stored.generation):
        return Answer(304)
    if stored.key != key:
        raise RefusalError(400, "The target object is encrypted by a customer-supplied encryption key.")
    headers = {
        "Content-Type": stored.content_type,
        "X-Goog-Generation": str(stored.generation),
        "X-Goog-Metageneration": "1",
        "X-Goog-Hash": f"crc32c={_crc32c(stored.data)}",
        "ETag": f'"{stored.generation}"',
        "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
    }
    if stored.encoding:
        headers |= {"Content-Encoding": stored.encoding, "X-Goog-Stored-Content-Encoding": stored.encoding}
    return Answer(200, stored.data, headers)


def _crc32c(data: bytes) -> str:
    return base64.b64encode(google_crc32c.value(data).to_bytes(4, "big")).decode()


def _json(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json"})


def _header(request: Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "")

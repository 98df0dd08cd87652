"""The `consul` backend: a state in one key, or in chunks named by a manifest when it is larger than a key may be.

Source: https://developer.hashicorp.com/terraform/language/backend/consul, and what Terraform 1.11 stores.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings
from driftgate.backends.consul_kv import Kv, Pair, Refusal, TooLargeError, operation
from driftgate.backends.consul_lock import ConsulLock, lock_key
from driftgate.backends.consul_settings import HONOURED, consul_kv
from driftgate.backends.lock import LockInfo
from driftgate.backends.remembered import again
from driftgate.backends.rest import UnreachableError
from driftgate.backends.rest_facts import NO_HISTORY, asked, transport
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

CHUNK = 512 * 1024
READS = 3


@dataclass(frozen=True, slots=True)
class Manifest:
    """Of a state in chunks: the MD5 of the state and the chunks' keys, in order."""

    digest: str
    chunks: tuple[str, ...]

    def to_json(self) -> bytes:
        return json.dumps({"chunks": self.chunks, "current-hash": self.digest}, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class ConsulBackend:
    """The state at `path`, without locks; `root` is the path of the default workspace."""

    kv: Kv
    path: str
    root: str
    compress: bool = False
    notes: tuple[str, ...] = ()

    conditional = True  # a write is a check-and-set on the key's index

    def get(self) -> Payload | None:
        """The state; its token is the key's ModifyIndex. What this process has read before is not sent again."""
        return again(("consul", self.kv, self.path), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        """Another's write between key and chunks is read past."""
        if known and self.kv.is_still(self.path, int(known.token or 0)):
            return known
        for attempt in range(READS):
            pair = self.kv.get(self.path)
            if pair is None:
                return None
            data = self._state(pair)
            if data is not None:
                return Payload(data, str(pair.index))
            if attempt and self.kv.get(self.path) == pair:
                break
        raise BackendError(
            f"cannot read {self.kv.rest.where}: its chunks are missing or do not fit its digest",
            next_step="restore it from a backup; terraform cannot read it either",
        )

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """Store `data`. With `lock_id` Consul itself checks, in the same step, that the lock is still ours."""
        before = self.kv.get(self.path)
        old = _manifest(before.value) if before else None
        payload = gzip.compress(data, mtime=0) if self.compress else data
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()  # the name that terraform gives its chunks
        try:
            self._set(payload, replacing, lock_id)
            digest = ""
        except TooLargeError:
            self._set(self._in_chunks(payload, digest).to_json(), replacing, lock_id)
        if old and old.digest != digest:
            self.kv.delete_tree(self._chunk_path(old.digest))

    def delete(self, *, lock_id: str | None = None) -> None:
        before = self.kv.get(self.path)
        manifest = _manifest(before.value) if before else None
        self.kv.delete(self.path)
        if manifest:
            self.kv.delete_tree(self._chunk_path(manifest.digest))

    def facts(self) -> Iterator[Fact]:
        yield transport(self.kv.url, self.kv.rest.tls)
        yield asked("identity", self._identity)
        yield asked("private", self._private)
        yield NO_HISTORY

    def _identity(self) -> Fact:
        who = self.kv.identity()
        return Fact("identity", True if who else None, who or "no token, or Consul does not ask for one")

    def _private(self) -> Fact:
        stranger = replace(self.kv, rest=replace(self.kv.rest, headers=()))
        try:
            stranger.get(self.path)
        except UnreachableError:
            raise
        except BackendError:
            return Fact("private", True, "refused without a token")
        return Fact(
            "private", False, "whoever reaches the agent reads the state without a token",
            "switch Consul's ACLs on, with `default_policy = \"deny\"`",
        )  # fmt: skip

    def workspaces(self) -> tuple[str, ...]:
        prefix = f"{self.root}-env:"
        names = {key.removeprefix(prefix) for key in self.kv.keys(prefix)}
        return tuple(sorted({name for name in names if name and "/" not in name} | {"default"}))

    def _state(self, pair: Pair) -> bytes | None:
        """The bytes of the state; None when a chunk is not there, or they are not those that the manifest speaks of."""
        manifest = _manifest(pair.value)
        if manifest is None:
            return _uncompressed(pair.value)
        chunks = [self.kv.get(key) for key in manifest.chunks]
        data = _uncompressed(b"".join(chunk.value for chunk in chunks if chunk))
        digest = hashlib.md5(data or b"", usedforsecurity=False).hexdigest()
        return data if all(chunks) and digest == manifest.digest else None

    def _set(self, value: bytes, replacing: Payload | None, lock_id: str | None) -> None:
        index = int(replacing.token or 0) if replacing else 0  # 0: only when there is no such key
        operations = [operation("cas", self.path, value=value, index=index)]
        if lock_id:
            operations.append(operation("check-session", lock_key(self.path), session=lock_id))
        done = self.kv.transact(operations, "write")
        if isinstance(done, Refusal) and done.operation == 0:
            raise ConflictError(
                f"{self.kv.rest.where} has changed since it was read", next_step="read it again and repeat"
            )
        if isinstance(done, Refusal):
            raise ConflictError(
                f"{self.kv.rest.where}: the lock {lock_id} is lost, nothing was written",
                next_step="check the connection to Consul; then lock, read and repeat",
            )

    def _in_chunks(self, payload: bytes, digest: str) -> Manifest:
        """Store the chunks. Nobody reads them before the manifest is stored, so a crash here does no harm."""
        keys: list[str] = []
        for start in range(0, len(payload), CHUNK):
            keys.append(f"{self._chunk_path(digest)}{len(keys)}")
            self.kv.put(keys[-1], payload[start : start + CHUNK])
        return Manifest(digest, tuple(keys))

    def _chunk_path(self, digest: str) -> str:
        return f"{self.path.rstrip('/')}/tfstate.{digest}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockingConsulBackend(ConsulBackend):
    """The same with locks, as it is unless the block says `lock = false`."""

    guard: ConsulLock

    ends_with_process = True  # the session's, some seconds after its last renewal

    def lock(self, info: LockInfo) -> str:
        """Take the lock; its id is that of the session that holds it, not `info.id`."""
        return self.guard.take(info)

    def unlock(self, lock_id: str) -> None:
        self.guard.give_back(lock_id)

    def break_lock(self, lock_id: str) -> None:
        self.guard.give_back(lock_id)

    def holder(self) -> LockInfo | None:
        return self.guard.holder()


def open_consul(backend: BackendConfig, around: Surroundings) -> Backend:
    """The keys that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    location = locate(backend, PurePosixPath("."), env=around.env)
    kv = consul_kv(s, around.unit_dir, location.identity)
    path, compress, notes = location.object, s.flag("gzip"), s.not_honoured(HONOURED)
    if location.lock is None:
        return ConsulBackend(kv, path, s.get("path"), compress, notes)
    return LockingConsulBackend(kv, path, s.get("path"), compress, notes, guard=ConsulLock(kv, path))


def _manifest(value: bytes) -> Manifest | None:
    if not value.startswith(b"{") or b'"current-hash"' not in value:
        return None
    try:
        document = json.loads(value)
        return Manifest(str(document["current-hash"]), tuple(document["chunks"])) if "chunks" in document else None
    except (ValueError, KeyError, TypeError):
        return None


def _uncompressed(value: bytes) -> bytes | None:
    if not value.startswith(b"\x1f"):
        return value
    try:
        return gzip.decompress(value)
    except (OSError, EOFError):
        return None

"""The `kubernetes` backend: a state, compressed, in a secret, or in several when it is larger than a secret may be.

OpenTofu keeps every state in one secret, which is the same thing. The lock is a lease whose holder is the lock's id.
Source: https://developer.hashicorp.com/terraform/language/backend/kubernetes, and what Terraform 1.11 stores.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from driftgate.backends.base import Backend, BackendError, ConflictError, Fact, Payload, Surroundings
from driftgate.backends.kube_api import LEASES, SECRETS, KubeApi, Object
from driftgate.backends.kubernetes_facts import facts
from driftgate.backends.kubernetes_settings import HONOURED, cluster_of, kubernetes_rest, labels, server_url
from driftgate.backends.lock import LockHeldError, LockInfo
from driftgate.backends.remembered import again
from driftgate.backends.rest import UnreachableError
from driftgate.backends.where import locate
from driftgate.backends.where_settings import Settings
from driftgate.unit import BackendConfig

PART = 1024 * 1024
READS = 3
RECORD = "app.terraform.io/lock-info"
_GZIP = 31  # zlib's word for it


@dataclass(frozen=True, slots=True)
class KubernetesBackend:
    """The state in the secret `name` and its parts; `own_labels` are the block's."""

    api: KubeApi
    name: str
    suffix: str
    workspace: str
    own_labels: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    conditional = True  # on the resourceVersion of the secret, of several the first

    def get(self) -> Payload | None:
        """The state; its token are the resourceVersions of its secrets. What was read before is not sent again."""
        return again(("kubernetes", self.api, self.name), self._read)

    def _read(self, known: Payload | None) -> Payload | None:
        """Another's write between parts is read past."""
        if known and self._is_still(known.token or ""):
            return known
        for _ in range(READS):
            first = self.api.get(SECRETS, self.name)
            if first is None:
                return None
            if "tfstate" not in (first.get("data") or {}):
                return Payload(b"", _version(first))
            found = self._state(first)
            if found is not None:
                return found
        raise BackendError(
            f"cannot read {self.api.rest.where}: the secret does not hold a whole compressed state",
            next_step="restore it from a backup; terraform cannot read it either",
        )

    def put(self, data: bytes, *, replacing: Payload | None, lock_id: str | None = None) -> None:
        """Store `data`. Several secrets are no transaction: a crash between them leaves a state nobody can read."""
        packed = gzip.compress(data, mtime=0)
        parts = [packed[start : start + PART] for start in range(0, len(packed), PART)]
        stored = self._stored()
        self._put_first(parts[0], replacing)
        for number, part in enumerate(parts[1:], start=1):
            self._put_part(self._part(number), part, self._part(number) in stored)
        for name in stored - {self._part(number) for number in range(len(parts))}:
            self.api.delete(SECRETS, name)

    def delete(self, *, lock_id: str | None = None) -> None:
        """Remove the secrets, and the lease unless it is held."""
        for name in self._stored():
            self.api.delete(SECRETS, name)
        lease = self._lease("delete")
        if lease and not _holder_id(lease):
            self.api.delete(LEASES, self._lease_name)

    def facts(self) -> Iterator[Fact]:
        return facts(self.api)

    def workspaces(self) -> tuple[str, ...]:
        found = self.api.metadata(SECRETS, {"tfstate": "true", "tfstateSecretSuffix": self.suffix})
        return tuple(sorted({str(item["labels"].get("tfstateWorkspace", "default")) for item in found} | {"default"}))

    def lock(self, info: LockInfo) -> str:
        info = replace(info, path=f"{self.api.namespace}/{self.name}")
        lease = self._lease("lock")
        try:
            taken = self._take(lease, info)
        except UnreachableError:
            raise
        except BaseException:  # the answer may be lost, and the lease taken
            with suppress(BackendError):
                self.unlock(info.id)
            raise
        if not taken:
            raise LockHeldError(self.api.rest.where, self.holder())
        return info.id

    def _take(self, lease: Object | None, info: LockInfo) -> bool:
        if lease is None:
            return self.api.create(LEASES, self._held({"metadata": self._metadata(self._lease_name)}, info), "lock")
        if _holder_id(lease):
            return _holder_id(lease) == info.id
        return self.api.replace(LEASES, self._held(lease, info), "lock")

    def unlock(self, lock_id: str) -> None:
        lease = self._lease("unlock")
        if lease and _holder_id(lease) == lock_id:
            lease["spec"].pop("holderIdentity")
            lease["metadata"].get("annotations", {}).pop(RECORD, None)
            if self.api.replace(LEASES, lease, "unlock"):
                return
        raise BackendError(
            f"{self.api.rest.where} is not locked under {lock_id}",
            next_step="somebody has unlocked it meanwhile; check what is stored now",
        )

    def break_lock(self, lock_id: str) -> None:
        self.unlock(lock_id)

    def holder(self) -> LockInfo | None:
        lease = self._lease("read")
        if lease is None or not _holder_id(lease):
            return None
        holder = _holder_id(lease)
        try:
            found = LockInfo.from_json((lease["metadata"].get("annotations") or {}).get(RECORD, "").encode())
        except ValueError:
            return LockInfo(holder, "", "", "")
        return found if found.id == holder else LockInfo(holder, "", "", "")

    @property
    def _lease_name(self) -> str:
        return f"lock-{self.name}"

    def _part(self, number: int) -> str:
        return f"{self.name}-part-{number}" if number else self.name

    def _lease(self, doing: str) -> Object | None:
        return self.api.get(LEASES, self._lease_name, doing)

    def _held(self, lease: Object, info: LockInfo) -> Object:
        metadata = lease["metadata"]
        annotations = {**(metadata.get("annotations") or {}), RECORD: info.to_json().decode()}
        spec = {**(lease.get("spec") or {}), "holderIdentity": info.id}
        return {**lease, "metadata": {**metadata, "annotations": annotations}, "spec": spec}

    def _metadata(self, name: str) -> Object:
        managed = {"tfstate": "true", "tfstateSecretSuffix": self.suffix, "tfstateWorkspace": self.workspace}
        return {"name": name, "labels": {**managed, "app.kubernetes.io/managed-by": "terraform", **self.own_labels}}

    def _stored(self) -> set[str]:
        """The names of the secrets there are, also of parts that a longer state has left behind."""
        chosen = {"tfstate": "true", "tfstateSecretSuffix": self.suffix, "tfstateWorkspace": self.workspace}
        ours = re.compile(re.escape(self.name) + r"(-part-[0-9]+)?")
        names = {str(item["name"]) for item in self.api.metadata(SECRETS, chosen)}
        return {name for name in names if ours.fullmatch(name)}

    def _is_still(self, token: str) -> bool:
        """Whether no secret of the state has changed; the server sends their metadata only."""
        versions = token.split()
        return bool(versions) and all(self.api.version(SECRETS, self._part(n)) == v for n, v in enumerate(versions))

    def _state(self, first: Object) -> Payload | None:
        """The state, reading on until its compression says that it is whole; None when it does not."""
        unpack, found, part, number, token = zlib.decompressobj(_GZIP), b"", first, 0, _version(first)
        while True:
            try:
                found += unpack.decompress(base64.b64decode(part["data"]["tfstate"], validate=True))
            except (zlib.error, binascii.Error, KeyError, TypeError):
                return None
            if unpack.eof:
                return Payload(found, token)
            number += 1
            following = self.api.get(SECRETS, self._part(number))
            if following is None:
                return None
            part, token = following, f"{token} {_version(following)}"

    def _put_first(self, part: bytes, replacing: Payload | None) -> None:
        if replacing is None:
            done = self.api.create(SECRETS, self._secret({"metadata": self._new(self.name)}, part), "write")
        else:
            now = self.api.get(SECRETS, self.name, "write")
            done = bool(now) and self.api.replace(SECRETS, self._secret(now or {}, part, _first(replacing)), "write")
        if not done:
            raise ConflictError(
                f"{self.api.rest.where} has changed since it was read", next_step="read it again and repeat"
            )

    def _put_part(self, name: str, part: bytes, exists: bool) -> None:
        now = self.api.get(SECRETS, name, "write") if exists else None
        if now is None:
            done = self.api.create(SECRETS, self._secret({"metadata": self._new(name)}, part), "write")
        else:
            done = self.api.replace(SECRETS, self._secret(now, part), "write")
        if not done:
            raise BackendError(
                f"{self.api.rest.where}: somebody else wrote {name} at the same time, so the state there is mixed",
                next_step="restore it from a backup, and let every client lock",
            )

    def _new(self, name: str) -> Object:
        return {**self._metadata(name), "annotations": {"encoding": "gzip"}}

    def _secret(self, now: Object, part: bytes, version: str | None = None) -> Object:
        metadata = {**now["metadata"], **({"resourceVersion": version} if version else {})}
        data = {**(now.get("data") or {}), "tfstate": base64.b64encode(part).decode()}
        return {**now, "metadata": metadata, "data": data}


def open_kubernetes(backend: BackendConfig, around: Surroundings) -> Backend:
    """The secret that Terraform uses for the workspace. Raises BackendError for settings that cannot work."""
    s = Settings(backend, PurePosixPath("."), around.env, None)
    location = locate(backend, PurePosixPath("."), env=around.env)
    cluster = cluster_of(s, around.unit_dir)
    url = server_url(cluster, s.flag("insecure", "KUBE_INSECURE"))
    namespace, _, name = location.object.partition("/")
    api = KubeApi(kubernetes_rest(s, cluster, location.identity), url, namespace)
    return KubernetesBackend(api, name, s.get("secret_suffix"), backend.workspace, labels(s), s.not_honoured(HONOURED))


def _version(thing: Object) -> str:
    return str(thing["metadata"]["resourceVersion"])


def _first(payload: Payload) -> str:
    """The resourceVersion of the first secret."""
    return (payload.token or "").partition(" ")[0]


def _holder_id(lease: Object) -> str:
    return str((lease.get("spec") or {}).get("holderIdentity") or "")

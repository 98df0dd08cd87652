"""A unit's state, from wherever its backend keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from driftgate import process
from driftgate.backends.base import Backend, BackendError, Payload, Surroundings
from driftgate.backends.registry import open_backend
from driftgate.errors import MissingExtra
from driftgate.process import Runner
from driftgate.state.circuit import Circuit, circuit_of
from driftgate.state.file import EncryptedStateError, StateError, StateFile
from driftgate.state.parse import outer_meta, parse_meta, parse_state
from driftgate.state.snapshot import SnapshotMeta
from driftgate.tfexec.guard import read_only
from driftgate.unit import Unit

if TYPE_CHECKING:
    from driftgate.state.encryption import Encryption

READ_ONLY = read_only(process.run)
T = TypeVar("T")


def read_state(
    unit: Unit,
    *,
    root: Path,
    env: Mapping[str, str],
    run: Runner = READ_ONLY,
    on_note: Callable[[str], None] = lambda note: None,
    encryption: Callable[[], Encryption | None] = lambda: None,
) -> StateFile | None:
    """The state of `unit` in the repo at `root`; None when there is none yet.

    `on_note` hears sentences about how it was read. A state that OpenTofu encrypted is decrypted with what
    `encryption` gives, which is asked for then only; else it is read through tofu when the unit is tofu's. Raises
    BackendError when the state cannot be reached, StateError when it is not usable (an empty object too: Terraform
    takes it for none, a person should look), ToolError when its type needs a binary.
    """

    def get(backend: Backend) -> Payload | None:
        for note in backend.notes:
            on_note(note)
        return backend.get()

    payload = ask_backend(unit, get, root=root, env=env, run=run)
    if payload is None:
        return None
    try:
        return readable(payload.data, source_of(unit), encryption, Surroundings(root / unit.path, env, run))
    except EncryptedStateError:
        if unit.tool != "tofu":
            raise
    decrypted = _through_tofu(unit, root=root, env=env, run=run)
    return parse_state(decrypted.data, source_of(unit)) if decrypted else None


def read_snapshot(unit: Unit, *, root: Path, env: Mapping[str, str], run: Runner = READ_ONLY) -> SnapshotMeta | None:
    """Serial and lineage of the unit's state without reading its resources. Returns and raises as `read_state`."""
    payload = stored(unit, root=root, env=env, run=run)
    if payload is None:
        return None
    read = outer_meta if unit.tool == "tofu" else parse_meta
    return read(payload.data, source_of(unit))


def read_state_file(
    path: Path,
    *,
    env: Mapping[str, str] | None = None,
    encryption: Callable[[], Encryption | None] = lambda: None,
) -> StateFile:
    """The state in the file at `path`, decrypted as in `read_state`.

    Raises StateError when it cannot be read or is no state.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror}", next_step="name a state file or a unit") from None
    return readable(data, str(path), encryption, Surroundings(path.parent, env or {}, READ_ONLY))


def stored(unit: Unit, *, root: Path, env: Mapping[str, str], run: Runner = READ_ONLY) -> Payload | None:
    """What is stored of `unit` now, None when there is no state. Raises as `ask_backend`."""
    return ask_backend(unit, lambda backend: backend.get(), root=root, env=env, run=run)


def ask_backend(
    unit: Unit, question: Callable[[Backend], T], *, root: Path, env: Mapping[str, str], run: Runner = READ_ONLY
) -> T:
    """The answer of `unit`'s backend to a `question` that reads; an endpoint that gives none is soon left alone.

    Raises what `question` raises, BackendError and MissingExtra as `unit_backend`.
    """
    return counted(circuit_of(unit, env), lambda: question(unit_backend(unit, root=root, env=env, run=run)))


def counted(circuit: Circuit | None, question: Callable[[], T]) -> T:
    """The answer to `question`, counted in `circuit` where there is one. Raises as `breaker.ask`."""
    if circuit is None:
        return question()
    from driftgate.state.breaker import ask

    return ask(circuit, question)


def unit_backend(unit: Unit, *, root: Path, env: Mapping[str, str], run: Runner = READ_ONLY) -> Backend:
    """The backend of `unit`, opened.

    Raises BackendError while its endpoint is left alone and for a unit whose broken source hides its backend,
    BackendError and MissingExtra as `open_backend`.
    """
    if unit.error is not None and unit.backend.type == "unknown":
        raise BackendError(unit.error, next_step="correct the source and repeat")
    circuit = circuit_of(unit, env)
    if circuit is not None:
        circuit.require_closed()
    return open_backend(unit.backend, unit_dir=root / unit.path, env=env, runner=run, tool=unit.tool)


def source_of(unit: Unit) -> str:
    """How errors name the state of `unit`."""
    where = unit.location.identity if unit.location else unit.backend.type
    return f"the state of {unit.path} ({where})"


def readable(data: bytes, source: str, encryption: Callable[[], Encryption | None], around: Surroundings) -> StateFile:
    """The state in `data`, decrypted with what `encryption` gives, which is asked for only where it is needed.

    Raises StateError, and EncryptedStateError without an encryption configuration that fits.
    """
    try:
        return parse_state(data, source)
    except EncryptedStateError:
        configuration = encryption()
        if configuration is None:
            raise
    from driftgate.state.encryption import decrypt

    return parse_state(decrypt(data, configuration, open_key=partial(_open_key, around), source=source), source)


def _open_key(around: Surroundings, settings: Mapping[str, object], sealed: bytes) -> bytes:
    try:
        from driftgate.backends.aws_kms import open_key
    except ModuleNotFoundError as error:
        if error.name != "botocore":
            raise
        raise MissingExtra("boto3", "aws", "decrypting a state with AWS KMS") from None
    return open_key(settings, sealed, around=around)


def _through_tofu(unit: Unit, *, root: Path, env: Mapping[str, str], run: Runner) -> Payload | None:
    from driftgate.backends.terraform import open_terraform

    return open_terraform(unit.backend, Surroundings(root / unit.path, env, run, tool="tofu")).get()

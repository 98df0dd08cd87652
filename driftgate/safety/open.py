"""Opens what the settings name: the backups and the audit log, in one way for every command that writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftgate import process
from driftgate.safety.actor import actor
from driftgate.safety.audit import Audit
from driftgate.safety.redact import Redactor
from driftgate.safety.trail.log import AuditLog, utc_now
from driftgate.safety.trail.record import Circumstances

if TYPE_CHECKING:
    from driftgate.safety.approvals.book import Book
    from driftgate.safety.backups.archive import Archive
    from driftgate.safety.backups.store import Store
    from driftgate.safety.signing import SigningKey
    from driftgate.settings.schema import AuditSettings, BackupSettings, Settings


def open_backups(settings: BackupSettings, env: Mapping[str, str], *, now: Callable[[], datetime] = utc_now) -> Archive:
    """The backups (a `Backups`) that every write makes first. Nothing is made or written before the first one.

    Raises BackupError for settings that cannot be used, MissingExtra for what they need and is not installed.
    """
    from driftgate.safety.backups.archive import Archive
    from driftgate.safety.backups.index import Index
    from driftgate.safety.backups.keys import sealer_of
    from driftgate.safety.backups.local_store import LocalStore

    store = _store(settings, env)
    if isinstance(store, LocalStore):
        index = store.root / "index.sqlite3"
    else:
        index = state_folder(env) / "indexes" / f"{hashlib.sha256(store.address.encode()).hexdigest()[:16]}.sqlite3"
    return Archive(store, Index(index), sealer_of(settings, env), now)


def open_approvals(settings: Settings, env: Mapping[str, str], *, folder: Path) -> Book:
    """The approvals of plans, where the settings keep them; who may ask and who may grant are the keys that they name.

    `folder` is in the repo whose git notes may be meant. Raises BackupError for a destination and SigningError for a
    key that cannot be used, MissingExtra.
    """
    from driftgate.safety.approvals.book import Book
    from driftgate.safety.approvals.git_notes import GitNotes
    from driftgate.safety.signing import parse_verify_key

    gate = settings.gate
    store = GitNotes(folder, env, process.run) if gate.approvals == "git-notes" else _store(settings.backup, env)
    return Book(store, [*map(parse_verify_key, gate.approvers)], [*map(parse_verify_key, gate.requesters)])


def _store(settings: BackupSettings, env: Mapping[str, str]) -> Store:
    from driftgate.safety.backups.destination import open_store
    from driftgate.safety.backups.local_store import LocalStore

    return open_store(settings.destination, env) if settings.destination else LocalStore(state_folder(env) / "backups")


def open_audit(
    settings: AuditSettings,
    env: Mapping[str, str],
    *,
    reason: str = "",
    cloud: str = "",
    redactor: Redactor | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Audit:
    """The log that every act is recorded in. Nothing is made or written before the first record.

    `reason` is the user's own (`--reason`), `cloud` an identity that a provider confirmed, `redactor` knows secrets
    that must not be written. The run is `DG_RUN_ID`. Raises SigningError for a key that cannot be used.
    """
    around = Circumstances(actor(env, cloud), reason, env.get("DG_RUN_ID", ""))
    return AuditLog(
        audit_file(settings, env),
        around,
        now,
        redactor or Redactor(),
        _signing_key(settings),
        settings.checkpoint_every,
    )


def _signing_key(settings: AuditSettings) -> SigningKey | None:
    if not settings.signing_key:
        return None
    from driftgate.safety.signing import read_signing_key  # and with it cryptography, which logging alone does not take

    return read_signing_key(Path(settings.signing_key))


def audit_file(settings: AuditSettings, env: Mapping[str, str]) -> Path:
    """Where the log is: as set, else `audit.jsonl` in the user's state folder."""
    return Path(settings.path) if settings.path else state_folder(env) / "audit.jsonl"


def state_folder(env: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/driftgate`, `~/.local/state/driftgate` where that is not set."""
    home = env.get("XDG_STATE_HOME") or Path(env.get("HOME") or Path.home()) / ".local/state"
    return Path(home) / "driftgate"

"""Which endpoints have not answered and are left alone for a while, in one small SQLite file for all runs of a user."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from driftgate.backends.base import BackendError
from driftgate.backends.registry import NATIVE
from driftgate.errors import DriftgateError
from driftgate.safety.private_files import private_folder
from driftgate.safety.trail.log import timestamp, utc_now
from driftgate.unit import Unit

OPEN_SECONDS = 30
_WAIT_SECONDS = 2
_TABLE = "CREATE TABLE IF NOT EXISTS circuits (endpoint TEXT PRIMARY KEY, failures INTEGER NOT NULL, opened_at TEXT)"


@dataclass(frozen=True, slots=True)
class Circuit:
    """The circuit of `endpoint`, kept in the file `path`, which is made by the first failure.

    A file that cannot be used means that there is no breaker, never that a state cannot be read.
    """

    endpoint: str
    path: Path
    now: Callable[[], datetime] = utc_now

    def require_closed(self) -> None:
        """Raises BackendError while the circuit is open."""
        _, opened_at = self.row()
        if opened_at and self.waits(opened_at):
            raise self.refusal(opened_at)

    def refusal(self, since: datetime) -> BackendError:
        return BackendError(
            f"{self.endpoint} has not answered since {timestamp(since)} and is left alone for {OPEN_SECONDS} s",
            next_step="try again later, or now after `dg doctor --reset-breakers`",
        )

    def waits(self, opened_at: datetime) -> bool:
        """Whether a circuit opened then is to stay open."""
        return self.now() < opened_at + timedelta(seconds=OPEN_SECONDS)

    def row(self) -> tuple[int, datetime | None]:
        """Failures in a row, and when the circuit opened if it did."""
        return next((row[1:] for row in _rows(self.path) if row[0] == self.endpoint), (0, None))

    def write(self, statement: str, *values: object) -> None:
        """Run `statement`, or do nothing when the file cannot be written."""
        try:
            with _opened(self.path) as db:
                db.execute(statement, values)
        except (sqlite3.Error, OSError):
            return


def circuit_of(unit: Unit, env: Mapping[str, str]) -> Circuit | None:
    """The circuit of the endpoint that keeps the state of `unit`; None where there is none to speak of."""
    endpoint, path = _endpoint(unit, env), _file(env)
    return Circuit(endpoint, path) if endpoint and path else None


def open_circuits(env: Mapping[str, str], now: Callable[[], datetime] = utc_now) -> list[tuple[str, datetime]]:
    """The endpoints left alone now, by name, and since when."""
    path = _file(env)
    if path is None:
        return []
    return [(name, since) for name, _, since in sorted(_rows(path)) if since and Circuit(name, path, now).waits(since)]


def close_circuits(env: Mapping[str, str]) -> None:
    """Forget all failures; a damaged file goes. Raises DriftgateError when it cannot be written."""
    path = _file(env)
    if path is None or not path.exists():
        return
    try:
        with _opened(path) as db:
            db.execute("DELETE FROM circuits")
    except sqlite3.OperationalError as error:
        raise DriftgateError(f"cannot write {path}: {error}", next_step="mend its permissions, or delete it") from None
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise DriftgateError(
            f"cannot write {path}: {error.strerror}", next_step="mend its permissions, or delete it"
        ) from None


def _endpoint(unit: Unit, env: Mapping[str, str]) -> str:
    """Type and host, no secret: both from the identity of the state, which has none; of AWS the region's host."""
    kind = unit.backend.type
    if unit.location is None or kind == "local" or kind not in NATIVE:
        return ""
    try:
        url = urlsplit(unit.location.identity)
    except ValueError:  # a bracket in a name looks like a broken IPv6 address
        return ""
    if kind in ("s3", "gcs"):
        region = unit.backend.config.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""
        usual = "storage.googleapis.com" if kind == "gcs" else f"s3.{region}.amazonaws.com".replace("..", ".")
        given = parse_qs(url.query).get("endpoint", [usual])[0]
        return f"{kind} {given.rpartition('://')[2].partition('/')[0]}"
    host = f"{url.netloc}{url.path}".rsplit("/", 2)[0] if kind == "kubernetes" else url.netloc
    return f"{kind} {host}" if host else ""


def _file(env: Mapping[str, str]) -> Path | None:
    from driftgate.safety.open import state_folder

    known = env.get("XDG_STATE_HOME") or env.get("HOME")
    return state_folder(env) / "circuits.sqlite3" if known else None


def _rows(path: Path) -> list[tuple[str, int, datetime | None]]:
    """All that the file knows; nothing where it is not there or cannot be used."""
    try:
        if not path.exists():
            return []
        with _opened(path) as db:
            found = db.execute("SELECT endpoint, failures, opened_at FROM circuits").fetchall()
        return [(name, count, datetime.fromisoformat(at) if at else None) for name, count, at in found]
    except (sqlite3.Error, OSError, ValueError):
        return []


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as db, db:
        db.execute(_TABLE)
        yield db

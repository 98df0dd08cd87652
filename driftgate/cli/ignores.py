"""The repo's `.driftignore`, read and applied to a scan."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from driftgate.drift.ignore import FILE, apply, parse
from driftgate.errors import DriftgateError
from driftgate.finding import Report


def today() -> date:
    """The day in UTC, the same on every machine of a team."""
    return datetime.now(UTC).date()


def without_ignored(report: Report, root: Path, file: Path | None) -> Report:
    """`report` with what `file` (default: the repo's own) covers made `ignored`. Mistakes in it are said on stderr.

    Raises DriftgateError when a file that is named, or there, cannot be read.
    """
    from driftgate.cli.emit import note

    path = file or root / FILE
    if file is None and not path.exists():
        return report
    entries, mistakes = parse(read(path))
    for mistake in mistakes:
        note(f"{path.name}:{mistake.line}: {mistake.message}: {mistake.next_step}; the line ignores nothing")
    return apply(report, entries, today())


def read(path: Path) -> str:
    """The text of an ignore file. Raises DriftgateError when it cannot be read."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DriftgateError(
            f"cannot read {path}: {why}", next_step="name a readable file with --ignore-file"
        ) from None

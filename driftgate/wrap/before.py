"""Before a command that may change something: what the state is now, and a backup of it."""

from __future__ import annotations

from driftgate.wrap.around import STATELESS, Around
from driftgate.wrap.look import Seen, look, subject
from driftgate.wrap.notice import say

DRIFT_MATTERS = ("apply", "destroy", "refresh")


def prepare(around: Around) -> None:
    """Look at the state and back it up. The lock is not taken: the command needs it."""
    if around.command in STATELESS:
        return
    seen = around.attempt("looking at the state", lambda: look(around.target, around.env))
    around.before = seen
    if seen is not None and seen.data is not None and around.settings.wrap.backup:
        around.backup = around.attempt("the backup of the state", lambda: _save(around, seen)) or ""
    if around.settings.wrap.drift_check and around.command in DRIFT_MATTERS:
        _say_drift(around)


def _say_drift(around: Around) -> None:
    from driftgate.wrap.drift_check import lines, scan  # the whole pipeline, only for who asked for it

    var_files = [value for name, value in around.options.values if name == "var-file"]
    files = [str((around.target.folder / file).resolve()) for file in var_files]
    result = around.attempt("the drift check", lambda: scan(around.target, around.env, files))
    if result is not None:
        say("\n".join(lines(result)))


def _save(around: Around, seen: Seen) -> str:
    from driftgate.safety.open import open_backups  # what seals backups is not worth loading where there is no state

    assert seen.data is not None
    backups = open_backups(around.settings.backup, around.env)
    return backups.save(seen.data, subject(around.target, seen), reason=f"before {around.title}")

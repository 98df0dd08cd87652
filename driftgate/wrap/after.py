"""After a command that may have changed something: what it changed, what looks wrong, and the audit record."""

from __future__ import annotations

from collections.abc import Iterator

from driftgate.errors import DriftgateError
from driftgate.safety.audit import Event
from driftgate.safety.masked_argv import masked_argv
from driftgate.safety.open import open_audit
from driftgate.safety.redact import Redactor
from driftgate.state.diff import diff
from driftgate.state.diff_view import redactor_of
from driftgate.state.file import StateFile
from driftgate.wrap.account import Account, Warned
from driftgate.wrap.around import STATELESS, Around
from driftgate.wrap.changes import describe
from driftgate.wrap.ending import Ending, left_lock, signs
from driftgate.wrap.look import Seen, look, subject
from driftgate.wrap.observe import would_have_blocked


def conclude(around: Around, code: int) -> Account:
    """Look again, say what changed and what is wrong, and record it. `code` is the child's, negative for a signal.

    What the gate blocked has changed nothing and is only recorded.
    """
    ending = Ending(code, around.signals.stops, around.begun)
    before, after = around.before, None
    if before is not None and not around.blocked:
        after = around.attempt("looking at the state again", lambda: look(around.target, around.env))
    sentence, lines = _changes(around, before, after)
    if not around.blocked:
        around.warnings += signs(around.target, ending, before, after)
        around.warnings += around.attempt("looking for a lock", lambda: [*_left_lock(around, ending)]) or ()
    known = _known(around, *(seen.state for seen in (before, after) if seen is not None))
    outcome = "blocked" if around.blocked else ending.outcome
    around.attempt("the audit log", lambda: _record(around, outcome, after, known))
    warnings = tuple(Warned(known.text(warned.message), known.text(warned.next_step)) for warned in around.warnings)
    return Account(around.target.name, around.title, code, sentence, lines, around.backup, warnings)


def _known(around: Around, *states: StateFile | None) -> Redactor:
    """What the states know to be secret; done also after an interrupt."""
    try:
        return redactor_of(*states)
    except DriftgateError as error:
        around.warnings.append(Warned(f"looking for secrets failed: {error.message}", error.next_step))
        return Redactor()


def _left_lock(around: Around, ending: Ending) -> Iterator[Warned]:
    if ending.code != 0 and around.command not in STATELESS:
        yield from left_lock(around.target, ending, around.env)


def _changes(around: Around, before: Seen | None, after: Seen | None) -> tuple[str, tuple[str, ...]]:
    """What to say of the change; in `observe` the gate is heard too."""
    if before is None or after is None:
        return "", ()
    found = around.attempt("comparing the states", lambda: diff(before.state, after.state))
    if found is None:
        return "", ()
    around.warnings += would_have_blocked(found, around.settings.gate)
    if not around.settings.wrap.diff:
        return "", ()
    return around.attempt("telling what changed", lambda: describe(found, before, after)) or ("", ())


def _record(around: Around, outcome: str, after: Seen | None, known: Redactor) -> None:
    log = open_audit(around.settings.audit, around.env, reason=around.env.get("DG_REASON", ""), redactor=known)
    details = {
        "argv": masked_argv(around.argv, known),
        "serial_before": around.before.serial if around.before else None,
        "serial_after": after.serial if after else None,
        "backup": around.backup or None,
        "interrupts": around.signals.stops,
        **around.details,
    }
    log.append(Event(around.title, subject(around.target, after or around.before or Seen()), outcome, details))

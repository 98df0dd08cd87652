"""`.driftignore`: drift that somebody decided to live with, why, and until when (docs/ignoring.md). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity, UnitResult, gravest

FILE = ".driftignore"

_FIELD = re.compile(r"(?:^|\s)(owner|expires)=(\S*)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_TYPE = "type:"


@dataclass(frozen=True, slots=True)
class Ignore:
    """One line: what it covers (`pattern` in units that match `unit`), why, who answers for it, and its last day."""

    line: int
    pattern: str
    unit: str
    reason: str
    owner: str
    expires: date | None

    def covers(self, finding: Finding, path: str) -> bool:
        """Whether it speaks of the attribute at `path` of the finding ("" for the whole object)."""
        if self.unit and not _glob(self.unit).fullmatch(finding.unit):
            return False
        of_type = self.pattern.startswith(_TYPE)
        subject = finding.type if of_type else finding.address
        whole = f"{subject}.{path}" if path else subject
        return covering(self.pattern.removeprefix(_TYPE)).match(whole) is not None

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and self.expires < today

    @property
    def words(self) -> str:
        """Its reason with owner and last day: `scaled by itself (@platform, until 2027-01-31)`."""
        facts = [*([self.owner] if self.owner else []), *([f"until {self.expires}"] if self.expires else [])]
        return f"{self.reason} ({', '.join(facts)})" if facts else self.reason


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that is not as it must be: what is wrong, and what to write."""

    line: int
    message: str
    next_step: str


def parse(text: str) -> tuple[tuple[Ignore, ...], tuple[Mistake, ...]]:
    """The entries of a `.driftignore` and its mistakes, both in line order. A line with a mistake ignores nothing."""
    entries, mistakes = [], []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            found = _entry(number, line)
            if isinstance(found, Ignore):
                entries.append(found)
            else:
                mistakes.append(found)
    return tuple(entries), tuple(mistakes)


def apply(report: Report, entries: Sequence[Ignore], today: date) -> Report:
    """`report` with what the entries cover made `ignored`; what an expired entry covered says so and stays drift.

    Addresses must not be redacted yet: a masked instance key would match nothing.
    """
    if not entries:
        return report
    return replace(report, units=tuple(_unit(unit, entries, today) for unit in report.units))


def spell(pattern: str, *, unit: str = "", reason: str, owner: str = "", expires: date | None = None) -> str:
    """The line for an entry. `parse` reads it back."""
    fields = [reason, *([f"owner={owner}"] if owner else []), *([f"expires={expires}"] if expires else [])]
    return f"{f'{unit}:' if unit else ''}{pattern}  # {' '.join(fields)}"


def with_lines(text: str, lines: Sequence[str]) -> str:
    """The text of a `.driftignore` with those of `lines` at its end that it has not, in its own line ends."""
    new = [line for line in lines if line not in text.splitlines()]
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not new or not text or text.endswith("\n") else end
    return text + gap + "".join(f"{line}{end}" for line in new)


def _entry(number: int, line: str) -> Ignore | Mistake:
    pattern, comment = _split(line)
    unit, pattern = _unit_of(pattern)
    fields = dict(_FIELD.findall(comment))
    reason = " ".join(_FIELD.sub(" ", comment).split())
    if not pattern.removeprefix(_TYPE):
        return Mistake(
            number, "there is no address", "write `ADDRESS[.ATTRIBUTE]  # reason owner=… expires=YYYY-MM-DD`"
        )
    if not reason:
        return Mistake(number, f"`{pattern}` has no reason", "say after a `#` why this drift is all right")
    expires = None
    if "expires" in fields:
        try:
            expires = date.fromisoformat(fields["expires"])
        except ValueError:
            return Mistake(number, f"expires={fields['expires']} is no date", "write it as expires=YYYY-MM-DD")
    return Ignore(number, pattern, unit, reason, fields.get("owner", ""), expires)


def _split(line: str) -> tuple[str, str]:
    """The pattern, and the comment after ` #` that does not stand in quotes."""
    hidden = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)
    mark = re.search(r"\s#", hidden)
    if mark is None:
        return line.strip(), ""
    return line[: mark.start()].strip(), line[mark.end() :].strip()


def _unit_of(pattern: str) -> tuple[str, str]:
    """A unit before the first colon outside quotes; `type:` alone is none."""
    hidden = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), pattern)
    unit, colon, _ = hidden.partition(":")
    if not colon or f"{unit}:" == _TYPE:
        return "", pattern
    return pattern[: len(unit)], pattern[len(unit) + 1 :]


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def covering(pattern: str) -> re.Pattern[str]:
    """Matches what `pattern` names and everything inside it: instances, attributes, a module's resources."""
    return re.compile(f"(?:{_glob(pattern).pattern})(?:[.\\[ ].*)?$", re.DOTALL)


def _unit(unit: UnitResult, entries: Sequence[Ignore], today: date) -> UnitResult:
    return replace(unit, findings=tuple(_finding(finding, entries, today) for finding in unit.findings))


def _finding(finding: Finding, entries: Sequence[Ignore], today: date) -> Finding:
    if not finding.cls.is_drift:
        return finding
    if not finding.attributes:
        return _whole(finding, entries, today)
    attributes = tuple(_attribute(finding, change, entries, today) for change in finding.attributes)
    if all(new is old for new, old in zip(attributes, finding.attributes, strict=True)):
        return finding
    drift = [change for change in attributes if change.cls.is_drift]
    cls = min((c.cls for c in drift or attributes), key=_gravity)
    severity = gravest(change.severity for change in attributes)
    # The finding's own reason tells the story of its drift; without any it would contradict its class.
    return replace(finding, attributes=attributes, cls=cls, severity=severity, reason=finding.reason if drift else "")


def _whole(finding: Finding, entries: Sequence[Ignore], today: date) -> Finding:
    entry = _first(finding, "", entries, today)
    if entry is None:
        return finding
    if entry.expired(today):
        return replace(finding, reason=_came_back(finding.reason, entry))
    return replace(finding, cls=DriftClass.IGNORED, severity=Severity.NONE, reason=entry.words)


def _attribute(finding: Finding, change: AttributeChange, entries: Sequence[Ignore], today: date) -> AttributeChange:
    entry = _first(finding, change.path, entries, today) if change.cls.is_drift else None
    if entry is None:
        return change
    if entry.expired(today):
        return replace(change, reason=_came_back(change.reason, entry))
    return replace(change, cls=DriftClass.IGNORED, severity=Severity.NONE, reason=entry.words)


def _first(finding: Finding, path: str, entries: Iterable[Ignore], today: date) -> Ignore | None:
    """The entry that counts: one that holds before one that has expired."""
    covering = [entry for entry in entries if entry.covers(finding, path)]
    return next((entry for entry in covering if not entry.expired(today)), covering[0] if covering else None)


def _came_back(reason: str, entry: Ignore) -> str:
    who = f", {entry.owner}" if entry.owner else ""
    told = f"was ignored until {entry.expires}{who}"
    return f"{reason}; {told}" if reason else told


def _gravity(cls: DriftClass) -> int:
    return list(DriftClass).index(cls)

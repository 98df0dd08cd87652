"""What to do about a finding: in a few words, and as commands that are ready to run."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from driftgate.finding import DriftClass
from driftgate.report.view import ReportView, Row

_WORDS = {
    DriftClass.MISSING: "re-create it, or drop it from the code",
    DriftClass.REVERTED_BY_APPLY: "revert, or adopt it in the code",
    DriftClass.OUTSIDE_CODE: "accept, or set it in the code",
    DriftClass.UNMANAGED: "import, or delete it",
    DriftClass.UNREAD: "mend the access, scan again",
}
_TARGETS = 10


@dataclass(frozen=True, slots=True)
class Fix:
    """One way out for the findings of one unit: what it does, and the commands for a shell in the repo's root."""

    title: str
    commands: tuple[str, ...]


def what_to_do(row: Row) -> str:
    """The ways out of a finding in a few words."""
    if "destroy" in row.next_apply:
        return f"careful: reverting would {row.next_apply}"
    return _WORDS.get(row.cls, "")


def fixes(view: ReportView, units: int) -> tuple[Fix, ...]:
    """Ready commands for the first `units` units that drifted, in the order of the report."""
    found: list[Fix] = []
    for unit in [unit for unit in view.units if any(row.cls.is_drift for row in unit.rows)][:units]:
        by_class: dict[DriftClass, list[Row]] = {}
        for row in unit.rows:
            by_class.setdefault(row.cls, []).append(row)
        run = _Command(unit.tool, unit.path, unit.workspace)
        found += _of_unit(
            unit.path if unit.workspace == "default" else f"{unit.path} ({unit.workspace})", by_class, run
        )
    return tuple(found)


def _of_unit(unit: str, rows: Mapping[DriftClass, list[Row]], run: _Command) -> Iterable[Fix]:
    # What a revert would destroy needs more thought than a line to paste.
    reverted = [row for row in rows.get(DriftClass.REVERTED_BY_APPLY, ()) if "destroy" not in row.next_apply]
    back = [*reverted, *rows.get(DriftClass.MISSING, ())]
    if back:
        plan = run("plan", "-out=fix.tfplan", *_targets(back))
        yield Fix(f"Revert: put {unit} back as the code says", (plan, run("apply", "fix.tfplan")))
    accepted = rows.get(DriftClass.OUTSIDE_CODE, ())
    if accepted:
        apply = run("apply", "-refresh-only", *_targets(accepted))
        yield Fix(f"Accept: let the state of {unit} record what is there, changing nothing", (apply,))
    gone = rows.get(DriftClass.MISSING, ())
    if gone:
        forget = tuple(run("state", "rm", row.address) for row in gone[:_TARGETS])
        yield Fix(f"Give up: forget in {unit} what is gone, after removing it from the code", forget)


def _targets(rows: Iterable[Row]) -> tuple[str, ...]:
    """`-target` for each resource; none for many, where the whole unit is shorter and safer."""
    addresses = sorted({row.address.partition(" (deposed")[0] for row in rows})
    return tuple(f"-target={address}" for address in addresses) if len(addresses) <= _TARGETS else ()


@dataclass(frozen=True, slots=True)
class _Command:
    """Spells a command for one unit, quoted for a POSIX shell."""

    tool: str
    path: str
    workspace: str

    def __call__(self, *words: str) -> str:
        workspace = [] if self.workspace == "default" else [f"TF_WORKSPACE={shlex.quote(self.workspace)}"]
        tool = self.tool if self.tool in ("terraform", "tofu", "terragrunt") else "terraform"
        if self.path in (".", ""):
            return " ".join([*workspace, tool, *map(shlex.quote, words)])
        if tool == "terragrunt":  # every version of it has another flag for this
            return f"(cd {shlex.quote(self.path)} && {' '.join([*workspace, tool, *map(shlex.quote, words)])})"
        return " ".join([*workspace, tool, shlex.quote(f"-chdir={self.path}"), *map(shlex.quote, words)])

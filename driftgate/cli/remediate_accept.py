"""Wires remediation: the scan it starts from, accept patches, and their proof planned on a copy of the repo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from driftgate.cli.ignores import without_ignored
from driftgate.cli.progress import scan_progress
from driftgate.cli.scan import Wired
from driftgate.cli.site_opener import SiteOpener
from driftgate.discover.units import discover
from driftgate.errors import DriftgateError
from driftgate.finding import AttributeChange, Finding, Report, UnitResult
from driftgate.pipeline.check import check
from driftgate.remediate.accept import accept
from driftgate.remediate.proposal import Accepted, Proposal, Refused, targets
from driftgate.remediate.prove import Scan, prove
from driftgate.safety.redact import MASK
from driftgate.unit import Unit


def scanned(wired: Wired, *, started: str, parallelism: int, root: Path | None = None) -> Report:
    """The scan that a remediation starts from, or of the copy at `root` that proves it.

    What the repo's .driftignore covers is no finding here either.
    """
    with scan_progress(len(wired.units)) as progress:
        seams = wired.seams(progress, root)
        report = check(wired.units, seams, reader="plan", started=started, parallelism=parallelism)
    return without_ignored(report, wired.root, None)


def saved(wired: Wired, file: Path) -> Report:
    """The part of a saved scan that is about the wired units, in place of a new one.

    Raises ReportError for a file that holds no scan, DriftgateError for one that holds none of these units.
    """
    from driftgate.cli.report import load

    known = {(str(unit.path), unit.backend.workspace) for unit in wired.units}
    report = load((file,))
    units = tuple(unit for unit in report.units if (unit.path, unit.workspace) in known)
    if not units:
        raise DriftgateError(f"{file} holds none of these units", next_step="stand in the repo that was scanned")
    return without_ignored(replace(report, units=units), wired.root, None)


def rescan(wired: Wired, report: Report, parallelism: int) -> Scan:
    """What scans units of a copy of the repo as `report` was made, to prove what was changed in it."""

    def scan(root: Path, units: Sequence[str]) -> Sequence[UnitResult]:
        chosen = replace(wired, units=[unit for unit in wired.units if str(unit.path) in units])
        return scanned(chosen, started=report.started, parallelism=parallelism, root=root).units

    return scan


def proposed(
    wired: Wired,
    report: Report,
    env: Mapping[str, str],
    *,
    wide: bool,
    verify: bool,
    parallelism: int,
    only: Callable[[Finding], bool] = lambda finding: True,
    refuse: Callable[[Sequence[Accepted]], Sequence[Refused]] = lambda accepted: (),
) -> tuple[Proposal, int]:
    """The patches that accept `only` those of the findings, and how many plans proved them (`verify`, else none). What
    `refuse` names is left out before that."""
    every = _every_unit(wired, env)
    opened = SiteOpener(wired, {str(unit.path): unit for unit in every})

    def is_secret(attribute: AttributeChange) -> bool:
        if attribute.sensitive or MASK[:-1] in str(attribute.live):  # masked, where the scan was saved
            return True
        return bool(wired.redactor.value(attribute.path, attribute.live) != attribute.live)

    wanted, units = targets(filter(only, report.findings)), [(str(unit.path), unit.backend.workspace) for unit in every]
    proposal = accept(wired.root, wanted, opened, others=units, is_secret=is_secret, wide=wide)
    proposal = proposal.without(refuse(proposal.accepted))
    if not verify or not proposal.accepted:
        return proposal, 0
    proven = prove(wired.root, proposal, report.units, rescan(wired, report, parallelism))
    return proven.proposal, proven.plans


def _every_unit(wired: Wired, env: Mapping[str, str]) -> list[Unit]:
    """All units of the repo, scanned or not: a shared module is theirs too."""
    chosen = {unit.path: unit for unit in wired.units}
    every = discover(wired.root, env=env, terragrunt=wired.session)
    return [chosen.get(unit.path, unit) for unit in every if unit.error is None]

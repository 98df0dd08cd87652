"""`dg remediate plan`: for every finding what closes it, its risk and its undo, and why nothing else was chosen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.clock import stamp
from driftgate.cli.options import output_options, template_option
from driftgate.cli.remediate import patch_options
from driftgate.errors import DriftgateError, ExitCode

if TYPE_CHECKING:
    from driftgate.cli.remediate_blocks import States
    from driftgate.cli.scan import Wired
    from driftgate.remediate.choice import Choose
    from driftgate.remediate.plan import Dependencies
    from driftgate.remediate.proposal import Proposal
    from driftgate.remediate.step import Facts
    from driftgate.remediate.trace.wanted import Change
    from driftgate.unit import Unit

EPILOG = """\b
Examples:
  dg remediate plan                       scan, and say what to do about each finding
  dg remediate plan live/app --strategy accept
  dg remediate plan --strategy missing=forget --strategy 'module.db=accept'
  dg remediate plan --interactive --out fix.md -o markdown
  dg remediate plan -o markdown --out fix.md
  dg remediate plan --from drift.json     what to do about a scan that was saved

\b
Exit codes: 0 nothing to do, 2 there are steps or findings left, 1 something could not be read.
Nothing is changed: the steps are told, with the commands and patches to take them.
"""


@click.command(name="plan", epilog=EPILOG)
@output_options(["table", "json", "markdown"])
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="[CLASS|ADDRESS=]NAME",
    help="For these findings; without CLASS or ADDRESS for all. Wins over the settings. Repeatable.",
)
@click.option("--interactive", is_flag=True, help="Ask for each finding.")
@click.option(
    "--from",
    "result",
    metavar="RESULT.json",
    type=click.Path(path_type=Path, allow_dash=True),
    help="What `dg drift scan -o json` saved, in place of a new scan.",
)
@click.option("--in-code", is_flag=True, help="Let `ignore` add ignore_changes to the code.")
@template_option
@patch_options
def command(
    paths: tuple[Path, ...],
    output: str,
    out: Path | None,
    strategies: tuple[str, ...],
    interactive: bool,
    result: Path | None,
    in_code: bool,
    template_dirs: tuple[Path, ...],
    no_verify: bool,
    wide: bool,
    parallelism: int,
    **choices: Any,
) -> int:
    """Say for every finding of a scan what closes it.

    The default puts the world back where the code says how it should be, and records in the state what the code leaves
    open; objects that only have a new address are moved. Other strategies are chosen by [[remediate.rules]] in the
    settings, by --strategy or by answers. Patches are only made for findings that need one for what is chosen.
    """
    from driftgate.cli.emit import emit, note, wants_color, width
    from driftgate.cli.remediate_accept import proposed, saved, scanned
    from driftgate.cli.remediate_ask import asked, require_terminal
    from driftgate.cli.remediate_blocks import BlockWiring, conflicts_of, states_of, worked_out
    from driftgate.cli.remediate_choice import chooser
    from driftgate.cli.scan import wire
    from driftgate.graph.dag import queue
    from driftgate.remediate.chain import chained, files_of, hashes_of
    from driftgate.remediate.choice import Choice
    from driftgate.remediate.plan import may_accept, propose
    from driftgate.report.remediation import to_json, to_text
    from driftgate.safety.redact import Redactor

    choose = chooser(strategies)
    if interactive:
        require_terminal()
    redactor, env = Redactor(), dict(os.environ)
    wired = wire(paths, redactor, env=env, **choices)
    started = stamp()
    report = saved(wired, result) if result else scanned(wired, started=started, parallelism=parallelism)
    bare = _facts(wired, None, proved=False)

    def patches(choose: Choose, *, verify: bool) -> Proposal | None:
        """What accepts the findings that it is chosen for; None where it is for none."""
        chosen = [finding.fingerprint for finding in report.findings if may_accept(finding, bare, choose)]
        if not chosen:
            return None
        only = frozenset(chosen)
        return proposed(wired, report, env, wide=wide, verify=verify, parallelism=parallelism,
                        only=lambda finding: finding.fingerprint in only)[0]  # fmt: skip

    if interactive:
        offered = patches(lambda finding: Choice(("accept",)), verify=False)
        choose = asked(report.findings, _facts(wired, offered, proved=False), choose, redactor.text)
    proposal = patches(choose, verify=not no_verify)
    facts = _facts(wired, proposal, proved=not no_verify)
    states = states_of(wired, report, lambda unit, error: note(redactor.text(_unordered(unit, error))))
    wiring = BlockWiring(wired, report, states, choose, template_dirs, not no_verify, parallelism)
    blocks = worked_out(wiring, facts, in_code=in_code)
    facts = replace(facts, prepared=blocks.prepared)
    order = [unit for level in queue(wired.units).levels for unit in level]
    plan = propose(report.findings, facts, choose=choose, dependencies=_dependencies(states), units=order)
    plan = replace(plan, conflicts=conflicts_of(wired, states))
    plan = chained(plan, _changes(proposal) | blocks.changes)
    if output == "json":
        text = to_json(plan, report, files=files_of(plan, wired.root), var_files=hashes_of(wired.var_files))
    else:
        text = to_text(plan, output, color=wants_color(out), width=width())
    emit(redactor.text(text), out)
    for unit in report.errors:
        note(redactor.text(f"unread   {unit.path}  {unit.error}"))
    if report.errors:
        return ExitCode.ERROR
    return ExitCode.FINDINGS if plan.steps or plan.left or plan.conflicts else ExitCode.CLEAN


def _facts(wired: Wired, proposal: Proposal | None, *, proved: bool) -> Facts:
    from driftgate.remediate.step import Facts
    from driftgate.unit import UnitKind

    tools = {
        str(unit.path): "terragrunt" if unit.kind is UnitKind.TERRAGRUNT_UNIT else unit.tool for unit in wired.units
    }
    none = "a patch is made with --strategy accept"
    if proposal is None:
        return Facts(tools, no_patch=none)
    unpatched = {item.target.finding.fingerprint: item.reason for item in proposal.refused}
    return Facts(tools, _patches(proposal, unpatched), unpatched, no_patch=none, proved=proved)


def _patches(proposal: Proposal, unpatched: Mapping[str, str]) -> dict[str, str]:
    """A diff for each finding that is patched as a whole."""
    from driftgate.remediate.patch import patched, unified_diff

    return {
        fingerprint: unified_diff({change.path: change.text for change in changes}, patched(changes))
        for fingerprint, changes in _changes(proposal).items()
        if fingerprint not in unpatched
    }


def _changes(proposal: Proposal | None) -> dict[str, list[Change]]:
    """By finding: what accepts it."""
    found: dict[str, list[Change]] = {}
    for item in proposal.accepted if proposal else ():
        found.setdefault(item.target.finding.fingerprint, []).append(item.change)
    return found


def _unordered(unit: Unit, error: DriftgateError) -> str:
    """The scan could plan the unit all the same."""
    return f"the steps of {unit.path} are in the order of their names: {error.message}"


def _dependencies(states: States) -> Dependencies:
    """What the states say of dependencies."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for (unit, _), state in states.items():
        needs = found.setdefault(unit, {})
        for instance in state.instances():
            name = str(instance.address.config_resource)
            needs[name] = needs.get(name, frozenset()).union(instance.dependencies)
    return found

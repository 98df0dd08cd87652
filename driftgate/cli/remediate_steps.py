"""Works out the plan of steps from a scan: patches and blocks for what is chosen, the order, conflicts of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from driftgate.cli.emit import note
from driftgate.cli.remediate_accept import proposed
from driftgate.cli.remediate_blocks import WAYS, BlockWiring, States, conflicts_of, states_of, worked_out
from driftgate.cli.scan import Wired
from driftgate.errors import DriftgateError
from driftgate.finding import Report
from driftgate.graph.dag import queue
from driftgate.remediate.chain import chained
from driftgate.remediate.choice import Choice, Choose
from driftgate.remediate.patch import patched, unified_diff
from driftgate.remediate.plan import Dependencies, may_accept, propose
from driftgate.remediate.proposal import Proposal
from driftgate.remediate.step import Draft, Facts, RemediationPlan
from driftgate.remediate.trace.wanted import Change
from driftgate.unit import Unit, UnitKind


@dataclass(frozen=True, slots=True)
class Working:
    """What steps are worked out from: the scan, and what the user said of patches and blocks."""

    wired: Wired
    report: Report
    states: States
    env: Mapping[str, str]
    template_dirs: Sequence[Path]
    in_code: bool
    wide: bool
    parallelism: int

    def plan(self, choose: Choose, *, verify: bool) -> RemediationPlan:
        """The steps for what `choose` says of each finding, their patches proved by plans (`verify`)."""
        proposal = self._patches(choose, verify=verify)
        facts = _facts(self.wired, proposal, proved=verify)
        blocks = worked_out(self._blocks(choose, verify=verify), facts, in_code=self.in_code)
        facts = replace(facts, prepared=blocks.prepared)
        order = [unit for level in queue(self.wired.units).levels for unit in level]
        needs = _dependencies(self.states)
        plan = propose(self.report.findings, facts, choose=choose, dependencies=needs, units=order)
        plan = replace(plan, conflicts=conflicts_of(self.wired, self.states))
        accepting = {("accept", fingerprint): changes for fingerprint, changes in _changes(proposal).items()}
        return chained(plan, accepting | blocks.changes)

    def offers(self) -> Facts:
        """What each strategy could do about each finding, patches and blocks without their proof."""
        facts = _facts(self.wired, self._patches(_always("accept"), verify=False), proved=False)
        prepared: dict[str, Mapping[str, Draft | str]] = {}
        for name in WAYS:
            wiring = self._blocks(_always(name), verify=False)
            prepared[name] = worked_out(wiring, facts, in_code=self.in_code).prepared.get(name, {})
        return replace(facts, prepared=prepared)

    def _blocks(self, choose: Choose, *, verify: bool) -> BlockWiring:
        return BlockWiring(self.wired, self.report, self.states, choose, self.template_dirs, verify, self.parallelism)

    def _patches(self, choose: Choose, *, verify: bool) -> Proposal | None:
        """What accepts the findings that it is chosen for; None where it is for none."""
        bare = _facts(self.wired, None, proved=False)
        only = {finding.fingerprint for finding in self.report.findings if may_accept(finding, bare, choose)}
        if not only:
            return None
        proposal, _ = proposed(
            self.wired, self.report, self.env, wide=self.wide, verify=verify, parallelism=self.parallelism,
            only=lambda finding: finding.fingerprint in only,
        )  # fmt: skip
        return proposal


def read_states(wired: Wired, report: Report) -> States:
    """The states of the scanned units; one that cannot be read is said: the scan could plan its unit all the same."""

    def unread(unit: Unit, error: DriftgateError) -> None:
        said = f"the steps of {unit.path} are in the order of their names: {error.message}"
        note(wired.redactor.text(said))

    return states_of(wired, report, unread)


def _always(name: str) -> Choose:
    return lambda finding: Choice((name,))


def _facts(wired: Wired, proposal: Proposal | None, *, proved: bool) -> Facts:
    tools = {
        str(unit.path): "terragrunt" if unit.kind is UnitKind.TERRAGRUNT_UNIT else unit.tool for unit in wired.units
    }
    none = "a patch is made with --strategy accept"
    if proposal is None:
        return Facts(tools, no_patch=none)
    unpatched = {item.target.finding.fingerprint: item.reason for item in proposal.refused}
    return Facts(tools, _diffs(proposal, unpatched), unpatched, no_patch=none, proved=proved)


def _diffs(proposal: Proposal, unpatched: Mapping[str, str]) -> dict[str, str]:
    """A diff for each finding that is patched as a whole."""
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


def _dependencies(states: States) -> Dependencies:
    """What the states say of dependencies."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for (unit, _), state in states.items():
        needs = found.setdefault(unit, {})
        for instance in state.instances():
            name = str(instance.address.config_resource)
            needs[name] = needs.get(name, frozenset()).union(instance.dependencies)
    return found

"""What a remediation is made of: steps, each with what it does, its risk, its undo, and why nothing else was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftgate.finding import Finding
from driftgate.remediate.conflicts import Conflict


@dataclass(frozen=True, slots=True)
class Risk:
    """What a step may touch besides its resource: `impact` are the addresses that depend on it, `destroys` whether the
    object is destroyed or replaced for it."""

    impact: tuple[str, ...] = ()
    destroys: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A strategy's answer to a finding: what it `does` in a sentence, and how.

    `commands` run in the repo's root. `patch` is a unified diff of the code, `proved` by a plan. `undo` says how to go
    back. `targets` are the addresses that it is about, the finding's alone for none.
    """

    does: str
    undo: str
    commands: tuple[tuple[str, ...], ...] = ()
    patch: str = ""
    proved: bool = False
    destroys: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One finding, closed by one strategy. `others` are the strategies not chosen, each with why; `chosen_by` says who
    chose this one."""

    finding: Finding
    strategy: str
    draft: Draft
    risk: Risk
    others: tuple[tuple[str, str], ...]
    chosen_by: str = "default"


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that no step closes, with what each strategy said, and who chose what cannot close it."""

    finding: Finding
    reasons: tuple[tuple[str, str], ...]
    chosen_by: str = "default"


@dataclass(frozen=True, slots=True)
class RemediationPlan:
    """The steps in the order to take them, what is left to people, and the objects that several states hold."""

    steps: tuple[Step, ...]
    left: tuple[Left, ...]
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What strategies know besides the finding: by unit what runs it (terraform, tofu, terragrunt), by fingerprint the
    patch that accepts the finding, or why there is none, else `no_patch`. `proved`: by a plan. `prepared` are by
    strategy and fingerprint the steps that were worked out before, or why there is none."""

    tools: Mapping[str, str] = field(default_factory=dict)
    patches: Mapping[str, str] = field(default_factory=dict)
    unpatched: Mapping[str, str] = field(default_factory=dict)
    no_patch: str = "no patch was made"
    proved: bool = False
    prepared: Mapping[str, Mapping[str, Draft | str]] = field(default_factory=dict)

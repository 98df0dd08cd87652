"""Asks on a terminal which strategy closes each finding, telling what each would do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import click

from driftgate.errors import DriftgateError
from driftgate.finding import Finding
from driftgate.remediate.choice import Choice, Choose
from driftgate.remediate.plan import STRATEGIES
from driftgate.remediate.step import Draft, Facts

LEAVE = "leave"


def require_terminal() -> None:
    """Raises DriftgateError where nobody could answer."""
    if not sys.stdin.isatty():
        raise DriftgateError(
            "--interactive asks, and stdin is no terminal",
            next_step="say --strategy, or write [[remediate.rules]] in .driftgate.toml",
        )


def asked(findings: Sequence[Finding], facts: Facts, choose: Choose, redact: Callable[[str], str]) -> Choose:
    """The choice by the answers; what `choose` says is each one's default. Talks on stderr. Raises Abort at ^C and at
    the end of the input."""
    every = [(finding, _offers(finding, facts)) for finding in findings]
    open_ = [(finding, offers) for finding, offers in every if finding.cls.is_drift or _has_block(finding, facts)]
    answers: dict[str, Choice] = {}
    for number, (finding, offers) in enumerate(open_, start=1):
        default = next((name for name in choose(finding).strategies if name in offers), LEAVE)
        lines = ["", f"{number} of {len(open_)}  {_name(finding)}", *_told(finding, offers)]
        click.echo(redact("\n".join(lines)), err=True)
        answer = _answer([*offers, LEAVE], default)
        answers[finding.fingerprint] = Choice((answer,) if answer != LEAVE else (), "answer")
    return lambda finding: answers.get(finding.fingerprint) or choose(finding)


def _answer(names: Sequence[str], default: str) -> str:
    try:
        return str(click.prompt("  Which?", default=default, value_proc=_one_of(names), err=True))
    except click.Abort:
        click.echo(err=True)  # the prompt's line is still open
        raise


def _offers(finding: Finding, facts: Facts) -> Mapping[str, Draft]:
    """The strategies that can close it."""
    answers = {name: strategy(finding, facts) for name, strategy in STRATEGIES.items()}
    return {name: answer for name, answer in answers.items() if isinstance(answer, Draft)}


def _has_block(finding: Finding, facts: Facts) -> bool:
    """Whether a block closes what is no drift: a new address, an object that is there already."""
    return any(isinstance(found.get(finding.fingerprint), Draft) for found in facts.prepared.values())


def _name(finding: Finding) -> str:
    where = finding.unit if finding.workspace == "default" else f"{finding.unit} [{finding.workspace}]"
    return f"{finding.address}  {where}  {finding.cls}  {finding.severity}"


def _told(finding: Finding, offers: Mapping[str, Draft]) -> Iterator[str]:
    paths = [attribute.path for attribute in finding.attributes if attribute.cls is finding.cls]
    if paths:
        yield f"  {', '.join(paths)}" + (f"  ({finding.reason})" if finding.reason else "")
    for name, draft in offers.items():
        yield f"  {name:<8}{draft.does}" + ("; destroys the object and what is in it" if draft.destroys else "")
    yield f"  {LEAVE:<8}no step: somebody else looks after it"


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A name that was typed, or as much of its beginning as no other has."""

    def read(text: str) -> str:
        found = [name for name in names if name.startswith(text.strip().lower())]
        if text.strip().lower() in names:
            return text.strip().lower()
        if len(found) != 1 or not text.strip():
            raise click.UsageError(f"one of {', '.join(names)}")
        return found[0]

    return read

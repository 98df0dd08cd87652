"""The account of one wrapped run: what it changed, what is kept of before, what is wrong. Redacted when it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should know, and what to do about it."""

    message: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """`sentence` and `lines` say what changed in the state, "" when that is not known; `code` is the child's own."""

    unit: str
    command: str
    code: int
    sentence: str = ""
    lines: tuple[str, ...] = ()
    backup: str = ""
    warnings: tuple[Warned, ...] = ()


def render(account: Account, *, who: str = "", hints: bool = True) -> str:
    """The account as lines for stderr, each beginning with `dg:` or indented; "" when there is nothing to say.

    `who` names the unit where several report; `hints` adds next steps that no warning is behind.
    """
    return "".join(f"{line}\n" for line in _lines(account, who, hints))


def _lines(account: Account, who: str, hints: bool) -> Iterator[str]:
    backup = account.backup[:12]  # as `dg backup list` shows it, and enough for every command
    if account.sentence:
        kept = f", backup {backup}" if backup else ""
        yield f"dg: {who or account.command}: {account.sentence}{kept}"
        yield from (f"  {line}" for line in account.lines)
        if hints and backup and account.lines and account.lines[-1].startswith("… "):
            yield f"  → all of it: dg state diff {backup} {account.unit.partition(' (')[0]}"
    elif who:
        yield f"dg: {who}: {_ended(account.code)}"
    for warned in account.warnings:
        yield f"dg: warning: {warned.message}"
        if warned.next_step:
            yield f"  → {warned.next_step}"


def _ended(code: int) -> str:
    return "done" if code == 0 else f"ended by signal {-code}" if code < 0 else f"exit {code}"

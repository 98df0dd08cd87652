"""The gate around `apply` and `destroy`: plan into a private file, judge it, apply exactly that file or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from driftgate.errors import DriftgateError
from driftgate.safety.approvals.book import Book, State
from driftgate.safety.open import open_approvals
from driftgate.safety.taint import taint_of
from driftgate.state.target import parse_target
from driftgate.tfexec.plan import Plan
from driftgate.wrap.around import Around
from driftgate.wrap.ask import asks
from driftgate.wrap.bounded import HookInterruptedError, bounded
from driftgate.wrap.drift_check import drifted
from driftgate.wrap.drift_check import judge as drift_in
from driftgate.wrap.gate import Block, Proposal, changes_anything, judge, protected
from driftgate.wrap.look import look
from driftgate.wrap.notice import refuse, say
from driftgate.wrap.options import without_inserted
from driftgate.wrap.saved_plan import SavedPlan, copy_of, place_for, private_folder, read_saved

GATED = ("apply", "destroy")
BY_ADDRESS = ("state rm", "state mv", "taint")
REMOTE = ("cloud", "remote")
WITH_A_PLAN = frozenset(
    {
        "backup", "compact-warnings", "concise", "input", "json", "lock", "lock-timeout", "no-color", "parallelism",
        "show-sensitive", "state", "state-out",
    }
)  # fmt: skip
"""Options of apply that go with a saved plan; everything else was settled when it was made."""

VARIABLES = frozenset({"var", "var-file"})
"""Those too where the plan wants variables; else older Terraforms refuse them."""

ONLY_APPLY = frozenset({"auto-approve", "backup", "state-out"})
JUDGING_SECONDS = 600.0
"""For what the verdict stands on: unlike a hook it is not left out when it takes long."""

UNREADABLE = Block("gate.mode", "the state could not be read before")
MEND = "mend that, or set DG_GATE_MODE=observe with a reason that you can defend"

T = TypeVar("T")
Tool = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs the real tool with these arguments under this environment; its return code."""


def through_the_gate(around: Around, tool: Tool, program: str) -> int:
    """Run what passes; the exit code, 1 and `around.blocked` for what does not, or could not be judged."""
    try:
        return _guarded(around, tool, program)
    except (HookInterruptedError, OSError):
        raise
    except DriftgateError as error:
        around.blocked = True
        return refuse(f"the gate could not reach a verdict: {error.message}", error.next_step)
    except Exception as error:
        around.blocked = True
        return refuse(f"the gate could not reach a verdict, a bug in driftgate: {type(error).__name__}: {error}")


def _guarded(around: Around, tool: Tool, program: str) -> int:
    if around.command in GATED and around.target.unit.backend.type not in REMOTE:
        return _judged(around, tool, program)
    if around.command in GATED:
        say("the gate only watches: this plan is made and applied by HCP Terraform, not here")
    blocks = [*_by_address(around)] if around.command in BY_ADDRESS else []
    if blocks:
        rule = "take the address out of [gate] protected first, with a review"
        return refused(around, blocks, MEND if UNREADABLE in blocks else rule)
    return tool(around.argv[1:], around.env)


def _judged(around: Around, tool: Tool, program: str) -> int:
    gate_itself = [*_unprepared(around)]
    if gate_itself:
        return refused(around, gate_itself, MEND)
    with private_folder() as folder:
        if _given(around):
            path = copy_of(around.target.folder / _given(around), folder)
        else:
            path = place_for(folder)
            code = tool(_plan_arguments(around, path), _quiet(around.env))
            if code != 0:
                return code
            if around.signals.seen:
                raise HookInterruptedError("interrupted")  # nothing is begun after a ^C
        saved = _in_time(around, partial(read_saved, path, around.target, program, around.env))
        around.details["plan_sha256"] = saved.file.sha256
        blocks = _blocks(around, saved)
        if blocks and not _is_approved(around, saved):
            return refused(around, blocks, _way_on(around))
        return _apply(around, saved, tool, approved=bool(blocks)) if _is_confirmed(around, saved) else 1


def _unprepared(around: Around) -> Iterator[Block]:
    """A gate that enforces does not open when what stands before it failed."""
    seen = around.before
    if seen is None:
        yield UNREADABLE
    elif seen.data is not None and around.settings.wrap.backup and not around.backup:
        yield Block("wrap.backup", "no backup of the state could be made")


def _given(around: Around) -> str:
    """The plan file that the user named, "" when there is none."""
    return around.options.positional[0] if around.command == "apply" and around.options.positional else ""


def _by_address(around: Around) -> Iterator[Block]:
    """What stands against `state rm`, `state mv` and `taint`: they take protected resources by their addresses."""
    if around.before is None and around.settings.gate.protected:
        yield UNREADABLE
        return
    taken = around.options.positional if around.command == "state rm" else around.options.positional[:1]
    state = around.before.state if around.before else None
    targets = [parse_target(address) for address in taken]
    held = [str(i.address) for i in (state.instances() if state else ()) if any(t.holds(i) for t in targets)]
    yield from protected(held, around.settings.gate)


def refused(around: Around, blocks: Sequence[Block], next_step: str) -> int:
    """Say why and what to do; the exit code."""
    around.blocked = True
    around.details["blocked_by"] = [block.rule for block in blocks]
    for block in blocks:
        say(f"blocked: {block.message} ({block.rule})")
    say(f"{around.title} was not run", next_step)
    return 1


def _blocks(around: Around, saved: SavedPlan) -> list[Block]:
    drift = drifted(drift_in(around.target, around.env, saved.plan))
    known = taint_of(saved.plan)  # an instance key can be a secret
    return [Block(b.rule, known.text(b.message)) for b in judge(Proposal(saved.plan, drift), around.settings.gate)]


def _is_approved(around: Around, saved: SavedPlan) -> bool:
    book = _book(around)
    standing = _in_time(around, lambda: book.check(saved.bound(around.target), datetime.now(UTC)))
    if standing.state is not State.NONE:
        say(f"plan {saved.bound(around.target).id}: {standing.why}")
    return standing.state is State.GRANTED


def _is_confirmed(around: Around, saved: SavedPlan) -> bool:
    """Whether the user agrees: terraform does not ask about a saved plan, and would have asked about this one."""
    if _given(around) or around.options.flag("auto-approve") or not _asks(around, saved.plan):
        return True
    if around.options.denies("input") or around.env.get("TF_INPUT") in ("0", "false"):
        say("not applied: nobody can be asked, and there is no -auto-approve")
        return False
    if asks("apply exactly this plan? Only 'yes' will be accepted: ", around.signals):
        return True
    say(f"{around.command} cancelled")
    return False


def _asks(around: Around, plan: Plan) -> bool:
    """Whether terraform would ask: newer plans say so. It does before it reads data sources, too."""
    if plan.applyable is not None:
        return plan.applyable
    reads = any("read" in change.change.actions for change in plan.resource_changes)
    writes_refresh = around.options.flag("refresh-only") and bool(plan.resource_drift)
    return reads or writes_refresh or changes_anything(plan)


def _apply(around: Around, saved: SavedPlan, tool: Tool, *, approved: bool) -> int:
    """The last look: between the verdict and here a person may have thought for an hour."""
    now = _in_time(around, lambda: look(around.target, around.env))
    if saved.is_stale(now):
        block = Block("stale plan", "the state has changed since the plan was made")
        return refused(around, [block], "plan again, and look at the new plan")
    if approved:
        bound = saved.bound(around.target)
        used = _book(around).consume(bound, around.who, datetime.now(UTC))
        around.details["approval"] = {"id": bound.id, "by": used.answer.by if used.answer else ""}
    return tool(_apply_arguments(around, saved), _quiet(around.env))


def _book(around: Around) -> Book:
    return open_approvals(around.settings, around.env, folder=around.target.root)


def _in_time(around: Around, work: Callable[[], T]) -> T:
    return bounded(work, seconds=JUDGING_SECONDS, signals=around.signals)


def _plan_arguments(around: Around, path: Path) -> list[str]:
    mode = ["-destroy"] if around.command == "destroy" else []
    options = [word for name, words in around.options.spelled if name not in ONLY_APPLY for word in words]
    return [*around.globals, "plan", *mode, *options, f"-out={path}"]


def _apply_arguments(around: Around, saved: SavedPlan) -> list[str]:
    """For a plan that the user named every option as it was given; for one of ours those that still count."""
    names = WITH_A_PLAN | (VARIABLES if saved.wants_variables else frozenset())
    options = [word for name, words in around.options.spelled if _given(around) or name in names for word in words]
    return [*around.globals, "apply", *options, str(saved.path)]


def _quiet(env: Mapping[str, str]) -> dict[str, str]:
    """Without TF_CLI_ARGS, which are among the options already, nor the hint how to apply a file that will be gone."""
    return {"TF_IN_AUTOMATION": "1", **without_inserted(env)}


def _way_on(around: Around) -> str:
    tool = around.target.unit.tool
    if _given(around):
        return f"ask for approval with `dg approve request {_given(around)}`; when it is granted, run this again"
    mode = " -destroy" if around.command == "destroy" else ""
    how = (
        f"`dg {tool} plan{mode} -out=FILE`, `dg approve request FILE`, and when that is granted `dg {tool} apply FILE`"
    )
    return f"change it, or have it approved: {how}"

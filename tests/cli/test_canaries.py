"""No planted secret comes out of a command: state diffs, logs, errors, tracebacks, the audit log, remedies, messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dg_run import Dg, Done, runner
from report import samples
from report.canary_corpus import EACH, Canary, corpus, in_states, leaks, plan, state_of, tree

from driftgate.cli import remediate_accept
from driftgate.drift.classify import classify
from driftgate.errors import DriftgateError
from driftgate.finding import DriftClass, Finding
from driftgate.hcl.source import source_of
from driftgate.report.formats import FORMATS, to_text
from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.findings import redact_report
from driftgate.safety.masked_argv import masked_argv
from driftgate.safety.open import open_audit
from driftgate.safety.redact import Redactor
from driftgate.safety.taint import taint_of
from driftgate.settings.schema import AuditSettings
from driftgate.state.diff_view import redactor_of
from driftgate.state.parse import parse_state

STATES = in_states(corpus())
EVERYTHING = "; ".join(canary.secret for canary in STATES)


def other(canary: Canary) -> str:
    """Another secret for the same place, which must not come out either."""
    return canary.secret[::-1]


REVERSED = [replace(canary, secret=other(canary)) for canary in STATES]


@dataclass(frozen=True)
class World:
    """A folder with two states full of secrets, and dg in it."""

    folder: Path
    dg: Dg
    monkeypatch: pytest.MonkeyPatch

    def said(self, *argv: object) -> str:
        """All that a command printed. It must have worked."""
        done = self.dg(*argv)
        assert done.code in (0, 2), done.err
        return said(done)


def said(done: Done) -> str:
    return done.out + done.err


@pytest.fixture
def world(repo: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> World:
    (repo / "old.tfstate").write_bytes(state_of(corpus(), serial=1, holds=lambda canary: "old"))
    (repo / "one.tfstate").write_bytes(state_of(corpus(), serial=2, holds=lambda canary: canary.secret))
    (repo / "two.tfstate").write_bytes(state_of(corpus(), serial=3, holds=other))
    monkeypatch.chdir(repo)
    return World(repo, runner(capfd), monkeypatch)


def state_diff(format: str) -> Callable[[World], str]:
    pairs = (("old", "one"), ("one", "two"), ("one", "old"))

    def run(world: World) -> str:
        return "".join(world.said("state", "diff", f"{a}.tfstate", f"{b}.tfstate", "-o", format) for a, b in pairs)

    return run


def state_show(world: World) -> str:
    """The whole state, and of every kind of place one."""
    whole = [world.said("state", *argv, "one.tfstate") for argv in (("list",), ("list", "-o", "json"), ("pull",))]
    one_by_one = (
        world.said("state", "show", f"aws_x.r{n}", "--unit", "one.tfstate") for n in range(0, len(STATES), EACH)
    )
    return "".join([*whole, *one_by_one])


def failing(error: Exception, **env: str) -> Callable[[World], str]:
    """A command that has learnt what is secret, and then cannot go on: the error quotes all of it."""

    def run(world: World) -> str:
        def fail(*_: object) -> None:
            raise error

        for name, value in env.items():
            world.monkeypatch.setenv(name, value)
        world.monkeypatch.setattr("driftgate.state.view.listing", fail)
        done = world.dg("state", "list", "one.tfstate")
        assert done.code == 1
        assert "error" in done.err
        return said(done)

    return run


def audit(world: World) -> str:
    """What is recorded of a wrapped command after which the states were looked at, and what can be got from that."""
    log, known = (
        world.folder / "audit.jsonl",
        redactor_of(parse_state((world.folder / "one.tfstate").read_bytes(), "s")),
    )
    variables = [f"-var=x{n}={canary.secret}" for n, canary in enumerate(corpus())]
    configured = [f"-backend-config=secret_key={canary.secret}" for canary in corpus()]
    event = Event("terraform apply", Subject("s3://b/k", "live/app", "default"), f"failed: {EVERYTHING}",
                  {"argv": masked_argv(["apply", *variables, *configured], known), "why": {"said": [EVERYTHING]}})  # fmt: skip
    open_audit(AuditSettings(path=str(log)), {}, reason=f"because of {EVERYTHING}", redactor=known).append(event)
    shown = [log.read_text()]
    shown += [world.said("audit", "list", "--log", log, "-o", form) for form in ("table", "json")]
    shown += [world.said("audit", "export", "--log", log, "-o", form) for form in ("jsonl", "json", "csv")]
    return "".join(shown)


def code(canary: Canary, name: str) -> str:
    """The resource of a canary as code writes it, with `old` in its place."""
    kind, at = ("aws_copy", {"computed": "old"}) if canary.beside else ("aws_x", tree(canary.path, "old"))
    return f'resource "{kind}" "{name}" {{\n{_body(at)}}}\n'


def _body(at: dict[str, Any]) -> str:
    """Lists of objects are blocks, all else are arguments."""
    lines = [f"{key} {{\n{_body(value[0])}}}\n" if isinstance(value, list) else f"{key} = {source_of(value)}\n"
             for key, value in at.items()]  # fmt: skip
    return "".join(lines)


@cache
def scanned() -> tuple[Finding, ...]:
    """Every canary as drift that the next apply puts back: what a patch would write into the code."""
    found = classify(plan(corpus()), unit="app", workspace="default", source=None)
    return tuple(
        replace(finding, cls=DriftClass.REVERTED_BY_APPLY, attributes=tuple(
            replace(attribute, cls=DriftClass.REVERTED_BY_APPLY, planned=attribute.state)
            for attribute in finding.attributes))
        for finding in found
    )  # fmt: skip


def remediate(*argv: str) -> Callable[[World], str]:
    """`dg remediate` on a scan that found every canary, in a repo whose code says `old`."""

    def run(world: World) -> str:
        app = world.folder / "app"
        app.mkdir()
        in_resources = iter(range(len(corpus())))
        text = "".join(code(c, c.beside[1] if c.beside else f"r{next(in_resources)}") for c in corpus())
        (app / "main.tf").write_text('terraform {\n  backend "local" {}\n}\n' + text)
        (app / "terraform.tfstate").write_bytes((world.folder / "one.tfstate").read_bytes())
        report = samples.report(replace(samples.NETWORK, path="app", workspace="default", findings=scanned(), notes=()))
        world.monkeypatch.setattr(remediate_accept, "check", lambda *_, **__: report)
        from driftgate.cli import scan

        real = scan.wire

        def wire(paths: Any, redactor: Redactor, **choices: Any) -> Any:
            redactor.update(taint_of(plan(corpus())))
            return real(paths, redactor, **choices)

        world.monkeypatch.setattr(scan, "wire", wire)
        world.monkeypatch.setattr(scan, "find_binary", lambda *_, **__: None)
        return world.said("remediate", *argv)

    return run


def message(service: str) -> Callable[[World], str]:
    """What a message to a chat or a webhook says of the scan of all canaries."""

    def run(world: World) -> str:
        report = samples.report(replace(samples.NETWORK, findings=scanned()))
        (world.folder / "drift.json").write_text(to_text(redact_report(report, taint_of(plan(corpus()))), "json"))
        return world.said("notify", service, "drift.json", "--dry-run")

    return run


SINKS: dict[str, tuple[list[Canary], Callable[[World], str]]] = {
    **{f"state diff as {format}": ([*STATES, *REVERSED], state_diff(format)) for format in FORMATS},
    "state list, show, pull": (STATES, state_show),
    "error": (STATES, failing(DriftgateError(f"cannot read {EVERYTHING}", next_step=f"unset {EVERYTHING}"))),
    "bug": (STATES, failing(RuntimeError(EVERYTHING))),
    "traceback": (STATES, failing(RuntimeError(EVERYTHING), DG_DEBUG="1")),
    "audit log": (STATES, audit),
    "remediate plan": (corpus(), remediate("plan")),
    "remediate plan as json": (corpus(), remediate("plan", "-o", "json", "--strategy", "accept", "--no-verify")),
    "remediate plan as markdown": (corpus(), remediate("plan", "-o", "markdown", "--strategy", "accept", "--no-verify")),
    "remediate patch": (corpus(), remediate("patch", "--no-verify")),
    "remediate patch as json": (corpus(), remediate("patch", "--no-verify", "-o", "json")),
    "webhook": (corpus(), message("webhook")),
    "slack": (corpus(), message("slack")),
}  # fmt: skip


@pytest.mark.parametrize("sink", SINKS)
def test_no_secret_comes_out(sink: str, world: World) -> None:
    planted, run = SINKS[sink]
    leaked = leaks(run(world), planted)
    print(f"{sink}: {len(planted)} secrets planted, {len(leaked)} leaked")
    assert [canary.kind for canary in leaked] == []


def test_the_states_hold_every_canary(world: World) -> None:
    """Else the tests above would prove nothing."""
    assert len(STATES) >= 350
    for name, planted in (("one", STATES), ("two", REVERSED)):
        assert len(leaks((world.folder / f"{name}.tfstate").read_text(), planted)) == len(planted)

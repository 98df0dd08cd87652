"""Which strategy is chosen, and who says so: flags, rules, answers. The scan is the seam, as for `dg remediate pr`."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from fix_repo import FixRepo, fix_repo
from terraform_cli import needs_terraform

from driftgate.cli import remediate_accept
from driftgate.cli.main import main
from driftgate.cli.scan import wire
from driftgate.cli.settings import _load as settings_in_force
from driftgate.finding import DriftClass
from driftgate.remediate.plan import STRATEGIES
from driftgate.report.json_report import to_json
from driftgate.safety.redact import Redactor
from driftgate.settings.schema import DriftClassName, StrategyName

pytestmark = needs_terraform
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FixRepo:
    made = fix_repo(tmp_path, ["app", "net"])
    made.live = {"app": 2, "net": 3}
    monkeypatch.setattr(remediate_accept, "scanned", made.scanned)
    monkeypatch.chdir(made.work)
    return made


def chosen(capsys: Capture, *words: str) -> dict[str, tuple[str, str]]:
    """By unit: the strategy of its step, and who chose it."""
    capsys.readouterr()
    assert main(["remediate", "plan", "-o", "json", *words]) == 2
    steps = json.loads(capsys.readouterr().out)["steps"]
    return {step["unit"]: (step["strategy"], step["chosen_by"]) for step in steps}


def rules(repo: FixRepo, text: str) -> None:
    (repo.work / ".driftgate.toml").write_text(text)


def test_the_settings_know_the_strategies_and_classes_that_there_are() -> None:
    assert set(get_args(StrategyName)) == STRATEGIES.keys()
    assert set(get_args(DriftClassName)) == {cls.value for cls in DriftClass if cls.is_drift}


def test_nobody_says_anything(repo: FixRepo, capsys: Capture) -> None:
    assert chosen(capsys) == {"app": ("revert", "default"), "net": ("revert", "default")}
    assert repo.planned == [], "no patch is made"


def test_a_rule_chooses_and_its_patch_is_made(repo: FixRepo, capsys: Capture) -> None:
    rules(repo, '[[remediate.rules]]\nunit = "net"\nstrategy = ["move", "accept"]\n')

    assert chosen(capsys) == {"app": ("revert", "default"), "net": ("accept", "rule 1 of .driftgate.toml")}
    assert repo.planned == [["net"]]
    assert main(["remediate", "plan"]) == 2
    assert "accept  terraform_data.x  net  by rule 1 of .driftgate.toml\n" in capsys.readouterr().out
    assert main(["remediate", "plan", "-o", "markdown"]) == 2
    assert "Chosen by `rule 1 of .driftgate.toml`." in capsys.readouterr().out


@pytest.mark.parametrize(("flags", "app", "net"), [
    (["ignore"], ("ignore", "--strategy ignore"), ("ignore", "--strategy ignore")),
    (["missing=forget"], ("ignore", "rule 1 of .driftgate.toml"), ("revert", "default")),
    (["revert", "reverted-by-apply=ignore"], *[("ignore", "--strategy reverted-by-apply=ignore")] * 2),
    (["reverted-by-apply=ignore", "terraform_data.x=accept"], *[("accept", "--strategy terraform_data.x=accept")] * 2),
    (["terraform_data.y=accept"], ("ignore", "rule 1 of .driftgate.toml"), ("revert", "default")),
], ids=["all", "another class", "a class", "an address", "another address"])  # fmt: skip
def test_a_flag_wins(
    repo: FixRepo, capsys: Capture, flags: list[str], app: tuple[str, str], net: tuple[str, str]
) -> None:
    rules(repo, '[[remediate.rules]]\nunit = "app"\nstrategy = "ignore"\n')

    assert chosen(capsys, *(word for flag in flags for word in ("--strategy", flag))) == {"app": app, "net": net}


@pytest.mark.parametrize("flag", ["revret", "missing=revret", "=", ""])
def test_a_strategy_that_there_is_not(capsys: Capture, flag: str) -> None:
    assert main(["remediate", "plan", "--strategy", flag]) == 64
    assert "one of revert, accept, " in capsys.readouterr().err


def test_a_rule_without_a_meaning(repo: FixRepo, capsys: Capture) -> None:
    rules(repo, '[[remediate.rules]]\nunit = "live/[z-a]"\nstrategy = "revert"\n')
    assert main(["remediate", "plan"]) == 1
    assert "rule 1 of .driftgate.toml: " in capsys.readouterr().err


def test_a_request_leaves_out_what_a_rule_keeps(repo: FixRepo, capsys: Capture) -> None:
    rules(repo, '[[remediate.rules]]\nunit = "app"\nstrategy = "revert"\n')

    words = ["remediate", "pr", "--dry-run", "--forge", "github", "--repo", "acme/infra", "-o", "json"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert [commit["unit"] for commit in json.loads(said.out)["commits"]] == ["net"]
    assert "not ours app  terraform_data.x  rule 1 of .driftgate.toml: revert" in said.err


def test_a_patch_leaves_out_what_a_rule_keeps(repo: FixRepo, capsys: Capture) -> None:
    rules(repo, '[[remediate.rules]]\nunit = "app"\nstrategy = "revert"\n')

    assert main(["remediate", "patch", "--no-verify"]) == 0
    said = capsys.readouterr()
    assert [line for line in said.out.splitlines() if line.startswith("+++")] == ["+++ b/net/main.tf"]
    assert "not ours app  terraform_data.x  rule 1 of .driftgate.toml: revert" in said.err

    rules(repo, '[[remediate.rules]]\nstrategy = "revert"\n')
    settings_in_force.cache_clear()
    assert main(["remediate", "patch", "--no-verify"]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "dg: nothing to patch: all of it is left"


class Typed(io.StringIO):
    """A terminal on which this was typed."""

    def isatty(self) -> bool:
        return True


def test_nobody_can_answer(repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("revert\n"))
    assert main(["remediate", "plan", "--interactive"]) == 1
    assert "stdin is no terminal" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "app", "net"), [
    ("\n\n", ("revert", "answer"), ("revert", "answer")),
    ("accept\nIgnore\n", ("accept", "answer"), ("ignore", "answer")),
    ("a\nwhat\nleave\n", ("accept", "answer"), None),
], ids=["just return", "names", "beginnings, and a typo"])  # fmt: skip
def test_answers(
    repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture, typed: str, app: Any, net: Any
) -> None:
    monkeypatch.setattr("sys.stdin", Typed(typed))

    found = chosen(capsys, "--interactive")
    assert (found["app"], found.get("net")) == (app, net)
    assert repo.planned == ([["app"]] if app[0] == "accept" else []), "only what is accepted is proved"


def test_what_is_asked(repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", Typed("\n\n"))
    main(["remediate", "plan", "--interactive"])

    asked = capsys.readouterr().err
    assert "1 of 2  terraform_data.x  app  reverted-by-apply  low\n  input\n" in asked
    for line in ("  revert  puts input back\n", "  accept  makes the code say what is live for input\n", "  leave   "):
        assert line in asked
    assert "  Which? [revert]: " in asked
    assert "  forget  takes it out of code and state, and leaves the object as it is\n" in asked
    assert "adopt" not in asked


def test_the_end_of_the_input_ends_it(repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", Typed("revert\n"))
    monkeypatch.setattr("driftgate.process.stop_children", lambda: None)  # it stops for good, and other tests go on
    assert main(["remediate", "plan", "--interactive"]) == 130
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[-1]) == ("", "dg: interrupted")


@pytest.fixture
def result(repo: FixRepo, monkeypatch: pytest.MonkeyPatch) -> str:
    """A scan that was saved, which found `app` and a secret in `net`; nothing is scanned any more."""
    report = repo.scanned(wire((), Redactor(), env=dict(os.environ)), started="", parallelism=1)
    secret = replace(report.findings[1].attributes[0], live="(sensitive, changed)")
    net = replace(report.units[1], findings=(replace(report.findings[1], attributes=(secret,)),))
    (repo.work / "drift.json").write_text(to_json(replace(report, units=(report.units[0], net))))
    return "drift.json"


def test_a_scan_that_was_saved(repo: FixRepo, result: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    with monkeypatch.context() as alone:
        alone.setattr(remediate_accept, "scanned", None)
        assert chosen(capsys, "--from", result) == {"app": ("revert", "default"), "net": ("revert", "default")}
        assert chosen(capsys, "--from", result, "net") == {"net": ("revert", "default")}
    accepted = chosen(capsys, "--from", result, "--strategy", "accept")
    assert accepted == {"app": ("accept", "--strategy accept")}
    assert repo.planned == [["app"]], "what was masked is not written into the code"


@pytest.mark.parametrize(("text", "said"), [
    ("{}", "drift.json"),
    ('{"format_version": "9.0"}', "drift.json"),
    (None, "cannot read drift.json"),
    ("other", "drift.json holds none of these units"),
], ids=["no scan", "of another version", "no file", "another repo"])  # fmt: skip
def test_what_is_no_saved_scan(repo: FixRepo, result: str, capsys: Capture, text: str | None, said: str) -> None:
    file = repo.work / result
    if text is None:
        file.unlink()
    else:
        file.write_text(file.read_text().replace('"app"', '"x"').replace('"net"', '"y"') if text == "other" else text)

    assert main(["remediate", "plan", "--from", result]) == 1
    assert said in capsys.readouterr().err

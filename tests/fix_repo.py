"""A clone with units whose `input` is a number, a bare remote, and a cloud that says what the number is there."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from driftgate.cli.main import main
from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity, UnitResult, UnitStatus

_AS = ("-c", "user.name=jane", "-c", "user.email=jane@example.com", "-c", "commit.gpgsign=false")
BRANCH = "driftgate/fix/main/all"
Capture = pytest.CaptureFixture[str]
_LINE = re.compile(r"(?:input|size) = (\d+)")


def git(root: Path, *words: str) -> str:
    """What git prints in `root`, as jane."""
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ("git", *_AS, *words), cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def code(number: int) -> str:
    return f'resource "terraform_data" "x" {{\n  input = {number}\n}}\n'


@dataclass
class FixRepo:
    """`work` is the clone, `remote` the bare repo that it came from. `live` is by unit what the cloud holds; units in
    `broken` cannot be read. A scan meets `secret` in the states."""

    work: Path
    remote: Path
    live: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    planned: list[list[str]] = field(default_factory=list)
    secret: str = ""

    def scanned(self, wired: Any, *, started: str, parallelism: int, root: Path | None = None) -> Report:
        """Stands in for the scan of the units in the repo, or in its copy at `root`."""
        units = [str(unit.path) for unit in wired.units]
        wired.redactor.add(self.secret)
        if root is not None:
            self.planned.append(units)
        return Report(tuple(self._unit(root or self.work, unit) for unit in units), "plan", started, 0.0)

    def _unit(self, root: Path, unit: str) -> UnitResult:
        if unit in self.broken:
            return UnitResult(unit, "default", UnitStatus.ERROR, error="no credentials")
        found = _LINE.search((root / unit / "main.tf").read_text())
        number = int(found[1]) if found else 0
        live = self.live.get(unit, number)
        if live == number:
            return UnitResult(unit, "default", UnitStatus.OK)
        cls = DriftClass.REVERTED_BY_APPLY
        attribute = AttributeChange("input", cls, Severity.LOW, number, live, number)
        finding = Finding(unit, "default", "terraform_data.x", "terraform_data", cls, Severity.LOW, (attribute,))
        return UnitResult(unit, "default", UnitStatus.OK, findings=(finding,))

    def branches(self) -> dict[str, str]:
        """The remote's branches with their tips."""
        lines = git(self.remote, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
        return dict(line.split() for line in lines.splitlines())  # type: ignore[misc]

    def subjects(self, branch: str) -> list[str]:
        """What the branch has that main has not, oldest first."""
        return git(self.remote, "log", "--reverse", "--format=%s", f"main..{branch}").splitlines()

    def text(self, branch: str, path: str) -> str:
        return git(self.remote, "show", f"{branch}:{path}")

    def change(self, branch: str, path: str, text: str, *, base: str = "main", amend: bool = False) -> str:
        """Somebody else's commit on the remote's branch."""
        other = self.work.parent / "other"
        if not other.exists():
            git(self.work.parent, "clone", "-q", str(self.remote), "other")
        git(other, "fetch", "-q")
        git(other, "checkout", "-q", "-B", branch, f"origin/{branch}")
        (other / path).write_text(text)
        git(other, "add", ".")
        git(other, "commit", "-q", *(["--amend", "--no-edit"] if amend else ["-m", "by hand"]))
        git(other, "push", "-q", "-f", "origin", branch)
        return git(other, "rev-parse", "HEAD")


def fix_repo(folder: Path, units: Sequence[str]) -> FixRepo:
    """A fresh one, pushed."""
    remote, work = folder / "remote.git", folder / "work"
    git(folder, "init", "-q", "--bare", "-b", "main", str(remote))
    git(folder, "clone", "-q", str(remote), str(work))
    git(work, "checkout", "-q", "-b", "main")
    for unit in units:
        (work / unit).mkdir(parents=True)
        (work / unit / "main.tf").write_text(code(1))
    git(work, "add", ".")
    git(work, "commit", "-qm", "first")
    git(work, "push", "-q", "origin", "main")
    return FixRepo(work, remote)


def clone_as_it_is(repo: FixRepo) -> tuple[str, ...]:
    return tuple(
        git(repo.work, *words)
        for words in (
            ("status", "--porcelain=v2", "--branch"), ("for-each-ref",), ("count-objects", "-v"),
            ("config", "--list", "--local"), ("stash", "list"),
        )
    )  # fmt: skip


def sent(repo: FixRepo, capsys: Capture, *words: str, code: int = 0) -> str:
    """What a run says on stdout, or on stderr where it failed."""
    capsys.readouterr()
    assert main(["remediate", "pr", *words]) == code
    said = capsys.readouterr()
    return said.out.strip() or said.err.strip()

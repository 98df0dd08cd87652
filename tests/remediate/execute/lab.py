"""A repo on real terraform and nothing else, where seven steps are to be taken, some of them together: every way of
taking one is there."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terraform_cli import terraform

SECONDS = 180
BACKEND = 'terraform {\n  backend "local" {}\n}\n'
APPLIED = f"""{BACKEND}\
resource "terraform_data" "a" {{
  input = "one"
}}
resource "terraform_data" "b" {{
  input = "live"
}}
resource "terraform_data" "c" {{
  input = "three"
}}
resource "terraform_data" "e" {{
  input = "five"
}}
resource "terraform_data" "f" {{
  input = "six"
}}
"""
CODE = APPLIED.replace('"one"', '"wanted"').replace('"live"', '"code"').replace('"five"', '"wanted too"')
NET = BACKEND + 'resource "terraform_data" "n" {\n  input = "INPUT"\n}\n'


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Lab:
    """The repo, its plan file, and the user's private folder."""

    root: Path
    home: Path

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}

    @property
    def plan(self) -> Path:
        return self.root / "fix.json"

    def dg(self, *words: str, env: Mapping[str, str] | None = None) -> Done:
        """`dg` as a user runs it, in the repo's root."""
        return self.run([sys.executable, "-m", "driftgate", *words], env)

    def run(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            argv, cwd=self.root, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def state(self, unit: str) -> dict[str, Any]:
        return dict(json.loads((self.root / unit / "terraform.tfstate").read_bytes()))

    def inputs(self, unit: str) -> dict[str, Any]:
        """What the state says of every resource."""
        return {
            item["name"]: item["instances"][0]["attributes"]["input"]["value"] for item in self.state(unit)["resources"]
        }

    def write_plan(self, *steps: Mapping[str, Any], **more: Any) -> None:
        """The plan file of these steps, for the states as they are."""
        document = {
            "format_version": "1.1",
            "created": "2026-11-26T10:00:00Z",
            "units": [self.version(unit) for unit in sorted({step["unit"] for step in steps})],
            "steps": [{"number": number, **step} for number, step in enumerate(steps, start=1)],
            "left": [],
        }
        self.plan.write_text(json.dumps(document | more))

    def version(self, unit: str) -> dict[str, Any]:
        state = self.state(unit)
        identity = f"local://{unit}/terraform.tfstate"
        known = {"lineage": state["lineage"], "serial": state["serial"]}
        return {"path": unit, "workspace": "default", "identity": identity, "tool": "terraform", **known}

    def journal(self) -> list[dict[str, Any]]:
        """The records of the last run."""
        folder = max((self.home / "state/driftgate/remediations").iterdir())
        return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]

    def audit(self) -> list[dict[str, Any]]:
        """The records of the audit log."""
        return [json.loads(line) for line in self.dg("audit", "export").stdout.splitlines()]


def build(folder: Path) -> Lab:
    """Two applied units; then the code moves on, for what a step finds to do is the same for drift and for that."""
    lab = Lab(folder / "repo", folder / "home")
    lab.home.mkdir(parents=True)
    for unit, source in (("app", APPLIED), ("net", NET.replace("INPUT", "old"))):
        (lab.root / unit).mkdir(parents=True)
        (lab.root / unit / "main.tf").write_text(source)
        terraform(lab.root / unit, "init", "-input=false", env=lab.env)
        terraform(lab.root / unit, "apply", "-auto-approve", "-input=false", env=lab.env)
    (lab.root / ".git").mkdir()
    (lab.root / "app/main.tf").write_text(CODE)
    (lab.root / "net/main.tf").write_text(NET.replace("INPUT", "new"))
    lab.write_plan(*steps())
    return lab


def step(unit: str, address: str, strategy: str, **more: Any) -> dict[str, Any]:
    """A step that closes what a plan wants to do to `input`."""
    return {
        "unit": unit,
        "workspace": "default",
        "address": address,
        "strategy": strategy,
        "class": "pending",
        "severity": "low",
        "fingerprint": "0" * 32,
        "attributes": ["input", "output"],
        "changes": ["input", "output"],
        "actions": ["update"],
        **more,
    }


def steps() -> list[dict[str, Any]]:
    """Every way, over two units; 1 and 2 are taken together, and so are 4 and 5."""
    patched = CODE.replace('"code"', '"live"')
    return [
        step("app", "terraform_data.a", "revert"),
        step("app", "terraform_data.e", "revert"),
        step("app", "terraform_data.b", "accept", **patch("app/main.tf", CODE, patched)),
        step("app", "terraform_data.c", "forget"),
        step("app", "terraform_data.f", "forget"),
        step("app", "terraform_data.d", "ignore", attributes=[]),
        step("net", "terraform_data.n", "revert"),
    ]


def patch(path: str, before: str, after: str) -> dict[str, Any]:
    """The patch of a file, as a step carries it."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"a/{path}", f"b/{path}")
    return {
        "patch": f"diff --git a/{path} b/{path}\n{''.join(lines)}",
        "files": [{"path": path, "before": sha256(before), "after": sha256(after)}],
    }


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

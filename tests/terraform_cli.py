"""The real terraform for tests: only what its builtin provider can do, so that nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")


def terraform(folder: Path, *args: str, env: Mapping[str, str] | None = None) -> bytes:
    """Run terraform in `folder` and return its stdout; a failure fails the test with what it said."""
    full = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **(env or {})}
    result = subprocess.run(["terraform", *args], cwd=folder, env=full, capture_output=True, check=False, timeout=120)
    assert result.returncode == 0, f"terraform {' '.join(args)}: {result.stdout.decode()}{result.stderr.decode()}"
    return result.stdout


def apply(folder: Path, source: str, env: Mapping[str, str] | None = None) -> None:
    """Write `source` as the folder's only module, init and apply it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(source)
    terraform(folder, "init", "-input=false", "-no-color", env=env)
    terraform(folder, "apply", "-auto-approve", "-input=false", "-no-color", env=env)

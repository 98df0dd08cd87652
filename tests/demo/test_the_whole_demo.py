from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from demo.expected_drift import assert_every_tamper_is_found

from driftgate.cli.main import main
from driftgate.demo import stage as stages
from driftgate.tfexec.mirror import find_provider_mirror

pytestmark = pytest.mark.acceptance


def test_the_untouched_repo_is_clean_and_every_tamper_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`dg demo` for real, with a scan by another `dg` just before the first tamper."""
    if shutil.which("terraform") is None or find_provider_mirror(os.environ) is None:
        pytest.skip("terraform or a mirror of the AWS provider is missing")
    untouched, endpoints = [], []
    break_things = stages.break_things

    def scan_first(stage: stages.Stage, step: stages.Step) -> None:
        scan = (sys.executable, "-m", "driftgate", "drift", "scan", "-o", "json", "--strict")
        untouched.append(
            subprocess.run(scan, cwd=stage.repo, env=dict(stage.terraform.env), capture_output=True, check=False)
        )
        endpoints.append(stage.aws.endpoint)
        break_things(stage, step)

    monkeypatch.setattr(stages, "break_things", scan_first)
    kept, out = tmp_path / "kept", tmp_path / "out"

    assert main(["demo", "--keep", str(kept), "--out-dir", str(out)]) == 0, capfd.readouterr().err

    assert untouched[0].returncode == 0, untouched[0].stdout.decode() + untouched[0].stderr.decode()
    report = json.loads((out / "drift.json").read_text())
    assert_every_tamper_is_found(report)
    assert report["recorded"] is False
    said = capfd.readouterr().out
    for text in (said, (out / "pr-comment.md").read_text(), (out / "report.html").read_text()):
        assert "aws_security_group.web" in text
        assert "tok_demo_Zq8vN3xWc1" not in text
    terragrunt = said[said.index("live/dev/us-east-1/network") :]
    assert "aws_vpc.this" in terragrunt
    assert '"dev-use1" → "legacy"' in terragrunt
    status = subprocess.run(("git", "status", "--porcelain"), cwd=kept / "repo", capture_output=True, check=True)
    assert status.stdout == b"", "lock files are committed, nothing else is left"
    assert (kept / "repo/live/data/.terraform.lock.hcl").is_file()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(endpoints[0].rpartition(":")[2]))) != 0, "AWS is gone"

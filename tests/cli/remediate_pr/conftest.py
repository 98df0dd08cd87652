"""A real clone and a bare remote, a GitHub on loopback; the scan is the seam."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fix_repo import FixRepo, fix_repo
from forges import TOKEN, FakeGitHub, fake_github

from driftgate.cli import remediate_accept
from driftgate.cli.main import main


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FixRepo:
    made = fix_repo(tmp_path, ["app", "net"])
    monkeypatch.setattr(remediate_accept, "scanned", made.scanned)
    monkeypatch.chdir(made.work)
    return made


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    with fake_github() as forge:
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/infra",
            "GITHUB_RUN_ID": "55",
            "GITHUB_TOKEN": TOKEN,
        }.items():
            monkeypatch.setenv(name, value)
        yield forge


@pytest.fixture
def opened(repo: FixRepo, forge: FakeGitHub) -> FixRepo:
    """A request that fixes `app`."""
    repo.live = {"app": 2}
    assert main(["remediate", "pr"]) == 0
    forge.log.clear()
    return repo

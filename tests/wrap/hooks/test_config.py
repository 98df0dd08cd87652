from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from wrap.hooks.conftest import Found, write


@pytest.mark.parametrize(
    ("name", "text", "bad"),
    [
        (".driftgate.toml", '[drift]\nfail_on = "high"\n', False),
        (".driftgate.toml", "", False),
        (".driftgate.toml", '[drift]\nfail_om = "high"\n', True),
        (".driftgate.toml", '[drift]\nfail_on = "severe"\n', True),
        (".driftgate.toml", "[drift\n", True),
        ("pyproject.toml", '[project]\nname = "x"\n', False),
        ("pyproject.toml", "[tool.driftgate.drift]\nstrict = 3\n", True),
        ("README.md", "[drift\n", False),
        ("Cargo.toml", "[package]\n", False),
        ("mise.toml", "[tools\n", False),
        ("live/app/.driftgate.toml", "[drfit]\n", True),
        ("ops/prod.driftgate.toml", "[drfit]\n", True),
    ],
)
def test_settings_files(worktree: Path, found: Found, name: str, text: str, bad: bool) -> None:
    write(worktree, {name: text})
    assert found("dg-config", name) == [("config", name, 0)] * bad


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        (".driftgate.toml", True),
        ("live/app/.driftgate.toml", True),
        ("live/pyproject.toml", True),
        ("Cargo.toml", False),
    ],
)
def test_which_files_pre_commit_gives_it(name: str, taken: bool) -> None:
    hooks = yaml.safe_load((Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text())
    (hook,) = [hook for hook in hooks if hook["id"] == "dg-config"]
    assert bool(re.search(hook["files"], name)) is taken

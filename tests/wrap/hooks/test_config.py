from __future__ import annotations

from pathlib import Path

import pytest
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
    ],
)
def test_settings_files(worktree: Path, found: Found, name: str, text: str, bad: bool) -> None:
    write(worktree, {name: text})
    assert found("dg-config", name) == [("config", name, 0)] * bad

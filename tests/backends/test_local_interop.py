"""Local states, written by us and by the real terraform."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract.interop import InteropContract
from contract.race import RaceContract
from contract.sites import Site
from contract.writable import WritableContract


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site("local", "local", tmp_path)


class TestWritingLocal(WritableContract): ...


class TestLocalBesideTerraform(InteropContract): ...


class TestLocalRace(RaceContract): ...

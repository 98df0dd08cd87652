from __future__ import annotations

import msgspec

from driftgate.remediate.execute.document import DocumentStep
from driftgate.remediate.execute.ways import WAYS, way_of
from driftgate.remediate.plan import STRATEGIES


def step(strategy: str = "revert", **more: object) -> DocumentStep:
    tree = {
        "number": 1,
        "unit": "u",
        "workspace": "default",
        "severity": "low",
        "fingerprint": "f",
        "address": "aws_x.a",
    }
    return msgspec.convert({**tree, "strategy": strategy, **more}, DocumentStep)


def test_every_strategy_has_a_way() -> None:
    assert STRATEGIES.keys() <= WAYS.keys()
    assert way_of(step("accept")) is WAYS["refresh"]
    assert way_of(step("accept", patch="x")) is WAYS["accept"]
    assert way_of(step("delete everything")) is None


def test_what_changes_files_of_the_repo_is_not_shared() -> None:
    assert {name for name, way in WAYS.items() if way.shared} == {"revert", "refresh", "forget"}

from __future__ import annotations

import pytest

from driftgate.remediate.recorded import only_records
from driftgate.tfexec.plan import Change

LIVE = {"bucket": "b", "force_destroy": None}
CASES = [
    pytest.param(Change(("no-op",), LIVE, LIVE), False, id="nothing"),
    pytest.param(Change(("update",)), False, id="nothing-told"),
    pytest.param(Change(("update",), LIVE, {**LIVE, "force_destroy": True}), True, id="recorded"),
    pytest.param(Change(("update",), LIVE, {**LIVE, "force_destroy": True}, {"arn": True}), True, id="unknown-follows"),
    pytest.param(
        Change(("update",), {**LIVE, "force_destroy": False}, {**LIVE, "force_destroy": True}),
        False,
        id="another-value",
    ),
    pytest.param(
        Change(("update",), LIVE, {"bucket": "b", "force_destroy": True, "tags": {"a": "1"}}), False, id="more"
    ),
    pytest.param(Change(("delete", "create"), LIVE, {**LIVE, "force_destroy": True}), False, id="replaced"),
]


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_only_settings_that_are_in_no_cloud(change: Change, expected: bool) -> None:
    assert only_records(change) is expected

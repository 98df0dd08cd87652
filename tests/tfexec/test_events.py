from __future__ import annotations

import pytest

from driftgate.tfexec.events import Diagnostic, Drifted, Event, Refreshed, Summary, parse_event


@pytest.mark.parametrize(
    ("line", "event"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"Warning: deprecated\n", None, id="text before the stream"),
        pytest.param(b'{"type":"version","terraform":"1.11.4"}', None, id="event that does not matter"),
        pytest.param(b'{"type":"from_the_future","x":[]}', None, id="unknown event"),
        pytest.param(b'{"type":"diagn', None, id="cut line"),
        pytest.param(
            b'{"type":"refresh_complete","hook":{"resource":{"addr":"a.b[0]"}}}', Refreshed("a.b[0]"), id="refreshed"
        ),
        pytest.param(
            b'{"type":"resource_drift","change":{"resource":{"addr":"a.b"},"action":"update"}}', Drifted("a.b"),
            id="drifted",
        ),
        pytest.param(
            b'{"type":"change_summary","changes":{"add":1,"change":2,"remove":0,"operation":"plan"}}', Summary(3),
            id="summary",
        ),
        pytest.param(
            b'{"type":"diagnostic","diagnostic":{"severity":"error","summary":"S","detail":"D","address":"a.b",'
            b'"range":{"filename":"main.tf","start":{"line":3,"column":1}}}}',
            Diagnostic("error", "S", "D", "a.b", "main.tf", 3),
            id="diagnostic with a place",
        ),
        pytest.param(
            b'{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"W","detail":""}}',
            Diagnostic("warning", "W"),
            id="bare warning",
        ),
    ],
)  # fmt: skip
def test_parse_event(line: bytes, event: Event | None) -> None:
    assert parse_event(line) == event

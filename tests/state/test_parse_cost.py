"""What reading a state may cost: time, and nothing left switched off."""

from __future__ import annotations

import gc

import pytest
from state.documents import document

from driftgate.state.file import StateError
from driftgate.state.parse import parse_state


def test_the_collector_is_left_as_it_was() -> None:
    parse_state(document())
    assert gc.isenabled()
    gc.disable()
    try:
        parse_state(document())
        assert not gc.isenabled()
    finally:
        gc.enable()
    with pytest.raises(StateError):
        parse_state(b"{")
    assert gc.isenabled()

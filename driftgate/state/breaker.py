"""The circuit breaker of an endpoint: pybreaker's, over what all processes have counted together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerStorage,
)

from driftgate.backends.base import NoAnswerError
from driftgate.state.circuit import OPEN_SECONDS, Circuit

FAILURES = 3
"""How many times in a row an endpoint must not answer until its circuit opens."""

_COUNT = """INSERT INTO circuits (endpoint, failures) VALUES (?, 1)
    ON CONFLICT (endpoint) DO UPDATE SET failures = failures + 1"""
T = TypeVar("T")


def ask(circuit: Circuit, question: Callable[[], T]) -> T:
    """The answer to `question`: a NoAnswerError counts, anything else shows that the endpoint is there.

    So does an error that a NoAnswerError is the cause of. A question is asked to its end, whatever opens the circuit
    meanwhile: a write has to give back its lock. Raises what `question` raises, BackendError without asking while the
    circuit is open.
    """
    circuit.require_closed()
    breaker = CircuitBreaker(
        FAILURES,
        OPEN_SECONDS,
        exclude=[lambda error: not any(isinstance(e, NoAnswerError) for e in (error, error.__cause__))],
        state_storage=SqliteStorage(circuit),
        throw_new_error_on_trip=False,  # the endpoint's own error is the one to show
    )
    try:
        return breaker.call(question)
    except CircuitBreakerError:  # another process has opened it since we looked
        raise circuit.refusal(circuit.now()) from None


class SqliteStorage(CircuitBreakerStorage):
    """The row of one circuit; a closed one without failures has none, so that a success mostly writes nothing."""

    def __init__(self, circuit: Circuit) -> None:
        super().__init__("sqlite")
        self._circuit = circuit

    @property
    def state(self) -> str:
        """Told from the time it opened, so that no process must be there to half-open it."""
        _, opened_at = self._circuit.row()
        if opened_at is None:
            return STATE_CLOSED
        return STATE_OPEN if self._circuit.waits(opened_at) else STATE_HALF_OPEN

    @state.setter
    def state(self, state: str) -> None:
        if state == STATE_CLOSED:
            self.reset_counter()

    def increment_counter(self) -> None:
        self._circuit.write(_COUNT, self._circuit.endpoint)

    def reset_counter(self) -> None:
        if self._circuit.row() != (0, None):
            self._circuit.write("DELETE FROM circuits WHERE endpoint = ?", self._circuit.endpoint)

    @property
    def counter(self) -> int:
        return self._circuit.row()[0]

    @property
    def success_counter(self) -> int:
        """One success closes."""
        return 1

    @property
    def opened_at(self) -> datetime | None:
        return self._circuit.row()[1]

    @opened_at.setter
    def opened_at(self, _: datetime) -> None:
        at = self._circuit.now().isoformat()
        self._circuit.write("UPDATE circuits SET opened_at = ? WHERE endpoint = ?", at, self._circuit.endpoint)

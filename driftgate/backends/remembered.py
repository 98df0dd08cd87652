"""States read before in this process, so that asking again costs a question and not the bytes.

Nothing is ever taken from here unasked: the store is given the token of what is remembered and says whether that is
still it. Bytes are kept in memory only, the latest up to a limit.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from driftgate.backends.base import Payload

MOST_BYTES = 32 * 1024 * 1024


def again(place: Hashable, ask: Callable[[Payload | None], Payload | None]) -> Payload | None:
    """What is stored at `place` now. Raises what `ask` raises.

    `ask` is given what this process has read there last, None for nothing, and returns it where the store itself says
    that it is still that; else it reads. `place` names who asks too: nobody is given what another identity has read.
    """
    found = ask(_REMEMBERED.get(place))
    _REMEMBERED.put(place, found)
    return found


class Remembered:
    """Payloads by where they are; those unused for longest go first. One for all threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Hashable, Payload] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, place: Hashable) -> Payload | None:
        """What was read there last; None when nothing was, or it is no longer held."""
        with self._lock:
            if place in self._held:
                self._held.move_to_end(place)
            return self._held.get(place)

    def put(self, place: Hashable, payload: Payload | None) -> None:
        """Hold what is there now, None: nothing. What has no token, or is too large, cannot be asked about."""
        with self._lock:
            before = self._held.pop(place, None)
            self._bytes -= len(before.data) if before else 0
            if payload is None or payload.token is None or len(payload.data) > self._most:
                return
            self._held[place] = payload
            self._bytes += len(payload.data)
            while self._bytes > self._most:
                self._bytes -= len(self._held.popitem(last=False)[1].data)


_REMEMBERED = Remembered()
"""What all backends of this process have read."""

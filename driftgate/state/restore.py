"""An older version of a state as the next one: what is written when a backup is restored."""

from __future__ import annotations

from driftgate.state.edit import with_serial
from driftgate.state.file import EncryptedStateError, StateError, StateFile
from driftgate.state.parse import parse_meta
from driftgate.state.successor import is_empty


def restored(data: bytes, current: StateFile | None) -> bytes:
    """The bytes to store so that the state is that of `data` again, where now `current` is stored.

    Over nothing, and over a state without content: `data` itself. Over a version of the same state: its content under
    a serial greater than both, for nobody may take it for older than what it replaces; what is stored already stays.
    Anything else is `data` too, and for the writer's check to refuse. Raises StateError when `data` is no state, or one
    that OpenTofu encrypted: nobody could see what would be written.
    """
    try:
        meta = parse_meta(data, "the backup")
    except EncryptedStateError:
        raise StateError(
            "the backup holds a state that OpenTofu encrypted, which driftgate does not write",
            next_step="get it with `dg backup decrypt --out FILE` and put the file back to where the state was stored",
        ) from None
    if current is None or current.lineage != meta.lineage or (is_empty(current) and meta.serial > current.serial):
        return data
    at_present = with_serial(data, current.serial)
    if at_present == current.data:
        return current.data
    return with_serial(data, max(current.serial, meta.serial) + 1)

"""What a state says is secret, told to a Redactor; and a state's values without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from driftgate.safety.redact import MASK, Redactor
from driftgate.safety.taint import marked, named
from driftgate.state.file import Instance, StateFile, Step

_WRAPPER = {"value", "type"}


def learn(redactor: Redactor, *states: StateFile) -> None:
    """Tell `redactor` every secret in `states`, so that copies are masked too: in other attributes, in messages.

    An object that is the same in several states is looked through once.
    """
    for output in (output for state in states for output in state.outputs.values()):
        if output.sensitive:
            _add(redactor, msgspec.json.decode(output.value))
    for instance in _distinct(states):
        attributes = instance.attributes
        for keys in _marks(attributes, instance):
            _add(redactor, _at(attributes, keys))
        for secret in named(attributes):
            redactor.add(secret)


def masked_attributes(redactor: Redactor, instance: Instance) -> dict[str, Any]:
    """The attributes of `instance` with every secret masked: by mark, by name, by shape and by value."""
    attributes: Any = instance.attributes
    for keys in _marks(attributes, instance):
        attributes = _blank(attributes, keys)
    return dict(redactor.value("", attributes))


def _distinct(states: Sequence[StateFile]) -> Iterator[Instance]:
    if len(states) == 1:
        yield from states[0].instances()
        return
    seen = set()
    for instance in (instance for state in states for instance in state.instances()):
        found = instance.object
        key = (bytes(found.attributes), bytes(found.sensitive_attributes), str(found.attributes_flat))
        if key not in seen:
            seen.add(key)
            yield instance


def _add(redactor: Redactor, value: Any) -> None:
    for secret in marked(value, True):
        redactor.add(secret)


def _marks(attributes: dict[str, Any], instance: Instance) -> Iterator[tuple[Step, ...]]:
    """The places in `attributes` that Terraform marked; a mark on the whole object is one on each attribute."""
    for path in instance.sensitive_paths:
        if not path:
            yield from ((name,) for name in attributes)
        elif path[0] in attributes:
            yield _stored(attributes, path)


def _stored(value: Any, path: Sequence[Step]) -> tuple[Step, ...]:
    """`path` as it is stored: through `{"value": …, "type": …}` where the attribute's type is only known at run time.

    A path that leads nowhere ends before that, around what it meant: rather too much is masked than too little.
    """
    keys: list[Step] = []
    for step in path:
        if isinstance(value, dict) and value.keys() == _WRAPPER and step not in value:
            keys.append("value")
            value = value["value"]
        in_list = isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        if not in_list and not (isinstance(value, dict) and step in value):
            break
        keys.append(step)
        value = value[step]
    return tuple(keys)


def _at(value: Any, keys: Sequence[Step]) -> Any:
    for key in keys:
        value = value[key]
    return value


def _blank(value: Any, keys: Sequence[Step]) -> Any:
    """A copy of `value` with what stands at `keys` masked; absent values and other masks stay as they are."""
    if value is None or value == MASK:
        return value
    if not keys:
        return MASK
    child = _blank(value[keys[0]], keys[1:])
    if isinstance(value, list):
        return [child if i == keys[0] else item for i, item in enumerate(value)]
    return {**value, keys[0]: child}

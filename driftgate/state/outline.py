"""A state's document with the spans of its parts, and what must hold of it after it was edited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from driftgate.state.diagnose import CURRENT
from driftgate.state.file import Instance, ResourceObject, StateError, StateFile
from driftgate.state.parse import parse_state
from driftgate.state.splice import Array, Edit, Object, read_array, read_object, set_member, spliced
from driftgate.state.validate import check_valid

Key = tuple[str, str, str, str, object, str]
"""Module, mode, type, name, instance key, deposed key."""
Content = Mapping[Key, tuple[str, ResourceObject]]
"""What stands where: the provider and the object, apart from its keys."""


@dataclass(frozen=True, slots=True)
class Outline:
    """`text` is the document; `resources` lines up with the resources of the StateFile it was read from."""

    text: str
    root: Object
    resources: Array

    def resource(self, index: int) -> Object:
        return read_object(self.text, self.resources.elements[index].start)

    def instances(self, resource: Object) -> Array:
        """The resource's instances. Raises StateError when it has none, not even an empty list."""
        member = resource.get("instances")
        if member is None or self.text[member.value.start] != "[":
            raise StateError("a resource without instances cannot be edited", next_step="remove it from the document")
        return read_array(self.text, member.value.start)


def outline(state: StateFile) -> Outline:
    """The outline of `state`. Raises StateError when it is not valid or in a format older than 4."""
    if state.version < CURRENT:
        raise StateError(
            f"the state is in format {state.version}, of Terraform before 0.12, and can only be read",
            next_step="let a newer Terraform write it once: `terraform apply -refresh-only`",
        )
    check_valid(state)
    text = state.data.decode()
    root = read_object(text)
    member = root.get("resources")
    has_any = member is not None and text[member.value.start] == "["
    return Outline(text, root, read_array(text, member.value.start) if member and has_any else Array(root.span, ()))


def content(state: StateFile) -> dict[Key, tuple[str, ResourceObject]]:
    """What stands where in `state`."""
    return {key_of(instance): (instance.resource.provider or "", _bare(instance)) for instance in state.instances()}


def key_of(instance: Instance) -> Key:
    resource, found = instance.resource, instance.object
    return (resource.module or "", resource.mode, resource.type, resource.name, found.index_key, found.deposed or "")


def finished(state: StateFile, found: Outline, edits: Iterable[Edit], expected: Content) -> bytes:
    """The state with the edits made and its serial one greater.

    It is read again and must hold `expected` and else what `state` holds. Raises StateError if it does not: that is a
    defect in driftgate, and nothing must be written then.
    """
    serial = state.serial + 1
    text = spliced(found.text, [*edits, set_member(found.text, found.root, "serial", str(serial))])
    data = text.encode()
    edited = parse_state(data, "the edited state")
    check_valid(edited, "the edited state")
    kept = edited.lineage == state.lineage and edited.outputs == state.outputs
    if not kept or edited.serial != serial or content(edited) != expected:
        raise StateError(
            "the edited state does not hold what it should; nothing was changed",
            next_step="this is a defect in driftgate: report it, and use `terraform state` meanwhile",
        )
    return data


def _bare(instance: Instance) -> ResourceObject:
    return msgspec.structs.replace(instance.object, index_key=None)

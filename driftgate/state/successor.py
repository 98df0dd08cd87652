"""Whether one state may take another one's place: the rule that stands before every write."""

from __future__ import annotations

import json
from typing import Any

from driftgate.state.file import StateError, StateFile
from driftgate.state.snapshot import Relation


class StaleStateError(StateError):
    """A state that is not newer than what it would overwrite."""


class UnrelatedStateError(StateError):
    """A state that is no version of the one it would overwrite."""


def check_successor(new: StateFile, current: StateFile | None, *, older_writer: bool = False) -> None:
    """Returns when `new` may overwrite `current`, None: nothing is stored.

    The rules are those of Terraform's CheckValidImport (statemgr/migrate.go, before `state push` and migrations): over
    a state without resources and outputs anything goes, also when one of the two has no lineage; else the lineage must
    be the same and the serial greater, or the same with the same content. One more: a state last written by a newer
    Terraform is not overwritten by an older one's unless `older_writer`, for the older one drops what it does not know.

    Raises UnrelatedStateError and StaleStateError.
    """
    if current is None or is_empty(current):
        return
    relation = new.meta.relation_to(current.meta)
    if relation is Relation.UNRELATED:
        raise UnrelatedStateError(
            f"lineage {new.lineage} cannot be written over lineage {current.lineage}: they are two different states",
            next_step="check the unit and the workspace; to replace the one by the other, delete that one first",
        )
    if relation is Relation.OLDER:
        raise StaleStateError(
            f"serial {new.serial} cannot be written over serial {current.serial}, which is newer",
            next_step="start again from what is stored now (`dg state pull`); to go back use `dg state rollback`",
        )
    if relation is Relation.EQUAL and not same_content(new, current):
        raise StaleStateError(
            f"serial {new.serial} is stored already, with another content: somebody else wrote meanwhile",
            next_step="start again from what is stored now (`dg state pull`)",
        )
    if new.meta.written_before(current.meta) and not older_writer:
        raise StaleStateError(
            f"Terraform {new.terraform_version} wrote this state, {current.terraform_version} the stored one: "
            "the older does not know all that the newer stores",
            next_step=f"write it with Terraform {current.terraform_version} or newer",
        )


def is_empty(state: StateFile) -> bool:
    """Whether nothing is lost when `state` is overwritten: neither resources nor outputs, as Terraform has it."""
    return not state.resources and not state.outputs


def same_content(one: StateFile, other: StateFile) -> bool:
    """Whether the two say the same, whoever wrote them: layout, order and the writer's version apart."""
    return one.data == other.data or _content(one) == _content(other)


def _content(state: StateFile) -> dict[str, Any]:
    # Numbers stay text: 1.10 and 1.1, or two long decimals that round to the same double, are not taken for equal.
    document: dict[str, Any] = json.loads(state.data, parse_float=str)
    document.pop("terraform_version", None)
    document["resources"] = sorted(map(_resource, document.get("resources") or ()), key=_canonical)
    return {name: value for name, value in document.items() if value is not None}


def _resource(resource: dict[str, Any]) -> dict[str, Any]:
    return {**resource, "instances": sorted(resource.get("instances") or (), key=_canonical)}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)

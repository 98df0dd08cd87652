from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.finding import Mark, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]

NOTHING = [
    pytest.param("aws_instance", "tags_all.Name", "a", "b", id="the computed copy of a tag"),
    pytest.param("aws_instance", "volume_tags", {"a": "b"}, {}, id="tags of volumes"),
    pytest.param("google_compute_disk", "effective_labels.a", "a", "b", id="the computed copy of a label"),
]


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_computed_copies_are_info(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] is Severity.INFO


CASES = [
    pytest.param("aws_instance", "tags.Name", "a", "b", "tag changed", id="a tag changed"),
    pytest.param("aws_instance", "tags.Name", "a", Mark.ABSENT, "tag changed", id="a tag removed"),
    pytest.param("aws_instance", "tags", None, {"a": "b"}, "tag changed", id="first tags"),
    pytest.param(
        "aws_instance", 'tags["kubernetes.io/role"]', "a", "b", "tag changed", id="a tag with dots in its name"
    ),
    pytest.param("aws_instance", 'tags["a]b"]', "a", "b", "tag changed", id="a tag with a bracket in its name"),
    pytest.param("aws_autoscaling_group", "tag", [], [{"key": "a"}], "tag changed", id="a tag block"),
    pytest.param("azurerm_resource_group", "tags.env", "a", "b", "tag changed", id="an Azure tag"),
    pytest.param("google_storage_bucket", "labels.env", "a", "b", "label changed", id="a Google label"),
    pytest.param(
        "kubernetes_namespace", "metadata[0].annotations.a", "a", "b", "label changed", id="a Kubernetes annotation"
    ),
    pytest.param("aws_security_group", "description", "a", "b", "description changed", id="a description"),
    pytest.param(
        "aws_security_group", "ingress[0].description", "a", "b", "description changed", id="a rule's description"
    ),
    pytest.param("some_thing", "comment", "a", "b", "description changed", id="a comment of a type nobody knows"),
]


@pytest.mark.parametrize(("type_", "path", "state", "live", "reason"), CASES)
def test_names_and_notes_are_low(
    judged: Judged, type_: str, path: str, state: object, live: object, reason: str
) -> None:
    assert judged(type_, path, state, live) == (Severity.LOW, reason)

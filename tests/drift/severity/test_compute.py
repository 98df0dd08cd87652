from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from driftgate.drift.severity import Facts, judge
from driftgate.finding import DriftClass, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]


def containers(image: str = "app:1", **more: object) -> str:
    return json.dumps([{"name": "app", "image": image, **more}])


NOTHING = [
    pytest.param("aws_instance", "metadata_options[0].http_tokens", "optional", "required", id="IMDSv2 required"),
    pytest.param("aws_instance", "metadata_options[0].http_put_response_hop_limit", 2, 1, id="fewer hops"),
    pytest.param("aws_ecs_task_definition", "container_definitions", containers(), containers(cpu=1),
        id="the same image"),
    pytest.param("aws_ecs_task_definition", "container_definitions", containers(privileged=True), containers(),
        id="a container no longer privileged"),
    pytest.param("aws_ecr_repository", "image_tag_mutability", "MUTABLE", "IMMUTABLE", id="tags made immutable"),
    pytest.param("aws_ecr_repository", "image_scanning_configuration[0].scan_on_push", False, True,
        id="images scanned"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_safer_or_equal_is_at_most_low(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] <= Severity.LOW


CASES = [
    pytest.param("aws_instance", "metadata_options[0].http_tokens", "required", "optional", Severity.HIGH,
        "instance metadata (IMDSv2) weakened", id="IMDSv1 allowed"),
    pytest.param("aws_instance", "metadata_options[0].http_put_response_hop_limit", 1, 5, Severity.MEDIUM,
        "metadata hop limit raised", id="more hops"),
    pytest.param("aws_instance", "user_data", "a", "b", Severity.HIGH, "start-up script changed",
        id="another start-up script"),
    pytest.param("azurerm_linux_virtual_machine", "custom_data", "a", "b", Severity.HIGH, "start-up script changed",
        id="another Azure start-up script"),
    pytest.param("google_compute_instance", "metadata_startup_script", "a", "b", Severity.HIGH,
        "start-up script changed", id="another Google start-up script"),
    pytest.param("aws_instance", "ami", "ami-1", "ami-2", Severity.MEDIUM, "image changed", id="another image"),
    pytest.param("aws_instance", "instance_type", "t3.micro", "t3.large", Severity.MEDIUM, "size changed",
        id="another size"),
    pytest.param("aws_db_instance", "instance_class", "a", "b", Severity.MEDIUM, "size changed",
        id="another database size"),
    pytest.param("azurerm_linux_virtual_machine", "size", "a", "b", Severity.MEDIUM, "size changed",
        id="another Azure size"),
    pytest.param("google_compute_instance", "machine_type", "a", "b", Severity.MEDIUM, "size changed",
        id="another Google size"),
    pytest.param("aws_autoscaling_group", "desired_capacity", 1, 9, Severity.MEDIUM, "count changed",
        id="another count"),
    pytest.param("aws_lambda_function", "source_code_hash", "a", "b", Severity.HIGH, "function code changed",
        id="other code"),
    pytest.param("aws_lambda_function", "environment[0].variables.KEY", "a", "b", Severity.MEDIUM,
        "function environment changed", id="another environment variable"),
    pytest.param("aws_lambda_function", "runtime", "python3.12", "python3.8", Severity.MEDIUM,
        "function environment changed", id="another runtime"),
    pytest.param("aws_ecs_task_definition", "container_definitions", containers(), containers("app:2"),
        Severity.MEDIUM, "container image changed", id="another container image"),
    pytest.param("aws_ecs_task_definition", "container_definitions", containers(), containers(privileged=True),
        Severity.HIGH, "privileged container", id="a privileged container"),
    pytest.param("aws_ecs_task_definition", "container_definitions", containers(), "[" * 100_000, Severity.MEDIUM,
        "the next apply puts it back", id="containers that are not JSON"),
    pytest.param("aws_codebuild_project", "environment[0].privileged_mode", False, True, Severity.HIGH,
        "privileged mode switched on", id="a privileged build"),
    pytest.param("aws_eks_cluster", "version", "1.30", "1.29", Severity.MEDIUM, "version changed",
        id="another version"),
    pytest.param("aws_ecr_repository", "image_tag_mutability", "IMMUTABLE", "MUTABLE", Severity.HIGH,
        "image tag immutability weakened", id="tags made mutable"),
    pytest.param("aws_instance", "key_name", "a", "b", Severity.HIGH, "login key changed", id="another login key"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), CASES)
def test_what_runs(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        pytest.param("desired_count", Severity.LOW, id="a count set by a scaler"),
        pytest.param("user_data", Severity.MEDIUM, id="a start-up script nobody wrote"),
    ],
)
def test_a_change_without_direction_is_a_step_lower_outside_the_code(path: str, severity: Severity) -> None:
    assert judge(Facts("aws_x", path, DriftClass.OUTSIDE_CODE, "a", "b", "b", {}, {}))[0] is severity

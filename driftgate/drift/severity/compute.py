"""What runs, as what, and how much of it: images, code, start-up scripts, instance metadata, sizes and counts."""

from __future__ import annotations

import json

from driftgate.drift.severity.facts import Leaves, blocks
from driftgate.drift.severity.reading import switch
from driftgate.drift.severity.rule import Rule, Verdict, by_leaf, ceiling, changed, guard, ranked, risk
from driftgate.finding import Severity


def _containers(old: Leaves, new: Leaves) -> Verdict | None:
    """ECS container definitions, JSON text: a privileged container, another image, or something else."""
    was, now = _read(old), _read(new)
    if was is None or now is None:
        return None
    if sum(privileged for _, privileged in now) > sum(privileged for _, privileged in was):
        return Severity.HIGH, "privileged container"
    if {image for image, _ in was} != {image for image, _ in now}:
        return Severity.MEDIUM, "container image changed"
    return Severity.LOW, "container settings changed"


def _read(documents: Leaves) -> list[tuple[str, bool]] | None:
    try:
        found = [json.loads(text) if isinstance(text, str) else text for text in documents]
    except (ValueError, RecursionError):
        return None
    containers = [block for item in found for block in blocks(item)]
    return [(str(c.get("image", "")), switch(c.get("privileged")) is True) for c in containers]


RULES: tuple[Rule, ...] = (
    ranked(
        "aws_instance aws_launch_template aws_launch_configuration",
        "metadata_options.http_tokens",
        "optional required",
        Severity.HIGH,
        "instance metadata (IMDSv2)",
    ),
    ceiling(
        "aws_instance aws_launch_template aws_launch_configuration",
        "metadata_options.http_put_response_hop_limit",
        Severity.MEDIUM,
        "metadata hop limit",
    ),
    changed(
        "*",
        "user_data user_data_base64 custom_data metadata_startup_script metadata.startup-script metadata.ssh-keys",
        Severity.HIGH,
        "start-up script",
    ),
    changed("*", "key_name admin_ssh_key public_key", Severity.HIGH, "login key"),
    changed(
        "aws_lambda_function azurerm_*function_app google_cloudfunctions*",
        "source_code_hash code_sha256 image_uri s3_key s3_object_version handler layers filename "
        "build_config.source source_archive_object entry_point",
        Severity.HIGH,
        "function code",
    ),
    changed(
        "aws_lambda_function azurerm_*app google_cloudfunctions* google_cloud_run_*",
        "runtime environment environment.* environment_variables environment_variables.* app_settings app_settings.* "
        "build_config.runtime template.*",
        Severity.MEDIUM,
        "function environment",
    ),
    by_leaf(
        "aws_ecs_task_definition",
        "container_definitions",
        _containers,
        "privileged container: high; image changed: medium; other settings: low",
    ),
    risk("*", "privileged privileged_mode environment.privileged_mode host_network", Severity.HIGH, "privileged mode"),
    changed(
        "*",
        "ami image image_id image_uri source_image_reference source_image_id boot_disk.initialize_params.image "
        "launch_template launch_template.* task_definition ami_type release_version",
        Severity.MEDIUM,
        "image",
    ),
    changed(
        "*",
        "instance_type instance_types instance_class node_type machine_type vm_size size sku sku_name sku.* "
        "node_config.machine_type default_node_pool.vm_size settings.tier allocated_storage memory_size cpu memory",
        Severity.MEDIUM,
        "size",
    ),
    changed(
        "*",
        "desired_count desired_capacity min_size max_size scaling_config scaling_config.* node_count instance_count "
        "instances num_cache_nodes num_node_groups replicas_per_node_group autoscaling.* min_capacity max_capacity "
        "target_size reserved_concurrent_executions read_capacity write_capacity",
        Severity.MEDIUM,
        "count",
    ),
    changed(
        "*",
        "engine_version version kubernetes_version min_master_version platform_version runtime_version",
        Severity.MEDIUM,
        "version",
    ),
    ranked("aws_ecr_repository", "image_tag_mutability", "MUTABLE IMMUTABLE", Severity.HIGH, "image tag immutability"),
    guard("aws_ecr_repository", "image_scanning_configuration.scan_on_push", Severity.MEDIUM, "image scan"),
    guard("*", "auto_minor_version_upgrade", Severity.LOW, "minor version upgrade"),
)

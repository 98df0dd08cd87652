"""By which ID an object is imported: for each resource type a format of its own arguments, as the provider has it.

`{a|b}` is the first that has a value; `{partition}`, `{account}`, `{region}` and `{domain}` are where the unit's other
objects are. Types that only the cloud can name (`sg-…`) are not here. Source: the section Import of each resource in
registry.terraform.io/providers/hashicorp/aws/5.100.0/docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_OF_BUCKET = (
    "aws_s3_bucket aws_s3_bucket_accelerate_configuration aws_s3_bucket_cors_configuration "
    "aws_s3_bucket_lifecycle_configuration aws_s3_bucket_logging aws_s3_bucket_notification "
    "aws_s3_bucket_object_lock_configuration aws_s3_bucket_ownership_controls aws_s3_bucket_policy "
    "aws_s3_bucket_public_access_block aws_s3_bucket_replication_configuration "
    "aws_s3_bucket_server_side_encryption_configuration aws_s3_bucket_versioning "
    "aws_s3_bucket_website_configuration"
)
_OF_NAME = (
    "aws_athena_workgroup aws_autoscaling_group aws_cloudformation_stack aws_cloudwatch_event_bus "
    "aws_cloudwatch_log_group aws_codebuild_project aws_db_parameter_group aws_db_subnet_group aws_dynamodb_table "
    "aws_ecr_repository aws_ecs_cluster aws_eks_cluster aws_elasticache_parameter_group "
    "aws_elasticache_subnet_group aws_iam_group aws_iam_instance_profile aws_iam_role aws_iam_user "
    "aws_kinesis_stream aws_kms_alias aws_launch_configuration aws_placement_group "
    "aws_rds_cluster_parameter_group aws_ssm_document aws_ssm_parameter"
)
FORMATS: Mapping[str, str] = {
    **dict.fromkeys(_OF_BUCKET.split(), "{bucket}"),
    **dict.fromkeys(_OF_NAME.split(), "{name}"),
    "aws_autoscaling_policy": "{autoscaling_group_name}/{name}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_event_rule": "{event_bus_name}/{name}",
    "aws_cloudwatch_event_target": "{event_bus_name}/{rule}/{target_id}",
    "aws_cloudwatch_log_metric_filter": "{log_group_name}:{name}",
    "aws_cloudwatch_log_stream": "{log_group_name}:{name}",
    "aws_cloudwatch_log_subscription_filter": "{log_group_name}|{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_db_instance": "{identifier}",
    "aws_ecr_lifecycle_policy": "{repository}",
    "aws_ecr_repository_policy": "{repository}",
    "aws_eks_addon": "{cluster_name}:{addon_name}",
    "aws_eks_node_group": "{cluster_name}:{node_group_name}",
    "aws_elasticache_cluster": "{cluster_id}",
    "aws_elasticache_replication_group": "{replication_group_id}",
    "aws_glue_catalog_database": "{account}:{name}",
    "aws_iam_group_policy": "{group}:{name}",
    "aws_iam_group_policy_attachment": "{group}/{policy_arn}",
    "aws_iam_policy": "arn:{partition}:iam::{account}:policy{path}{name}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_iam_user_policy": "{user}:{name}",
    "aws_iam_user_policy_attachment": "{user}/{policy_arn}",
    "aws_key_pair": "{key_name}",
    "aws_lambda_alias": "{function_name}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_permission": "{function_name}/{statement_id}",
    "aws_rds_cluster": "{cluster_identifier}",
    "aws_route": "{route_table_id}_{destination_cidr_block|destination_ipv6_cidr_block|destination_prefix_list_id}",
    "aws_route53_record": "{zone_id}_{name}_{type}",
    "aws_route_table_association": "{subnet_id|gateway_id}/{route_table_id}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_sfn_state_machine": "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
    "aws_sns_topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "aws_sqs_queue": "https://sqs.{region}.{domain}/{account}/{name}",
    "aws_volume_attachment": "{device_name}:{volume_id}:{instance_id}",
}
_DOMAINS = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
_FIELD = re.compile(r"\{([a-z0-9_|]+)\}")
_ARN = re.compile(r"arn:(aws[a-z-]*):[a-z0-9-]+:([a-z0-9-]*):(\d{12}):")


def import_id(type: str, values: Mapping[str, Any], place: Mapping[str, str]) -> str | None:
    """The import ID of an object with these arguments; None where the type has no rule or a value is not known."""
    missing = False

    def filled(field: re.Match[str]) -> str:
        nonlocal missing
        found = next(filter(None, (_text({**values, **place}.get(name)) for name in field[1].split("|"))), None)
        missing = missing or found is None
        return found or ""

    found = _FIELD.sub(filled, FORMATS.get(type, "{}"))
    return None if missing or type not in FORMATS else found


def place_of(values: Iterable[Any]) -> dict[str, str]:
    """The partition, account and region that the ARNs in these JSON values are of; nothing where they name more than
    one."""
    found = [match.groups() for text in _texts(list(values)) for match in _ARN.finditer(text)]
    names = ("partition", "region", "account")
    several = {name: {groups[i] for groups in found if groups[i]} for i, name in enumerate(names)}
    place = {name: one.pop() for name, one in several.items() if len(one) == 1}
    domain = _DOMAINS.get(place.get("partition", ""))
    return place if domain is None else place | {"domain": domain}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)

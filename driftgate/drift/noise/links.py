"""Which child resources repeat themselves in an attribute of a parent. Data, from the provider's documentation.

Sources: "NOTE on ..." boxes of https://registry.terraform.io/providers/hashicorp/aws/latest/docs (inline blocks
against separate resources) and the same of azurerm; the s3, security group, route table, network acl, iam and sns
rows were seen right after an apply with aws 5.100.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from driftgate.drift.noise import permissions

Parts = Iterable[Hashable]


@dataclass(frozen=True, slots=True)
class Mirror:
    """A parent's attribute and the child that shows in it: `child.link` equals `parent.key`.

    Without `element` the child owns the whole attribute. With it the attribute is a set: `element` and `part` name
    the identities of a parent's element and of a child, and elements that no child has are not explained by it.
    `only` is a child attribute and the value it must have.
    """

    parent: str
    attribute: str
    child: str
    link: str
    key: str = "id"
    element: Callable[[Any], Parts] | None = None
    part: Callable[[Mapping[str, Any]], Parts] | None = None
    only: tuple[str, object] | None = None


def one_of(*names: str) -> Callable[[Any], Parts]:
    """Identity by the first of these attributes that is set, as text."""

    def identity(item: Any) -> Parts:
        values = (item.get(name) for name in names) if isinstance(item, Mapping) else (item,)
        return [str(value) for value in values if value not in (None, "", 0)][:1]

    return identity


def _owned(parent: str, link: str, rows: Mapping[str, str], key: str = "id") -> tuple[Mirror, ...]:
    return tuple(Mirror(parent, attribute, child, link, key) for attribute, child in rows.items())


def _security_group(parent: str) -> tuple[Mirror, ...]:
    return tuple(
        Mirror(
            parent,
            side,
            child,
            "security_group_id",
            element=permissions.of_element,
            part=permissions.of_rule,
            only=only,
        )
        for side in ("ingress", "egress")
        for child, only in (
            ("aws_security_group_rule", ("type", side)),
            (f"aws_vpc_security_group_{side}_rule", None),
        )
    )


def _network_acl(parent: str) -> tuple[Mirror, ...]:
    number, rule_number = one_of("rule_no"), one_of("rule_number")
    return (
        _members(parent, "subnet_ids", "aws_network_acl_association", "network_acl_id", "subnet_id"),
        *(
            Mirror(
                parent,
                side,
                "aws_network_acl_rule",
                "network_acl_id",
                element=number,
                part=rule_number,
                only=("egress", side == "egress"),
            )
            for side in ("ingress", "egress")
        ),
    )


def _members(
    parent: str, attribute: str, child: str, link: str, part: str, key: str = "id", element: str = ""
) -> Mirror:
    names = (element,) if element else ()
    return Mirror(parent, attribute, child, link, key, one_of(*names), one_of(part))


def _route_table(parent: str) -> tuple[Mirror, ...]:
    return (
        Mirror(
            parent,
            "route",
            "aws_route",
            "route_table_id",
            element=one_of("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id"),
            part=one_of("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"),
        ),
        _members(parent, "propagating_vgws", "aws_vpn_gateway_route_propagation", "route_table_id", "vpn_gateway_id"),
    )


MIRRORS: tuple[Mirror, ...] = (
    *_owned(
        "aws_s3_bucket",
        "bucket",
        {
            "acceleration_status": "aws_s3_bucket_accelerate_configuration",
            "acl": "aws_s3_bucket_acl",
            "cors_rule": "aws_s3_bucket_cors_configuration",
            "grant": "aws_s3_bucket_acl",
            "lifecycle_rule": "aws_s3_bucket_lifecycle_configuration",
            "logging": "aws_s3_bucket_logging",
            "object_lock_configuration": "aws_s3_bucket_object_lock_configuration",
            "policy": "aws_s3_bucket_policy",
            "replication_configuration": "aws_s3_bucket_replication_configuration",
            "request_payer": "aws_s3_bucket_request_payment_configuration",
            "server_side_encryption_configuration": "aws_s3_bucket_server_side_encryption_configuration",
            "versioning": "aws_s3_bucket_versioning",
            "website": "aws_s3_bucket_website_configuration",
            "website_domain": "aws_s3_bucket_website_configuration",
            "website_endpoint": "aws_s3_bucket_website_configuration",
        },
    ),
    *_security_group("aws_security_group"),
    *_security_group("aws_default_security_group"),
    *_network_acl("aws_network_acl"),
    *_network_acl("aws_default_network_acl"),
    *_route_table("aws_route_table"),
    *_route_table("aws_default_route_table"),
    *_owned(
        "aws_vpc",
        "vpc_id",
        dict.fromkeys(("main_route_table_id", "default_route_table_id"), "aws_main_route_table_association"),
    ),
    *_owned("aws_vpc", "vpc_id", {"dhcp_options_id": "aws_vpc_dhcp_options_association"}),
    *_owned(
        "aws_vpc",
        "vpc_id",
        {
            "ipv6_cidr_block": "aws_vpc_ipv6_cidr_block_association",
            "ipv6_association_id": "aws_vpc_ipv6_cidr_block_association",
        },
    ),
    _members("aws_iam_role", "inline_policy", "aws_iam_role_policy", "role", "name", element="name"),
    _members("aws_iam_role", "managed_policy_arns", "aws_iam_role_policy_attachment", "role", "policy_arn"),
    _members("aws_iam_role", "managed_policy_arns", "aws_iam_policy_attachment", "roles", "policy_arn"),
    *_owned("aws_sns_topic", "arn", {"policy": "aws_sns_topic_policy"}, key="arn"),
    *_owned(
        "aws_sqs_queue",
        "queue_url",
        {
            "policy": "aws_sqs_queue_policy",
            "redrive_policy": "aws_sqs_queue_redrive_policy",
            "redrive_allow_policy": "aws_sqs_queue_redrive_allow_policy",
        },
    ),
    *_owned("aws_kms_key", "key_id", {"policy": "aws_kms_key_policy"}),
    *_owned("aws_secretsmanager_secret", "secret_arn", {"policy": "aws_secretsmanager_secret_policy"}, key="arn"),
    *_owned("aws_api_gateway_rest_api", "rest_api_id", {"policy": "aws_api_gateway_rest_api_policy"}),
    *_owned(
        "aws_elasticsearch_domain", "domain_name", {"access_policies": "aws_elasticsearch_domain_policy"}, "domain_name"
    ),
    *_owned("aws_opensearch_domain", "domain_name", {"access_policies": "aws_opensearch_domain_policy"}, "domain_name"),
    *_owned("aws_vpc_endpoint", "vpc_endpoint_id", {"policy": "aws_vpc_endpoint_policy"}),
    _members(
        "aws_vpc_endpoint",
        "route_table_ids",
        "aws_vpc_endpoint_route_table_association",
        "vpc_endpoint_id",
        "route_table_id",
    ),
    _members("aws_vpc_endpoint", "subnet_ids", "aws_vpc_endpoint_subnet_association", "vpc_endpoint_id", "subnet_id"),
    _members(
        "aws_vpc_endpoint",
        "security_group_ids",
        "aws_vpc_endpoint_security_group_association",
        "vpc_endpoint_id",
        "security_group_id",
    ),
    _members(
        "aws_autoscaling_group",
        "target_group_arns",
        "aws_autoscaling_attachment",
        "autoscaling_group_name",
        "lb_target_group_arn",
    ),
    _members("aws_autoscaling_group", "load_balancers", "aws_autoscaling_attachment", "autoscaling_group_name", "elb"),
    _members("aws_elb", "instances", "aws_elb_attachment", "elb", "instance"),
    _members(
        "aws_instance", "ebs_block_device", "aws_volume_attachment", "instance_id", "volume_id", element="volume_id"
    ),
    *_owned(
        "aws_eip",
        "allocation_id",
        dict.fromkeys(
            ("association_id", "instance", "network_interface", "private_ip", "private_dns"), "aws_eip_association"
        ),
    ),
    *_owned("aws_ecs_cluster", "cluster_name", {"capacity_providers": "aws_ecs_cluster_capacity_providers"}, "name"),
    _members("aws_route53_zone", "vpc", "aws_route53_zone_association", "zone_id", "vpc_id", element="vpc_id"),
    _members("aws_rds_cluster", "iam_roles", "aws_rds_cluster_role_association", "db_cluster_identifier", "role_arn"),
    _members(
        "azurerm_network_security_group",
        "security_rule",
        "azurerm_network_security_rule",
        "network_security_group_name",
        "name",
        "name",
        "name",
    ),
    _members("azurerm_virtual_network", "subnet", "azurerm_subnet", "virtual_network_name", "name", "name", "name"),
    _members("azurerm_route_table", "route", "azurerm_route", "route_table_name", "name", "name", "name"),
)

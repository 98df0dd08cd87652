"""Whether data is encrypted at rest and on the wire, under which key, and how strong the protocol is."""

from __future__ import annotations

import re

from driftgate.drift.severity.rule import Rule, by_rank, ceiling, guard, kept, ranked, risk
from driftgate.finding import Severity

# The lowest TLS 1.x a policy's name gives: `ELBSecurityPolicy-TLS13-1-2-2021-06`, `TLSv1.2_2021`, `TLS1_2`, `1.2`.
_TLS = re.compile(r"(?:^|[^0-9])1[._-]([0-3])(?![0-9])")
_OLD = ("tls", "ssl", "elbsecuritypolicy", "policy-min")


def _tls(name: str) -> int | None:
    """The minor version of the lowest TLS that the name allows; 0 for names of older policies."""
    found = _TLS.search(name)
    if found:
        return int(found[1])
    return 0 if name.lower().startswith(_OLD) else None


RULES: tuple[Rule, ...] = (
    guard(
        "aws_*",
        "encrypted storage_encrypted at_rest_encryption_enabled encrypt_at_rest.enabled root_block_device.encrypted "
        "ebs_block_device.encrypted block_device_mappings.ebs.encrypted server_side_encryption.enabled "
        "sqs_managed_sse_enabled",
        Severity.CRITICAL,
        "encryption",
    ),
    guard("aws_ebs_encryption_by_default", "enabled", Severity.CRITICAL, "encryption by default"),
    guard(
        "aws_kinesis_stream google_container_cluster",
        "encryption_type database_encryption.state",
        Severity.HIGH,
        "encryption",
    ),
    guard(
        "azurerm_*",
        "infrastructure_encryption_enabled encryption_at_host_enabled transparent_data_encryption_enabled "
        "double_encryption_enabled",
        Severity.CRITICAL,
        "encryption",
    ),
    guard(
        "*",
        "transit_encryption_enabled node_to_node_encryption.enabled domain_endpoint_options.enforce_https "
        "enable_https_traffic_only https_traffic_only_enabled https_only ssl_enforcement_enabled "
        "settings.ip_configuration.require_ssl require_ssl",
        Severity.HIGH,
        "encryption on the wire",
    ),
    ranked(
        "google_sql_database_instance",
        "settings.ip_configuration.ssl_mode",
        "ALLOW_UNENCRYPTED_AND_ENCRYPTED ENCRYPTED_ONLY TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
        Severity.HIGH,
        "encryption on the wire",
    ),
    risk("azurerm_redis_cache", "enable_non_ssl_port non_ssl_port_enabled", Severity.HIGH, "plain-text port"),
    ranked("aws_lb_listener aws_alb_listener", "protocol", "HTTP HTTPS", Severity.HIGH, "listener protocol"),
    ranked("aws_lb_listener aws_alb_listener", "protocol", "TCP TLS", Severity.HIGH, "listener protocol"),
    ranked(
        "aws_cloudfront_distribution",
        "default_cache_behavior.viewer_protocol_policy ordered_cache_behavior.viewer_protocol_policy",
        "allow-all redirect-to-https https-only",
        Severity.HIGH,
        "viewer protocol",
    ),
    by_rank(
        "*",
        "ssl_policy minimum_protocol_version viewer_certificate.minimum_protocol_version security_policy "
        "domain_endpoint_options.tls_security_policy min_tls_version minimum_tls_version "
        "site_config.minimum_tls_version ssl_minimal_tls_version_enforced domain_name_configuration.security_policy",
        _tls,
        Severity.HIGH,
        "lowest TLS version",
    ),
    kept(
        "aws_*",
        "kms_key_id kms_key_arn kms_master_key_id kms_key replica_kms_key_id server_side_encryption.kms_key_arn "
        "encryption_configuration.kms_key encryption_config.provider.key_arn encrypt_at_rest.kms_key_id "
        "root_block_device.kms_key_id ebs_block_device.kms_key_id storage_kms_key_id",
        Severity.HIGH,
        Severity.HIGH,
        "encryption key",
    ),
    kept(
        "azurerm_*",
        "disk_encryption_set_id key_vault_key_id customer_managed_key.key_vault_key_id encryption.key_vault_key_id",
        Severity.HIGH,
        Severity.HIGH,
        "encryption key",
    ),
    kept(
        "google_*",
        "kms_key_name encryption.default_kms_key_name disk_encryption_key.kms_key_self_link encryption_key_name "
        "encryption_configuration.kms_key_name default_encryption_configuration.kms_key_name",
        Severity.HIGH,
        Severity.HIGH,
        "encryption key",
    ),
    ranked(
        "aws_ecr_repository",
        "encryption_configuration.encryption_type",
        "AES256 KMS KMS_DSSE",
        Severity.MEDIUM,
        "encryption",
    ),
    guard("aws_kms_*key", "enable_key_rotation", Severity.HIGH, "key rotation"),
    guard("aws_kms_*key", "is_enabled enabled", Severity.CRITICAL, "key"),
    ceiling(
        "aws_kms_key google_kms_crypto_key",
        "rotation_period_in_days rotation_period",
        Severity.MEDIUM,
        "key rotation period",
    ),
    guard(
        "google_compute_instance*",
        "shielded_instance_config.enable_secure_boot shielded_instance_config.enable_vtpm "
        "shielded_instance_config.enable_integrity_monitoring confidential_instance_config.enable_confidential_compute",
        Severity.HIGH,
        "shielded boot",
    ),
)

from __future__ import annotations

from collections.abc import Callable

import pytest

from driftgate.finding import Mark, Severity

Judged = Callable[[str, str, object, object], tuple[Severity, str]]

NOTHING = [
    pytest.param("aws_db_instance", "storage_encrypted", False, True, id="a database encrypted"),
    pytest.param("aws_ebs_volume", "encrypted", Mark.ABSENT, True, id="a volume first seen encrypted"),
    pytest.param("aws_sqs_queue", "kms_master_key_id", None, "k", id="a key set"),
    pytest.param("aws_kms_key", "enable_key_rotation", False, True, id="key rotation on"),
    pytest.param("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS13-1-2-2021-06",
        id="a stronger TLS policy"),
    pytest.param("aws_instance", "ebs_block_device", [{"encrypted": False}], [{"encrypted": True}],
        id="a disk encrypted"),
    pytest.param("google_sql_database_instance", "settings[0].ip_configuration[0].require_ssl", False, True,
        id="a Google database wants TLS"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live"), NOTHING)
def test_encryption_turned_on_is_info(judged: Judged, type_: str, path: str, state: object, live: object) -> None:
    assert judged(type_, path, state, live)[0] is Severity.INFO


def test_a_detached_encrypted_disk_is_not_encryption_off(judged: Judged) -> None:
    two, one = [{"encrypted": True}, {"encrypted": True}], [{"encrypted": True}]

    assert "encryption" not in judged("aws_instance", "ebs_block_device", two, one)[1]


CASES = [
    pytest.param("aws_db_instance", "storage_encrypted", True, False, Severity.CRITICAL, "encryption switched off",
        id="a database no longer encrypted"),
    pytest.param("aws_ebs_volume", "encrypted", "true", "false", Severity.CRITICAL, "encryption switched off",
        id="a switch spelled as text"),
    pytest.param("aws_instance", "root_block_device[0].encrypted", True, False, Severity.CRITICAL,
        "encryption switched off", id="a root disk no longer encrypted"),
    pytest.param("aws_instance", "root_block_device", [{"encrypted": True}], [{"encrypted": False}],
        Severity.CRITICAL, "encryption switched off", id="a root disk no longer encrypted, seen as a block"),
    pytest.param("aws_dynamodb_table", "server_side_encryption", [{"enabled": True}], [], Severity.CRITICAL,
        "encryption switched off", id="a table without its encryption block"),
    pytest.param("aws_ebs_encryption_by_default", "enabled", True, False, Severity.CRITICAL,
        "encryption by default switched off", id="encryption by default off"),
    pytest.param("aws_kinesis_stream", "encryption_type", "KMS", "NONE", Severity.HIGH, "encryption switched off",
        id="a stream no longer encrypted"),
    pytest.param("aws_elasticache_replication_group", "transit_encryption_enabled", True, False, Severity.HIGH,
        "encryption on the wire switched off", id="a cache without TLS"),
    pytest.param("azurerm_storage_account", "https_traffic_only_enabled", True, False, Severity.HIGH,
        "encryption on the wire switched off", id="Azure storage over http"),
    pytest.param("azurerm_mssql_database", "transparent_data_encryption_enabled", True, False, Severity.CRITICAL,
        "encryption switched off", id="an Azure database no longer encrypted"),
    pytest.param("azurerm_redis_cache", "non_ssl_port_enabled", False, True, Severity.HIGH,
        "plain-text port switched on", id="an Azure cache with a plain port"),
    pytest.param("google_sql_database_instance", "settings[0].ip_configuration[0].ssl_mode", "ENCRYPTED_ONLY",
        "ALLOW_UNENCRYPTED_AND_ENCRYPTED", Severity.HIGH, "encryption on the wire weakened",
        id="a Google database allows plain text"),
    pytest.param("google_container_cluster", "database_encryption[0].state", "ENCRYPTED", "DECRYPTED", Severity.HIGH,
        "encryption switched off", id="a Google cluster's secrets decrypted"),
    pytest.param("aws_lb_listener", "protocol", "HTTPS", "HTTP", Severity.HIGH, "listener protocol weakened",
        id="a listener turned to http"),
    pytest.param("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08",
        Severity.HIGH, "lowest TLS version weakened", id="an old TLS policy"),
    pytest.param("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-FS-1-2-Res-2020-10",
        "ELBSecurityPolicy-FS-1-1-2019-08", Severity.HIGH, "lowest TLS version weakened", id="TLS 1.1 allowed"),
    pytest.param("aws_lb_listener", "ssl_policy", "ELBSecurityPolicy-FS-1-2-Res-2020-10", "something else",
        Severity.MEDIUM, "the next apply puts it back", id="a policy nobody knows"),
    pytest.param("aws_cloudfront_distribution", "viewer_certificate[0].minimum_protocol_version", "TLSv1.2_2021",
        "TLSv1_2016", Severity.HIGH, "lowest TLS version weakened", id="CloudFront with TLS 1.0"),
    pytest.param("azurerm_storage_account", "min_tls_version", "TLS1_2", "TLS1_0", Severity.HIGH,
        "lowest TLS version weakened", id="Azure with TLS 1.0"),
    pytest.param("google_compute_ssl_policy", "min_tls_version", "TLS_1_2", "TLS_1_1", Severity.HIGH,
        "lowest TLS version weakened", id="Google with TLS 1.1"),
    pytest.param("aws_opensearch_domain", "domain_endpoint_options[0].tls_security_policy",
        "Policy-Min-TLS-1-2-2019-07", "Policy-Min-TLS-1-0-2019-07", Severity.HIGH, "lowest TLS version weakened",
        id="OpenSearch with TLS 1.0"),
    pytest.param("aws_cloudfront_distribution", "default_cache_behavior[0].viewer_protocol_policy", "https-only",
        "allow-all", Severity.HIGH, "viewer protocol weakened", id="CloudFront over http"),
    pytest.param("aws_sqs_queue", "kms_master_key_id", "k", "", Severity.HIGH, "encryption key removed",
        id="a key removed"),
    pytest.param("aws_ebs_volume", "kms_key_id", "k1", "k2", Severity.HIGH, "encryption key replaced",
        id="somebody else's key"),
    pytest.param("google_storage_bucket", "encryption", [{"default_kms_key_name": "k"}], [], Severity.HIGH,
        "encryption key removed", id="a Google key removed"),
    pytest.param("azurerm_managed_disk", "disk_encryption_set_id", "a", None, Severity.HIGH,
        "encryption key removed", id="an Azure disk encryption set removed"),
    pytest.param("aws_kms_key", "enable_key_rotation", True, False, Severity.HIGH, "key rotation switched off",
        id="key rotation off"),
    pytest.param("aws_kms_key", "is_enabled", True, False, Severity.CRITICAL, "key switched off", id="a key disabled"),
    pytest.param("google_kms_crypto_key", "rotation_period", "7776000s", "31536000s", Severity.MEDIUM,
        "key rotation period raised", id="Google keys rotate less often"),
    pytest.param("google_compute_instance", "shielded_instance_config[0].enable_secure_boot", True, False,
        Severity.HIGH, "shielded boot switched off", id="secure boot off"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "path", "state", "live", "severity", "reason"), CASES)
def test_encryption(
    judged: Judged, type_: str, path: str, state: object, live: object, severity: Severity, reason: str
) -> None:
    assert judged(type_, path, state, live) == (severity, reason)

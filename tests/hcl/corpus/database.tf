/*
 * The ledger. Everything here is deliberately boring.
 */
resource "aws_db_instance" "ledger" {
  identifier     = "${local.name}-ledger"
  engine         = "postgres"
  engine_version = "15.4"
  instance_class = "db.${local.size}"

  allocated_storage     = 100
  max_allocated_storage = 1000
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.ledger.arn

  username = "ledger"
  password = var.db_password

  backup_retention_period = var.retention_days
  backup_window           = "03:00-04:00"
  maintenance_window      = "sun:04:30-sun:05:30"
  multi_az                = local.is_prod
  deletion_protection     = local.is_prod || var.protect
  skip_final_snapshot     = !local.is_prod

  final_snapshot_identifier = local.is_prod ? format("%s-final-%s", local.name, formatdate("YYYYMMDD", timestamp())) : null

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  timeouts {
    create = "60m"
    delete = "2h"
  }

  lifecycle {
    precondition {
      condition     = var.retention_days > 0
      error_message = "The ledger needs backups."
    }
    replace_triggered_by = [aws_kms_key.ledger.key_id]
  }
}

resource "aws_db_parameter_group" "ledger" {
  family = "postgres15"

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements,auto_explain"
    apply_method = "pending-reboot"
  }
}

resource "random_password" "app" {
  length           = 32
  special          = true
  override_special = "!#$%&*()-_=+[]{}<>:?"
}

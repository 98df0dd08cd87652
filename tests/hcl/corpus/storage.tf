resource "aws_s3_bucket" "uploads" {
  bucket        = lower("acme-${local.name}-uploads")
  force_destroy = false
}

resource "aws_s3_bucket_versioning" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    id     = "tier-down"
    status = "Enabled"

    filter {
      and {
        prefix = "raw/"
        tags   = { keep = "no" }
      }
    }

    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }
    transition {
      days          = 90
      storage_class = "GLACIER"
    }
    expiration { days = 730 }
  }
}

resource "aws_s3_object" "config" {
  for_each = fileset(path.module, "files/*.{json,yaml}")

  bucket  = aws_s3_bucket.uploads.id
  key     = trimprefix(each.value, "files/")
  content = templatefile("${path.module}/${each.value}", { name = local.name, zones = local.azs })
  etag    = filemd5(join("/", [path.module, each.value]))
}

resource "aws_kms_key" "ledger" {
  description             = "Ledger — at rest"
  deletion_window_in_days = 30
  enable_key_rotation     = true
}

moved {
  from = aws_instance.worker
  to   = module.workers.aws_instance.this[0]
}

moved {
  from = module.dns["example.org"]
  to   = module.dns["example.com"]
}

import {
  to = aws_s3_bucket.uploads
  id = "acme-payments-prod-uploads"
}

import {
  for_each = { a = "sg-0123", b = "sg-4567" }
  to       = aws_security_group.legacy[each.key]
  id       = each.value
}

removed {
  from = aws_sqs_queue.old

  lifecycle {
    destroy = false
  }
}

check "endpoint" {
  data "http" "health" {
    url = "https://${aws_route53_record.app.fqdn}/health"
  }

  assert {
    condition     = data.http.health.status_code == 200
    error_message = "${data.http.health.url} answers ${data.http.health.status_code}."
  }
}

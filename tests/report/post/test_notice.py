from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from loopback import Answer, Request, serve
from report import samples
from report.strategies import reports

from driftgate.report.build import view_of
from driftgate.report.post.client import PostError
from driftgate.report.post.notice import deliver, signature, signed_headers, slack_body, webhook_body
from driftgate.safety.findings import redact_report
from driftgate.safety.redact import Redactor

MIXED = view_of(redact_report(samples.mixed(), Redactor()))


def test_a_webhook_gets_names_and_no_values() -> None:
    tree = json.loads(webhook_body(MIXED, "2026-11-24T00:00:00Z", {"run": "https://x.y/1"}))
    assert tree["verdict"]["headline"] == "Drift: 1 critical · 2 high · 2 medium"
    assert tree["by_severity"] == {"critical": 1, "high": 2, "medium": 2}
    assert tree["units_not_read"] == ["live/dns"]
    assert [finding["address"] for finding in tree["findings"]][1] == 'module.web.aws_security_group.web["blue"]'
    assert tree["findings_left_out"] == 0
    text = json.dumps(tree)
    assert "Tr0ub4dor" not in text
    assert "rds-ca" not in text


def test_many_findings_are_counted() -> None:
    tree = json.loads(webhook_body(view_of(samples.large(500)), "", {}))
    assert (len(tree["findings"]), tree["findings_left_out"]) == (100, 400)


def test_the_signature_is_of_time_and_body() -> None:
    body = b'{"a":1}'
    expected = hmac.new(b"secret", b'2026.{"a":1}', hashlib.sha256).hexdigest()
    assert signature("secret", "2026", body) == f"sha256={expected}"
    assert signed_headers("secret", "2026", body)["X-Driftgate-Signature-256"] == f"sha256={expected}"
    assert "X-Driftgate-Signature-256" not in signed_headers("", "2026", body)


def test_slack_blocks() -> None:
    tree = json.loads(slack_body(MIXED, {"run": "https://x.y/1", "bad": "javascript:x"}))
    assert tree["text"] == MIXED.verdict.headline
    assert tree["blocks"][0]["text"]["text"].startswith(":red_circle: *Drift: 1 critical")
    assert "`aws_sqs_queue.jobs` in `live/app`: the object is gone" in tree["blocks"][1]["text"]["text"]
    assert tree["blocks"][2]["elements"][0]["text"] == "<https://x.y/1|run>"


@settings(deadline=None, max_examples=40)
@given(reports)
def test_nobody_is_called_and_nothing_is_too_long(report: samples.Report) -> None:
    tree = json.loads(slack_body(view_of(report), {}))
    for block in tree["blocks"]:
        text = block["text"]["text"]
        assert len(text) <= 3_000
        assert "<" not in text
    json.loads(webhook_body(view_of(report), "", {}))


def test_it_arrives_as_it_was_signed_and_the_address_is_never_shown() -> None:
    got: list[Request] = []

    def answer(request: Request) -> Answer:
        got.append(request)
        return Answer(200 if len(got) == 1 else 403, b"ok")

    with serve(answer) as url:
        deliver(f"{url}/services/T0/S3CRET?x=1", b"{}", {"X-Driftgate-Sent": "now"}, {}, lambda _: None)
        with pytest.raises(PostError, match="answered 403") as failed:
            deliver(f"{url}/services/T0/S3CRET", b"{}", {}, {}, lambda _: None)
    assert (got[0].method, got[0].path, got[0].body) == ("POST", "/services/T0/S3CRET?x=1", b"{}")
    assert got[0].headers["X-Driftgate-Sent"] == "now"
    assert "S3CRET" not in str(failed.value)


@pytest.mark.parametrize("path", ["/bot1:S3CRET/send?x=1:2", "//host:80/S3CRET"], ids=["a colon", "two slashes"])
def test_a_path_is_not_taken_for_another_address(path: str) -> None:
    got: list[Request] = []
    with serve(lambda request: got.append(request) or Answer(200, b"ok")) as url:
        deliver(f"{url}{path}", b"{}", {}, {}, lambda _: None)
    assert got[0].path == f"/{path.lstrip('/')}"


def test_a_name_and_password_are_sent_and_not_shown() -> None:
    got: list[Request] = []
    with serve(lambda request: got.append(request) or Answer(403, b"no")) as url:
        address = url.replace("://", "://me:S3%40CRET@")
        with pytest.raises(PostError, match="answered 403") as failed:
            deliver(f"{address}/hook", b"{}", {}, {}, lambda _: None)
    assert got[0].headers["Authorization"] == "Basic bWU6UzNAQ1JFVA=="
    assert "CRET" not in str(failed.value)


@pytest.mark.parametrize(
    "address", ["hooks", "https://[S3CRET", "https://hooks.test:99999/S3CRET", "https://h t/S3CRET"]
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(PostError, match="is no URL") as failed:
        deliver(address, b"", {}, {}, lambda _: None)
    assert "S3CRET" not in str(failed.value)

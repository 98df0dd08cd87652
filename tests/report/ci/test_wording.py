from __future__ import annotations

from dataclasses import replace

from report import samples

from driftgate.report.build import view_of
from driftgate.report.ci.wording import failure, file_and_lines, sentence


def sentences(report: samples.Report) -> list[str]:
    return [sentence(row) for row in view_of(report).rows]


def test_what_changed_why_and_what_apply_does() -> None:
    assert sentences(samples.mixed())[1] == (
        'module.web.aws_security_group.web["blue"] (reverted-by-apply): ingress: + tcp 22 0.0.0.0/0; '
        'tags.Owner: "platform" → "nobody". opens port 22 to the world. apply would update it in place'
    )


def test_no_value_of_a_secret_or_of_free_text() -> None:
    database = next(text for text in sentences(samples.mixed()) if "aws_db_instance" in text)
    assert "password: (sensitive, changed)" in database
    assert "Tr0ub4dor" not in database
    assert "rds-ca" not in database


def test_many_attributes_are_counted() -> None:
    changes = tuple(samples.changed(f"tags.k{n}", "a", "b", samples.Severity.LOW) for n in range(8))
    row = view_of(
        samples.report(replace(samples.NETWORK, findings=(replace(samples.BUCKET, attributes=changes),)))
    ).rows[0]
    assert "; 3 more" in sentence(row)


def test_a_place_for_what_stands_nowhere() -> None:
    rows = {row.type: row for row in view_of(samples.mixed()).rows}
    assert file_and_lines(rows["aws_sqs_queue"].place, "live/app") == ("live/app/queues.tf", 1, 6)
    assert file_and_lines(rows["aws_kms_key"].place, "live/app") == ("live/app/main.tf", 1, 1)
    assert file_and_lines(None, ".") == ("main.tf", 1, 1)


def test_a_failure_names_the_next_step() -> None:
    unit = view_of(samples.mixed()).failures[0]
    assert failure(unit) == (
        'live/dns could not be read: S3 bucket "acme-tfstate-old" does not exist. '
        "Next: create it or correct `bucket` in the backend block"
    )
    assert failure(replace(unit, workspace="prod", next_step="")).startswith("live/dns in workspace prod could not")

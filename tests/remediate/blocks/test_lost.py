from __future__ import annotations

from dataclasses import replace

from remediate.blocks.test_same_object import come, gone

from driftgate.address import Address
from driftgate.hcl.edit import Edit
from driftgate.remediate.adopt.objects import Adopted, Adoption, NotAdopted, Wanted
from driftgate.remediate.blocks.lost import steps, wanted
from driftgate.remediate.trace.wanted import Change

BUCKET = replace(come("aws_s3_bucket.logs", bucket="logs"), type="aws_s3_bucket")
TOPIC = replace(come("aws_sns_topic.t", name="t"), type="aws_sns_topic")
VPC = replace(come("aws_vpc.main", cidr_block="10.0.0.0/16"), type="aws_vpc")
LOGS = Wanted("aws_s3_bucket", "logs", Address.parse("aws_s3_bucket.logs"))


def test_nothing_is_to_be_created() -> None:
    assert wanted([gone("box.a", name="x")], {}) == ({}, [])


def test_what_has_an_id_is_looked_for_and_the_rest_says_why() -> None:
    found, unknown = wanted([BUCKET, TOPIC, VPC], {})

    assert found == {LOGS: BUCKET}
    assert [(item.finding.address, item.reason.partition(";")[0]) for item in unknown] == [
        ("aws_sns_topic.t", "its import ID is known only after apply"),
        ("aws_vpc.main", "no rule tells its import ID"),
    ]
    assert unknown[1].reason.endswith("dg remediate adopt --unit app 'aws_vpc.main=ID'")


def test_what_is_there_is_a_step_and_what_is_not_is_new() -> None:
    change = Change("main.tf", "", (Edit(0, 0, "import {}\n"),))
    there = Adoption((Adopted(LOGS, Address.parse("aws_s3_bucket.logs"), "main.tf"),), changes={LOGS: change})
    ((item,), left) = steps(there, {LOGS: BUCKET})

    assert (item.finding, item.change, dict(item.acts), left) == (BUCKET, change, {"aws_s3_bucket.logs": "no-op"}, [])
    assert steps(Adoption(left=(NotAdopted(LOGS, "there is none", absent=True),)), {LOGS: BUCKET}) == ([], [])
    other = Adoption(left=(NotAdopted(LOGS, "it exists, but"),))
    assert [one.reason for one in steps(other, {LOGS: BUCKET})[1]] == ["it exists, but"]

from __future__ import annotations

import pytest

from driftgate.finding import Mark
from driftgate.remediate.adopt.import_ids import FORMATS, import_id, place_of

AWS = {"partition": "aws", "domain": "amazonaws.com"}
PLACE = {"account": "123456789012", "region": "eu-west-1", **AWS}
ROUTE = {"route_table_id": "rtb-1", "destination_cidr_block": None, "destination_ipv6_cidr_block": "::/0"}
CASES = [
    pytest.param("aws_no_such_thing", {"name": "x"}, None, id="no-rule"),
    pytest.param("aws_security_group", {"name": "web"}, None, id="only-the-cloud-knows"),
    pytest.param("aws_s3_bucket", {"bucket": "logs"}, "logs", id="one-argument"),
    pytest.param("aws_s3_bucket", {"bucket": Mark.UNKNOWN}, None, id="known-after-apply"),
    pytest.param("aws_s3_bucket", {"bucket": ""}, None, id="empty"),
    pytest.param("aws_s3_bucket_policy", {"bucket": "logs", "policy": "{}"}, "logs", id="part-of-a-bucket"),
    pytest.param("aws_iam_role_policy", {"role": "app", "name": "read"}, "app:read", id="colon"),
    pytest.param("aws_iam_role_policy_attachment", {"role": "a", "policy_arn": "arn:p"}, "a/arn:p", id="slash"),
    pytest.param("aws_cloudwatch_log_subscription_filter", {"log_group_name": "g", "name": "n"}, "g|n", id="bar"),
    pytest.param("aws_iam_policy", {"path": "/x/", "name": "p"}, "arn:aws:iam::123456789012:policy/x/p", id="arn"),
    pytest.param("aws_sns_topic", {"name": "t"}, "arn:aws:sns:eu-west-1:123456789012:t", id="arn-in-a-region"),
    pytest.param("aws_sqs_queue", {"name": "q"}, "https://sqs.eu-west-1.amazonaws.com/123456789012/q", id="url"),
    pytest.param("aws_route", ROUTE, "rtb-1_::/0", id="the-first-that-has-a-value"),
    pytest.param("aws_route", {"route_table_id": "rtb-1"}, None, id="none-has-a-value"),
]


@pytest.mark.parametrize(("type", "values", "expected"), CASES)
def test_an_id_is_made_of_the_arguments(type: str, values: dict[str, object], expected: str | None) -> None:
    assert import_id(type, values, PLACE) == expected


def test_china_has_other_arns_and_hosts() -> None:
    place = place_of(["arn:aws-cn:sns:cn-north-1:123456789012:t"])

    assert import_id("aws_sqs_queue", {"name": "q"}, place) == (
        "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q"
    )
    assert import_id("aws_sns_topic", {"name": "t"}, place) == "arn:aws-cn:sns:cn-north-1:123456789012:t"


def test_without_a_place_an_arn_is_not_known() -> None:
    assert import_id("aws_sns_topic", {"name": "t"}, {}) is None


def test_the_table_covers_the_common_types() -> None:
    assert len(FORMATS) >= 25
    assert all(format.count("{") == format.count("}") > 0 for format in FORMATS.values())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param(["arn:aws:iam::123456789012:role/x"], {"account": "123456789012", **AWS}, id="no-region"),
        pytest.param(
            [{"a": ["arn:aws:sns:eu-west-1:123456789012:t"]}],
            PLACE,
            id="deep",
        ),
        pytest.param(
            ["arn:aws:sns:eu-west-1:123456789012:t", "arn:aws:sns:eu-north-1:123456789012:t"],
            {"account": "123456789012", **AWS},
            id="two-regions-are-none",
        ),
        pytest.param(
            ["arn:aws-us-gov:sns:us-gov-west-1:123456789012:t"],
            {
                "account": "123456789012",
                "region": "us-gov-west-1",
                "partition": "aws-us-gov",
                "domain": "amazonaws.com",
            },
            id="another-partition",
        ),
        pytest.param(["arn:aws:iam::aws:policy/ReadOnlyAccess"], {}, id="aws-itself-is-no-account"),
    ],
)
def test_account_and_region_are_those_of_the_unit(values: list[object], expected: dict[str, str]) -> None:
    assert place_of(values) == expected

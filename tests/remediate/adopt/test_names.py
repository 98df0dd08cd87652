from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import lay

from driftgate.discover.repo import Repo
from driftgate.remediate.adopt.names import file_for, own_name, resource_name


def block(*names: str, type: str = "aws_s3_bucket") -> str:
    return "".join(f'resource "{type}" "{name}" {{}}\n' for name in names)


KNOWN = [("aws_s3_bucket", name, {"bucket": f"acme-{name.replace('_', '-')}"}) for name in ("web_assets", "logs")]
NAMES = [
    pytest.param("", "acme-uploads", [], "acme_uploads", id="an-empty-unit"),
    pytest.param(block("web_assets"), "acme-uploads", [], "acme_uploads", id="lines"),
    pytest.param(block("web-assets"), "acme_uploads", [], "acme-uploads", id="dashes"),
    pytest.param(block("web_assets", "logs"), "acme-uploads", KNOWN, "uploads", id="a-prefix-that-names-leave-out"),
    pytest.param(block("web_assets"), "other-uploads", KNOWN, "other_uploads", id="another-prefix-stays"),
    pytest.param(block("uploads", "logs"), "acme-uploads", KNOWN, "uploads_2", id="taken"),
    pytest.param(block("this", type="aws_sqs_queue"), "jobs", [], "this", id="one-of-each-type"),
    pytest.param(block("this"), "jobs", [], "jobs", id="this-is-taken"),
    pytest.param("", "10.0.0.0/16", [], "_10_0_0_0_16", id="begins-with-a-digit"),
    pytest.param("", "///", [], "adopted", id="no-letters"),
]


@pytest.mark.parametrize(("source", "called", "known", "expected"), NAMES)
def test_a_name_is_as_the_repo_would_give_it(
    tmp_path: Path, source: str, called: str, known: list[tuple[str, str, Any]], expected: str
) -> None:
    lay(tmp_path, {"main.tf": source})
    module = Repo(tmp_path, {}).module(".", "terraform")

    assert resource_name("aws_s3_bucket", called, module, known) == expected


def test_two_new_ones_do_not_share_a_name(tmp_path: Path) -> None:
    module = Repo(tmp_path, {}).module(".", "terraform")

    assert resource_name("aws_vpc", "main", module, [], also={"main"}) == "main_2"


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        pytest.param({}, "vpc-1", id="its-id"),
        pytest.param({"name": "n"}, "n", id="its-name"),
        pytest.param({"name": "n", "tags": {"Name": "t"}}, "t", id="its-name-tag"),
        pytest.param({"name": "", "bucket": "b", "tags": None}, "b", id="empty"),
    ],
)
def test_what_people_call_it(live: dict[str, Any], expected: str) -> None:
    assert own_name(live, "vpc-1") == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, "app/main.tf", id="none"),
        pytest.param({"app/s3.tf": block("a")}, "app/s3.tf", id="of-the-type"),
        pytest.param(
            {"app/a.tf": block("a"), "app/b.tf": block("b", "c")}, "app/b.tf", id="where-most-of-the-type-are"
        ),
        pytest.param(
            {"app/a.tf": block("q", type="aws_sqs_queue"), "app/b.tf": block("p", type="aws_s3_bucket_policy")},
            "app/b.tf",
            id="of-the-service",
        ),
        pytest.param({"app/a.tf.json": "{}", "app/x_override.tf": block("a")}, "app/main.tf", id="never-there"),
    ],
)
def test_the_file_for_a_block(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    lay(tmp_path, {"app/versions.tf": "", **files})

    assert file_for(Repo(tmp_path, {}).module("app", "terraform"), "aws_s3_bucket") == expected

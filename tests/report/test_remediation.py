from __future__ import annotations

import json
from dataclasses import replace

import pytest
from remediate.repos import only

from driftgate.finding import AttributeChange, DriftClass, Finding, Report, Severity, UnitResult, UnitStatus
from driftgate.remediate.execute.document import FORMAT_VERSION, PatchedFile
from driftgate.remediate.plan import propose
from driftgate.remediate.step import Facts, RemediationPlan
from driftgate.report.remediation import headline, to_json, to_text


def finding(address: str, cls: DriftClass, unit: str = "live/app") -> Finding:
    attributes = (AttributeChange("size", cls, Severity.HIGH, 1, 2, 1),)
    return Finding(unit, "default", address, "aws_x", cls, Severity.HIGH, attributes)


FINDINGS = [
    replace(finding("aws_x.a", DriftClass.REVERTED_BY_APPLY), actions=("delete", "create")),
    finding("aws_x.b", DriftClass.OUTSIDE_CODE),
    finding("aws_x.c", DriftClass.UNMANAGED),
]
NEEDS = {"live/app": {"aws_y.z": frozenset({"aws_x.a"})}}
TABLE = """\
1.  revert  aws_x.a  live/app
    destroys it and creates it anew for size
      $ terraform -chdir=live/app plan -out=revert.tfplan -target=aws_x.a
      $ terraform -chdir=live/app apply revert.tfplan
    risk    destroys the object and what is in it
    depend  aws_y.z
    undo    the live values are in the report: set them by hand
    accept  no patch was made
    adopt   it is managed already
    move    the plan does not destroy it for another address
    forget  the object is there: --strategy forget ends its management and leaves it without an owner
    ignore  possible too: --strategy ignore

2.  accept  aws_x.b  live/app
    records in the state what is there, changing nothing
      $ terraform -chdir=live/app apply -refresh-only -target=aws_x.b
    undo    nothing was changed
    revert  the code does not say how it should be: an apply leaves it alone
    adopt   it is managed already
    move    the plan does not destroy it for another address
    forget  the object is there: --strategy forget ends its management and leaves it without an owner
    ignore  possible too: --strategy ignore

left to you
  aws_x.c  live/app  unmanaged
    revert  nothing that an apply could put back
    accept  nothing that the code could say
    adopt   name it: dg remediate adopt --unit live/app aws_x=ID
    move    the plan does not destroy it for another address
    forget  the object is there: --strategy forget ends its management and leaves it without an owner
    ignore  possible: --strategy ignore

2 steps (1 accept, 1 revert), 1 finding left
"""


@pytest.fixture
def plan() -> RemediationPlan:
    return propose(FINDINGS, Facts(), dependencies=NEEDS)


def test_nothing_to_do() -> None:
    assert to_text(RemediationPlan((), ()), "table") == "0 steps\n"
    assert headline(RemediationPlan((), ())) == "0 steps"


def test_table(plan: RemediationPlan) -> None:
    assert to_text(plan, "table") == TABLE


def test_markdown_warns_and_fences(plan: RemediationPlan) -> None:
    text = to_text(plan, "markdown")

    assert text.startswith("**2 steps (1 accept, 1 revert), 1 finding left**\n")
    assert "### 1. revert `aws_x.a`" in text
    assert "> [!CAUTION]\n> This destroys the object" in text
    assert "```sh\nterraform -chdir=live/app plan -out=revert.tfplan -target=aws_x.a\n" in text
    assert "- `aws_x.c` in `live/app` (unmanaged)\n  - revert: nothing that an apply could put back\n" in text
    assert "\n\n\n" not in text


def test_a_patch_is_shown_as_a_diff() -> None:
    found = finding("aws_x.a", DriftClass.REVERTED_BY_APPLY)
    facts = Facts(patches={found.fingerprint: "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-size = 1\n+size = 2\n"}, proved=True)
    plan = propose([found], facts, choose=only("accept"))

    assert "(proved by a plan)" in to_text(plan, "table")
    assert "      +size = 2\n" in to_text(plan, "table")
    assert "```diff\n--- a/x" in to_text(plan, "markdown")
    assert "\x1b[32m+size = 2" in to_text(plan, "table", color=True)


def test_json_is_versioned_and_complete(plan: RemediationPlan) -> None:
    version = {"path": "live/app", "workspace": "default", "identity": "s3://b/k", "tool": "terraform"}
    version |= {"serial": 7, "lineage": "l"}
    units = tuple(
        UnitResult(path, "default", UnitStatus.OK, identity="s3://b/k", serial=7, lineage="l")
        for path in ("live/app", "live/other")
    )
    report = Report(units, "plan", "2026-01-01T00:00:00Z", 0.0)
    files = [[PatchedFile("a.tf", "1", "2")], []]

    document = json.loads(to_json(plan, report, files=files, var_files=["3"]))

    assert (document["format_version"], document["created"]) == (FORMAT_VERSION, "2026-01-01T00:00:00Z")
    assert (document["units"], document["var_files"]) == ([version], ["3"])
    assert [step["files"] for step in document["steps"]] == [[{"path": "a.tf", "before": "1", "after": "2"}], []]
    assert [(step["changes"], step["actions"]) for step in document["steps"]] == [
        (["size"], ["delete", "create"]),
        ([], []),
    ]
    first = document["steps"][0]
    assert first["number"] == 1
    assert first["risk"] == {"destroys": True, "impact": ["aws_y.z"]}
    assert first["commands"][0][:2] == ["terraform", "-chdir=live/app"]
    assert document["left"][0]["reasons"]["ignore"] == "possible: --strategy ignore"

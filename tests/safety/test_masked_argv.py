from __future__ import annotations

import pytest

from driftgate.safety.masked_argv import masked_argv
from driftgate.safety.redact import Redactor

M = "(sensitive)"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["apply", "-auto-approve", "-target=aws_s3_bucket.a"], None, id="no secret in it"),
        pytest.param(["plan", "-var-file=prod.tfvars", "-var-file", "x"], None, id="files of variables"),
        pytest.param(["plan", "-var", "a=b"], ["plan", "-var", f"a={M}"], id="-var A=B"),
        pytest.param(["plan", "-var=a=b=c"], ["plan", f"-var=a={M}"], id="-var=A=B"),
        pytest.param(["plan", "--var=a=b"], ["plan", f"--var=a={M}"], id="two dashes"),
        pytest.param(["plan", "-var", "oops"], ["plan", "-var", M], id="-var without a name"),
        pytest.param(["plan", "-var"], None, id="-var at the end"),
        pytest.param(["init", "-backend-config=prod.hcl"], None, id="-backend-config FILE"),
        pytest.param(["init", "-backend-config", "bucket=states"], None, id="a place"),
        pytest.param(["init", "-backend-config=password=x"], ["init", f"-backend-config=password={M}"], id="a secret"),
        pytest.param(
            ["init", "-backend-config", "conn_str=postgres://u:p@h/db"],
            ["init", "-backend-config", f"conn_str={M}"],
            id="a connection string",
        ),
        pytest.param(["init", "-backend-config=anything=x"], ["init", f"-backend-config=anything={M}"], id="unknown"),
        pytest.param(["import", "x.y", "AKIAIOSFODNN7EXAMPLE"], ["import", "x.y", M], id="the shape of a key"),
        pytest.param(["variable", "var", "a=b"], None, id="no option"),
    ],
)
def test_masked(typed: list[str], written: list[str] | None) -> None:
    assert masked_argv(typed) == (typed if written is None else written)


def test_what_a_redactor_knows_is_masked_too() -> None:
    redactor = Redactor()
    redactor.add("correct-horse-battery")

    assert masked_argv(["import", "a.b", "correct-horse-battery"], redactor) == ["import", "a.b", M]

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from terraform_cli import apply, needs_terraform, terraform

from driftgate.tfexec.plan import PlanError
from driftgate.tfexec.planfile import PlanFile, read_plan_file


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_which_state_it_was_made_from() -> None:
    data = archive(tfplan=b"\x08\x03", tfstate=b'{"version":4,"serial":7,"lineage":"l","resources":[]}')

    assert read_plan_file(data) == PlanFile(hashlib.sha256(data).hexdigest(), "l", 7)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"format_version":"1.2"}', id="a JSON plan"),
        pytest.param(archive(other=b""), id="another archive"),
        pytest.param(archive(tfplan=b""), id="without a state"),
        pytest.param(archive(tfplan=b"", tfstate=b"{"), id="a broken state"),
        pytest.param(archive(tfplan=b"", tfstate=b'{"serial":"x"}'), id="no state"),
        pytest.param(archive(tfplan=b"x" * 999, tfstate=b"{}")[:-40], id="cut off"),
    ],
)
def test_what_is_no_plan(data: bytes) -> None:
    with pytest.raises(PlanError, match="not a saved plan"):
        read_plan_file(data)


@needs_terraform
def test_a_plan_of_the_real_terraform(tmp_path: Path) -> None:
    apply(tmp_path, 'resource "terraform_data" "x" {\n  input = "one"\n}\n')
    terraform(tmp_path, "plan", "-out=p", "-destroy")
    state = json.loads((tmp_path / "terraform.tfstate").read_text())

    found = read_plan_file((tmp_path / "p").read_bytes())

    assert (found.lineage, found.serial) == (state["lineage"], state["serial"])

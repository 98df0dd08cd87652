from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from wrap.hooks.conftest import Found, write

STATE = json.dumps(
    {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}, "resources": []}
)
PLAN = json.dumps({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}})
SHOWN = json.dumps({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {}}})


def planfile() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("tfplan", "x")
        archive.writestr("tfstate", "x")
    return data.getvalue()


def other_zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("index.js", "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("main.tf", 'resource "x" "y" {}'),
        ("docs/what.tfstate.md", "about states"),
        ("a.tfstate.tf", "x"),
        (".terraform.lock.hcl", "x"),
        ("package.json", '{"serial": 1, "lineage": "x"}'),
        ("versions.json", '{"terraform_version": "1.11"}'),
        pytest.param("function.zip", other_zip(), id="a zip that is no plan"),
        ("empty", b""),
        pytest.param("binary", bytes(range(256)), id="binary"),
        ("tfplan.py", "x"),
    ],
)
def test_what_may_be_committed(worktree: Path, found: Found, name: str, content: str | bytes) -> None:
    write(worktree, {name: content})
    assert found("dg-no-state", name) == []


@pytest.mark.parametrize(
    "name",
    [
        "terraform.tfstate",
        "a/b/prod.tfstate",
        "errored.tfstate",
        "terraform.tfstate.backup",
        "terraform.tfstate.1700000000.backup",
        "x.tfstate.zst",
        "x.tfstate.zst.age",
        ".terraform.tfstate.lock.info",
        "a/.terraform/terraform.tfstate",
        ".terraform/modules/modules.json",
        "crash.log",
    ],
)
def test_states_by_name(worktree: Path, found: Found, name: str) -> None:
    write(worktree, {name: ""})
    assert found("dg-no-state", name) == [("no-state", name, 0)]


@pytest.mark.parametrize("name", ["my.tfplan", "a/tfplan", "x.tfplan.json"])
def test_plans_by_name(worktree: Path, found: Found, name: str) -> None:
    write(worktree, {name: ""})
    assert found("dg-no-state", name) == [("no-plan", name, 0)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (STATE, "no-state"),
        ("\ufeff\n " + STATE, "no-state"),
        (json.dumps(json.loads(STATE), indent=4, sort_keys=True), "no-state"),
        (PLAN, "no-plan"),
        (SHOWN, "no-state"),
        (planfile(), "no-plan"),
    ],
    ids=["state", "byte order mark", "sorted", "plan as JSON", "show -json", "plan file"],
)
def test_whatever_it_is_called(worktree: Path, found: Found, content: str | bytes, rule: str) -> None:
    write(worktree, {"notes.txt": content})
    assert found("dg-no-state", "notes.txt") == [(rule, "notes.txt", 0)]


def test_a_file_that_is_gone(found: Found) -> None:
    assert found("dg-no-state", "nowhere.json") == []

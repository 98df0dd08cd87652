"""A state diff in every format: the whole texts, the published schemas, hostile names, the budget."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from report.strategies import texts
from report.test_formats import SUFFIX
from report.test_state_diff import AFTER, BEFORE, tree
from state.documents import instance, resource, state

from driftgate.finding import SourceRange
from driftgate.report.comment import BUDGET
from driftgate.report.formats import FORMATS as REPORT_FORMATS
from driftgate.report.formats import Look
from driftgate.report.state_diff import CHANGES, Code
from driftgate.report.state_diff_formats import FORMATS, to_text

SCHEMAS = Path(__file__).parents[1] / "schemas"
SARIF = jsonschema.Draft7Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text()))
JUNIT = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
CODE = Code("live/app", {"aws_x.a": SourceRange("live/app/a.tf", 3, 9)}.get)

values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda inner: st.lists(inner, max_size=2))
sides = st.fixed_dictionaries({"path": texts}, optional={"before": values, "after": values})


def _item(change: str, address: str, attributes: list[dict[str, Any]], *, tainted: bool) -> dict[str, Any]:
    return {
        "address": address, "previous_address": address if change == "moved" else None, "deposed": None, "change": change,
        "mode": "managed", "type": address, "provider": address, "previous_provider": address if tainted else None,
        "id": address, "tainted": tainted, "attributes": attributes, "metadata": ["status"] if tainted else [],
    }  # fmt: skip


def _tree(resources: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    meta = {"serial": 1, "lineage": "l", "terraform_version": "1"}
    counts = {change: sum(item["change"] == change for item in resources) for change in CHANGES}
    summary = {**counts, "outputs": len(outputs)}
    return {"format_version": "1.0", "before": meta, "after": meta, "relation": "newer", "summary": summary,
            "resources": resources, "outputs": outputs}  # fmt: skip


items = st.builds(
    _item, st.sampled_from(CHANGES), texts, st.lists(sides, max_size=7), tainted=st.booleans()
)  # fmt: skip
outputs = st.builds(
    lambda name, before, after: {"name": name, "change": "changed", "sensitive": False, "before": before, "after": after},
    texts, values, values,
)  # fmt: skip
trees = st.builds(_tree, st.lists(items, max_size=4), st.lists(outputs, max_size=2))


def test_a_state_diff_has_the_formats_of_a_report() -> None:
    assert list(FORMATS) == list(REPORT_FORMATS)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["same", "changed"])
def test_whole_texts(name: str, format: str, golden: Callable[[str, str], None]) -> None:
    made = tree(BEFORE, BEFORE if name == "same" else AFTER)
    golden(f"state-diff-{name}.{SUFFIX[format]}", to_text(made, format, code=CODE))


@pytest.mark.parametrize("format", FORMATS)
def test_no_secret_in_any_format(format: str) -> None:
    text = to_text(tree(BEFORE, AFTER), format)
    assert "hunter" not in text


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees)
def test_any_diff_in_any_format(format: str, tree: dict[str, Any]) -> None:
    text = to_text(tree, format, code=CODE)
    text.encode()
    assert text.endswith("\n")
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)
    assert text == to_text(tree, format, code=CODE)


@settings(max_examples=25)
@given(trees)
def test_any_diff_keeps_the_published_schemas(tree: dict[str, Any]) -> None:
    SARIF.validate(json.loads(to_text(tree, "sarif", code=CODE)))
    JUNIT.validate(to_text(tree, "junit", code=CODE))


def test_results_are_notes_on_the_block_or_on_the_unit() -> None:
    run = json.loads(to_text(tree(BEFORE, AFTER), "sarif", code=CODE))["runs"][0]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert {result["level"] for result in run["results"]} == {"note"}
    assert run["automationDetails"]["id"] == "driftgate/state/live/app/"
    assert places[0]["artifactLocation"]["uri"] == "live/app/a.tf"
    assert places[0]["region"] == {"startLine": 3, "endLine": 9}
    assert places[1]["artifactLocation"]["uri"] == "live/app/main.tf"


def test_fingerprints_name_no_values() -> None:
    one, other = (state(resource("a", instance("1", note=note))) for note in ("b", "c"))
    found = [
        [
            issue["fingerprint"]
            for issue in json.loads(to_text(tree(state(resource("a", instance("1"))), side), "gitlab"))
        ]
        for side in (one, other)
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_the_budget_is_kept_by_whole_rows_and_the_rest_is_counted() -> None:
    long = [resource(f"{'r' * 100}{n}", instance(str(n))) for n in range(1_000)]
    text = to_text(tree(state(), state(*long)), "markdown")
    assert len(text.encode()) <= BUDGET
    assert "… and 800 more changes: `-o html` shows all of them." in text
    assert all(line.endswith("|") for line in text.splitlines() if line.startswith("|"))


def test_a_review_shows_harmless_values_and_those_that_the_settings_name() -> None:
    before, after = (state(resource("a", instance("1", note=text, size=size))) for text, size in (("b", 1), ("c", 2)))
    shown = to_text(tree(before, after), "markdown")
    assert "`note` changed<br>`size` `1 → 2`" in shown
    assert '`"b" → "c"`' in to_text(tree(before, after), "markdown", Look(show_values=("note",)))


def test_no_cell_is_a_formula() -> None:
    before, after = (state(resource("a", instance("1", **{"=cmd()": n}))) for n in (1, -2))
    rows = list(csv.DictReader(io.StringIO(to_text(tree(before, after), "csv"))))
    assert [(row["attribute"], row["is"]) for row in rows] == [('["=cmd()"]', "'-2")]


def test_templates_of_ones_own(tmp_path: Path) -> None:
    for name in ("state_diff.txt.j2", "state_diff.md.j2", "state_diff.html.j2"):
        (tmp_path / name).write_text("mine: {{ view.headline }}\n")
    made = tree(BEFORE, BEFORE)
    for format in ("table", "markdown", "html"):
        assert to_text(made, format, Look(template_dirs=(tmp_path,))) == "mine: serial 7: no differences\n"

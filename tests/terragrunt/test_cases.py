from __future__ import annotations

import json
from pathlib import Path

import pytest
from terragrunt.cases import Case, at, found, read_cases

FILES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
CASES = [pytest.param(case, id=case.name) for file in FILES for case in read_cases(file)]


def test_there_are_enough() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case, tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    case.lay_out(root)

    for kind, unit, path, text in case.expected:
        wanted = text.replace("{ROOT}", root.as_posix())
        document = found(case, root, kind, unit)
        if kind == "error":
            assert isinstance(document, str), document
            assert wanted.strip() in document
        else:
            assert not isinstance(document, str), document
            assert at(document, path) == json.loads(wanted)

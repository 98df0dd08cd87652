"""Small repos in text files: `=== rule name`, then `--- path` and that file's text, then what is expected of it.

Expectations: `--- render UNIT[: path]` and `--- unit UNIT[: path]` are JSON (`{ROOT}` is the repo's folder), `--- units`
lists the units' paths, `--- error UNIT` is a part of the message, `--- options` sets command, features, env and outputs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from driftgate.discover.units import discover
from driftgate.hcl.error import HclError
from driftgate.hcl.values import EvaluationError
from driftgate.report.units_view import to_json
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.error import as_terragrunt_error
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.render import rendered
from driftgate.terragrunt.session import Session

_WORDS = ("render", "unit", "units", "error", "options", "queue")


@dataclass(slots=True)
class Case:
    """One repo: its files, and the expectations as kind, unit, path into the document and text."""

    name: str
    files: dict[str, str] = field(default_factory=dict)
    expected: list[tuple[str, str, str, str]] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    def lay_out(self, root: Path) -> None:
        """Write the files into an empty git repo at `root`."""
        (root / ".git").mkdir(exist_ok=True)
        for name, text in self.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    def session(self, root: Path) -> Session:
        """The session that the case's options ask for."""
        outputs = self.options.get("outputs")
        return Session(
            Files(root.as_posix()),
            self.options.get("env", {}),
            command=self.options.get("command", "plan"),
            features=self.options.get("features", {}),
            outputs=None if outputs is None else lambda folder: outputs.get(Path(folder).relative_to(root).as_posix()),
        )


def read_cases(file: Path) -> list[Case]:
    """The cases of a file."""
    cases: list[Case] = []
    for chunk in file.read_text().split("\n=== ")[1:]:
        name, _, rest = chunk.partition("\n")
        case = Case(name.strip())
        for part in rest.split("--- ")[1:]:
            title, _, text = part.partition("\n")
            word, _, target = title.strip().partition(" ")
            if word == "options":
                case.options = json.loads(text)
            elif word in _WORDS:
                unit, _, path = target.partition(": ")
                case.expected.append((word, unit, path, text))
            else:
                case.files[title.strip()] = text
        assert case.expected, name
        cases.append(case)
    return cases


def found(case: Case, root: Path, kind: str, unit: str) -> Any:
    """What there is of a kind for a unit: a document, or the text of an error."""
    if kind in ("units", "unit"):
        units = json.loads(to_json(discover(root, env=case.options.get("env", {})), (), root_is_git=True))["units"]
        return [u["path"] for u in units] if kind == "units" else next(u for u in units if u["path"] == unit)
    session = case.session(root)
    folder = (root / unit).as_posix()
    try:
        document = rendered(open_unit(session, folder))
    except HclError as error:
        return error.message
    except (EvaluationError, RecursionError) as error:
        return as_terragrunt_error(error, session.files.shown(session.files.unit_file(folder))).message
    return document


def at(document: Any, path: str) -> Any:
    """The part of a document at a dotted path."""
    for step in filter(None, path.split(".")):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document

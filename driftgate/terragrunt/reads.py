"""Which files a unit reads: its own, those it includes, and whatever their functions open."""

from __future__ import annotations

from contextlib import suppress

from driftgate.errors import DriftgateError
from driftgate.hcl.values import EvaluationError
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.render import rendered
from driftgate.terragrunt.session import Session


def files_read(session: Session, folder: str) -> frozenset[str]:
    """The absolute paths of the files that the unit in `folder` reads, as far as it can be evaluated."""
    path = session.files.unit_file(folder)
    with suppress(DriftgateError, EvaluationError, RecursionError):  # what was read before an error counts too
        rendered(open_unit(session, folder))
    waiting, seen = [(path, path)], {(path, path)}
    while waiting:
        for found in session.reads.get(waiting.pop(), ()):
            if found not in seen:
                seen.add(found)
                waiting.append(found)
    return frozenset(file for file, _ in seen)

"""A plan file in a private place: what it is, what it would do, and whether the state is still the one it is from."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from driftgate import process
from driftgate.safety.approvals.statement import Bound
from driftgate.safety.private_files import create_private
from driftgate.tfexec.binary import Binary
from driftgate.tfexec.guard import read_only
from driftgate.tfexec.plan import Plan, PlanError, parse_plan
from driftgate.tfexec.planfile import PlanFile, read_plan_file
from driftgate.tfexec.reads import Terraform, show_plan
from driftgate.wrap.look import Seen
from driftgate.wrap.options import without_inserted
from driftgate.wrap.target import Target


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """`path` is ours alone: what was judged is what is applied."""

    path: Path
    file: PlanFile
    plan: Plan

    @property
    def wants_variables(self) -> bool:
        """Whether it was made with variables that no plan keeps (`ephemeral`): they must be given again to apply it.

        `show -json` of Terraform 1.10 and newer, the first with such variables, has values for all others.
        """
        version = tuple(map(int, re.findall(r"\d+", self.plan.terraform_version)[:2]))
        declared = self.plan.configuration.get("root_module", {}).get("variables", {})
        return version >= (1, 10) and not set(declared) <= set(self.plan.variables)

    def bound(self, target: Target) -> Bound:
        """What an approval of this plan is bound to."""
        return bound_to(self.file, target)

    def is_stale(self, now: Seen) -> bool:
        """Whether the state has moved since the plan was made: terraform would refuse it too, but later."""
        if now.state is None:
            return bool(self.file.lineage)
        return (now.state.lineage, now.state.serial) != (self.file.lineage, self.file.serial)


def bound_to(file: PlanFile, target: Target) -> Bound:
    """What an approval of the plan in `file` is bound to, when it is applied in `target`."""
    return Bound(file.sha256, target.identity, target.unit.backend.workspace, file.lineage, file.serial)


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of ours (0700), gone with everything in it at the end: plans hold secrets in clear."""
    with tempfile.TemporaryDirectory(prefix="dg-plan-") as folder:
        yield Path(folder)


def copy_of(path: Path, folder: Path) -> Path:
    """A private copy (0600) of the plan file at `path`. Raises PlanError when it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlanError(f"cannot read the plan {path}: {error.strerror}", next_step="name a plan file") from None
    create_private(folder / "plan", data)
    return folder / "plan"


def place_for(folder: Path) -> Path:
    """An empty private file (0600) for terraform to write a plan into: it keeps the mode of a file that is there."""
    create_private(folder / "plan", b"")
    return folder / "plan"


def read_saved(path: Path, target: Target, program: str, env: Mapping[str, str]) -> SavedPlan:
    """The plan in `path` as it would be applied in `target`. Raises PlanError or ToolError."""
    file = read_plan_file(path.read_bytes())
    binary = Binary(program, target.unit.tool, ())
    shown = show_plan(Terraform(binary, target.folder, without_inserted(env), read_only(process.run)), path)
    return SavedPlan(path, file, parse_plan(shown))

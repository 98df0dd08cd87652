"""Reads Terragrunt units: with the terragrunt binary, or laid out in a private folder and planned as root modules."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from driftgate.errors import DriftgateError
from driftgate.hcl.values import EvaluationError
from driftgate.live.base import Reading
from driftgate.live.plan import PlanReader
from driftgate.live.terragrunt_binary import BinaryReader
from driftgate.live.workdir import LOCK_FILE
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.error import as_terragrunt_error
from driftgate.terragrunt.materialise import Materialised, materialise
from driftgate.terragrunt.outlook import outlook
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.source import Fetch
from driftgate.unit import Unit, UnitKind


@dataclass(slots=True)
class TerragruntReader:
    """A LiveReader for repos with Terragrunt units: those are laid out first, all others go to `plan` as they are.

    `fetch` is asked for modules that are not on this disk. `session` gives the outputs of dependencies, and knows the
    units that stacks would generate. Units are laid out by one thread at a time: that is quick, and what is read and
    fetched for it is shared. `binary` plans the units that it can.
    """

    plan: PlanReader
    session: Session
    fetch: Fetch | None = None
    binary: BinaryReader | None = None
    _laying_out: threading.Lock = field(default_factory=threading.Lock)
    _looking: Session = field(init=False)

    def __post_init__(self) -> None:
        # What is evaluated ahead reads more, and flags more as mocked, than what a unit is laid out with.
        self._looking = self.session.with_outputs(self.session.outputs)

    def __call__(self, unit: Unit, on_read: Callable[[str], None]) -> Reading:
        if unit.kind is not UnitKind.TERRAGRUNT_UNIT:
            return self.plan(unit, on_read)
        if self.binary is None:
            return replace(self._natively(unit, on_read), planner="terraform")
        with self._laying_out:
            seen = outlook(self._looking, (self.plan.root / unit.path).as_posix(), lock_file=LOCK_FILE)
        if self.binary.always or not seen.obstacle:
            return self.binary(unit, seen, on_read)
        return replace(self._natively(unit, on_read), planner=f"terraform ({seen.obstacle})")

    def _natively(self, unit: Unit, on_read: Callable[[str], None]) -> Reading:
        with tempfile.TemporaryDirectory(prefix="driftgate-", ignore_cleanup_errors=True) as folder:
            laid_out = self._lay_out(unit, Path(folder).resolve() / "unit")
            reader = replace(
                self.plan,
                root=laid_out.tree,
                env={**self.plan.env, **laid_out.env},
                var_files=[*laid_out.var_files, *self.plan.var_files],
                enclosed=True,
            )
            path = PurePosixPath(laid_out.folder.relative_to(laid_out.tree).as_posix())
            reading = reader(replace(unit, path=path, init_items=laid_out.init_items), on_read)
            return replace(reading, notes=(*laid_out.notes, *reading.notes))

    def _lay_out(self, unit: Unit, tree: Path) -> Materialised:
        with self._laying_out:
            try:
                config = open_unit(self.session, (self.plan.root / unit.path).as_posix())
                return materialise(config, tree, fetch=self.fetch, tool=unit.tool)
            except (EvaluationError, RecursionError) as error:
                raise as_terragrunt_error(error, f"{unit.path}/terragrunt.hcl") from None
            except OSError as error:
                raise DriftgateError(f"{unit.path} cannot be laid out: {error.strerror}: {error.filename}") from None

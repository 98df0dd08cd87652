"""The default reader, Terraform's refresh: `init` if needed, `plan` without a lock, `show -json`, all in private."""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from driftgate.live.base import Reading
from driftgate.live.explain import explain
from driftgate.live.workdir import LOCK_FILE, Workdir, data_dir_of, is_initialised, private_workdir, take_record
from driftgate.process import Runner
from driftgate.tfexec import reads
from driftgate.tfexec.binary import Binary, ToolError
from driftgate.tfexec.events import Diagnostic, Event, Refreshed
from driftgate.tfexec.plan import parse_plan
from driftgate.unit import Unit

_NEEDS_INIT = re.compile(
    r"terraform init|tofu init|initialization required|not installed|no package for|"
    r"lock file|Module not installed|plugin.*(missing|not found)|Failed to (load|instantiate) (plugin|provider)",
    re.IGNORECASE,
)
NO_LOCK_FILE = f"no {LOCK_FILE}: planned with the newest provider versions that the code allows"


@dataclass(frozen=True, slots=True)
class Standing:
    """terraform in a unit that is initialised, and the variable files that every plan of it gets."""

    terraform: reads.Terraform
    var_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class PlanReader:
    """Plans units with `binary`; a LiveReader. One reader serves many units in parallel threads.

    `var_files` go to every plan; `generated` is a new file for the configuration of imported objects that the code has
    none for. With `enclosed` no code of a unit is outside `root`, else that is sure only of a git repo.
    A provider is fetched once: `init`s that need the same lock file wait for the first
    (hashicorp/terraform#31964: Terraform's plugin cache is not safe for parallel installs).
    """

    root: Path
    binary: Callable[[str], Binary]
    env: Mapping[str, str]
    run: Runner
    var_files: Sequence[str] = ()
    generated: Path | None = None
    enclosed: bool = False
    _installed: set[str] = field(default_factory=set)
    _installing: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, unit: Unit, on_read: Callable[[str], None]) -> Reading:
        unit_dir = self.root / unit.path

        def on_event(event: Event) -> None:
            if isinstance(event, Refreshed):
                on_read(event.address)

        with private_workdir(self._top(), unit_dir) as workdir:
            if is_initialised(unit_dir, self.env):
                in_place = reads.Terraform(self.binary(unit.tool), unit_dir, self.environment(unit), self.run)
                planned = self._plan(in_place, workdir, on_event)
                if planned.ok or not _needs_init(planned.errors):
                    return self._reading(in_place, planned, workdir, ())
            return self._from_scratch(unit, workdir, on_event)

    @contextmanager
    def standing(self, unit: Unit) -> Iterator[Standing]:
        """terraform where `unit` can be planned and applied: in its folder, initialised in private where it is not.

        Raises ToolError when it cannot be initialised, or would be planned with other providers than are locked.
        """
        unit_dir = self.root / unit.path
        tf = reads.Terraform(self.binary(unit.tool), unit_dir, self.environment(unit), self.run)
        if is_initialised(unit_dir, self.env):
            yield Standing(tf, tuple(self.var_files))
            return
        with tempfile.TemporaryDirectory(prefix="driftgate-", ignore_cleanup_errors=True) as folder:
            # Never in a shadow of the unit: a local state that an apply leaves there would be lost with it.
            tf = replace(tf, env={**tf.env, "TF_DATA_DIR": folder})
            prepared = self.init(tf, unit, readonly_lock=True)
            if not prepared.ok:
                cause, next_step = explain(prepared.errors, str(unit.path), unit.tool)
                raise ToolError(f"{unit.path} cannot be initialised: {cause}", next_step=next_step)
            yield Standing(tf, tuple(self.var_files))

    def schemas(self, unit: Unit) -> bytes:
        """The JSON schemas of the unit's providers. Raises ToolError."""
        unit_dir = self.root / unit.path
        with private_workdir(self._top(), unit_dir) as workdir:
            if is_initialised(unit_dir, self.env):
                return reads.providers_schema(
                    reads.Terraform(self.binary(unit.tool), unit_dir, self.environment(unit), self.run)
                )
            tf = self._private(unit, workdir)
            prepared = self.init(tf, unit, readonly_lock=not workdir.shadowed)
            if not prepared.ok:
                raise ToolError(f"{unit.path} cannot be initialised: {prepared.errors[0].summary}", next_step="init it")
            return reads.providers_schema(tf)

    def _top(self) -> Path:
        """The folder that holds all the code: modules may stand anywhere above a folder that is in no git repo."""
        return self.root if self.enclosed or (self.root / ".git").exists() else Path(self.root.anchor)

    def _private(self, unit: Unit, workdir: Workdir) -> reads.Terraform:
        env = {**self.environment(unit), "TF_DATA_DIR": str(workdir.data_dir)}
        return reads.Terraform(self.binary(unit.tool), workdir.cwd, env, self.run)

    def _from_scratch(self, unit: Unit, workdir: Workdir, on_event: Callable[[Event], None]) -> Reading:
        tf = self._private(unit, workdir)
        if unit.backend.source == "initialised":
            take_record(self.root / unit.path, self.env, workdir)
        prepared = self.init(tf, unit, readonly_lock=not workdir.shadowed)
        # Only a unit that needs providers gets a lock file from init; without any there is nothing to pin.
        notes = (NO_LOCK_FILE,) if workdir.shadowed and (workdir.cwd / LOCK_FILE).is_file() else ()
        if not prepared.ok:
            return Reading(None, prepared.errors, notes)
        return self._reading(tf, self._plan(tf, workdir, on_event), workdir, notes)

    def _plan(self, tf: reads.Terraform, workdir: Workdir, on_event: Callable[[Event], None]) -> reads.Planned:
        out = workdir.plan_file
        return reads.plan(tf, out=out, var_files=self.var_files, generated=self.generated, on_event=on_event)

    def init(self, tf: reads.Terraform, unit: Unit, *, readonly_lock: bool) -> reads.Planned:
        """`terraform init` for a unit, when it is its turn."""
        key = self._install_key(unit)
        with nullcontext() if key in self._installed else self._installing:
            prepared = reads.init(tf, backend_config=unit.init_items, readonly_lock=readonly_lock)
        if prepared.ok:
            self._installed.add(key)
        return prepared

    def _reading(
        self, tf: reads.Terraform, planned: reads.Planned, workdir: Workdir, notes: tuple[str, ...]
    ) -> Reading:
        # An errored plan is saved too (Terraform >= 1.6) and carries whatever could be read.
        plan = parse_plan(reads.show_plan(tf, workdir.plan_file)) if workdir.plan_file.exists() else None
        return Reading(plan, planned.errors, notes)

    def environment(self, unit: Unit) -> dict[str, str]:
        """What every command for a unit runs under."""
        env = {**self.env, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
        selected = (
            self.env.get("TF_WORKSPACE") or (data_dir_of(self.root / unit.path, self.env) / "environment").exists()
        )
        if unit.backend.workspace != "default" or selected:
            env["TF_WORKSPACE"] = unit.backend.workspace
        return env

    def _install_key(self, unit: Unit) -> str:
        lock_file = self.root / unit.path / LOCK_FILE
        content = lock_file.read_bytes() if lock_file.is_file() else str(unit.path).encode()
        return hashlib.sha256(content).hexdigest()


def _needs_init(errors: Sequence[Diagnostic]) -> bool:
    return any(_NEEDS_INIT.search(f"{error.summary} {error.detail}") for error in errors)

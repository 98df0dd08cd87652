"""Plans Terragrunt units with the terragrunt binary, in a private copy of the repo and a download folder for each."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from driftgate.errors import DriftgateError
from driftgate.live.base import Reading
from driftgate.live.plan import NO_LOCK_FILE, PlanReader
from driftgate.live.repo_copy import copy_repo
from driftgate.live.workdir import LOCK_FILE
from driftgate.process import Result
from driftgate.terragrunt.materialise import on_mocks
from driftgate.terragrunt.outlook import Outlook
from driftgate.tfexec import reads
from driftgate.tfexec.events import Diagnostic, Event, Refreshed
from driftgate.tfexec.plan import parse_plan
from driftgate.tfexec.terragrunt import Terragrunt, mocked, without_log
from driftgate.unit import Unit

PLAN_FILE = "driftgate.tfplan"
"""Relative, so that it lies in the folder that Terragrunt chose for terraform."""
_NOT_PLANNED = Diagnostic("error", "Terragrunt did not plan this unit", "its `exclude` or `skip` says so")


@dataclass(slots=True, weakref_slot=True)
class BinaryReader:
    """Plans units through Terragrunt itself: it evaluates them, runs their hooks and reads their dependencies.

    With `always` also those whose `Outlook` has an obstacle. The copy of the repo is gone when this is.
    """

    plan: PlanReader
    terragrunt: Terragrunt
    features: Sequence[tuple[str, str]] = ()
    always: bool = False
    _copying: threading.Lock = field(default_factory=threading.Lock)
    _in_place: threading.Lock = field(default_factory=threading.Lock)
    _copied: Path | None = None

    def __call__(self, unit: Unit, outlook: Outlook, on_read: Callable[[str], None]) -> Reading:
        """The reading of a unit; `on_read` hears of each address. Raises as terraform's commands do."""
        repo = self._copy()
        with self._turn(outlook), tempfile.TemporaryDirectory(prefix="driftgate-", ignore_cleanup_errors=True) as name:
            folder = Path(name).resolve()
            said: list[bytes] = []
            tf = self._terraform(unit, repo, folder, said)
            reading = self._planned(tf, unit, (folder, tf.cwd), on_read)
        warned = (Path(os.path.normpath(tf.cwd / path)).parent for path in mocked(b"\n".join(said)))
        shown = (path.relative_to(repo).as_posix() for path in warned if path.is_relative_to(repo))
        notes = on_mocks(outlook.mocked | {outlook.dependencies.get(path, path) for path in shown})
        if not outlook.pinned and (tf.cwd / LOCK_FILE).is_file():
            notes.append(NO_LOCK_FILE)
        errors = tuple(_without(f"{repo}/", error) for error in reading.errors)
        return Reading(reading.plan, errors, tuple(notes), str(self.terragrunt))

    def _planned(
        self, tf: reads.Terraform, unit: Unit, places: Sequence[Path], on_read: Callable[[str], None]
    ) -> Reading:
        def on_event(event: Event) -> None:
            if isinstance(event, Refreshed):
                on_read(event.address)

        prepared = self.plan.init(tf, unit, readonly_lock=False)
        if not prepared.ok:
            return Reading(None, prepared.errors)
        planned = reads.plan(tf, out=Path(PLAN_FILE), var_files=self.plan.var_files, on_event=on_event)
        made = next((path for place in places for path in _plan_files(place)), None)
        if made is None:
            return Reading(None, planned.errors or (_NOT_PLANNED,))
        shown = reads.show_plan(replace(tf, cwd=made.parent, front=()), made)
        return Reading(parse_plan(shown), planned.errors)

    def _terraform(self, unit: Unit, repo: Path, folder: Path, said: list[bytes]) -> reads.Terraform:
        """Terraform behind Terragrunt, for the unit in the copy; what stderr says is added to `said` as it was."""
        binary = self.plan.binary(unit.tool)
        environment = self.plan.environment(unit)

        def run(
            argv: Sequence[str],
            *,
            cwd: Path,
            env: Mapping[str, str],
            on_line: Callable[[bytes], None] | None = None,
        ) -> Result:
            result = self.plan.run(argv, cwd=cwd, env=env, on_line=on_line)
            said.append(result.stderr)
            return replace(result, stderr=without_log(result.stderr))

        env = self.terragrunt.environment(environment, download_dir=folder / "download", tf_path=binary.path)
        return reads.Terraform(binary, repo / unit.path, env, run, self.terragrunt.front(self.features))

    @contextmanager
    def _turn(self, outlook: Outlook) -> Iterator[None]:
        """Terragrunt 0.x runs terraform in folders of the repo: such units go one at a time."""
        if self.terragrunt.modern or not outlook.in_place:
            yield
        else:
            with self._in_place:
                yield

    def _copy(self) -> Path:
        with self._copying:
            if self._copied is None:
                folder = Path(tempfile.mkdtemp(prefix="driftgate-")).resolve()
                weakref.finalize(self, shutil.rmtree, folder, True)
                try:
                    copy_repo(self.plan.root, folder / "repo")
                except OSError as error:
                    raise DriftgateError(
                        f"the repo cannot be copied: {error.strerror}: {error.filename}",
                        next_step="plan without Terragrunt: `--terragrunt native`",
                    ) from None
                self._copied = folder / "repo"
            return self._copied


def _plan_files(folder: Path) -> Iterator[Path]:
    """Where the plan was made, somewhere below `folder`; what terraform downloaded is not looked through."""
    for place, names, files in os.walk(folder):
        names[:] = [name for name in names if name != ".terraform"]
        if PLAN_FILE in files:
            yield Path(place, PLAN_FILE)


def _without(path: str, error: Diagnostic) -> Diagnostic:
    return replace(error, summary=error.summary.replace(path, ""), detail=error.detail.replace(path, ""))

"""A Terragrunt unit opened for traces: the module that it runs, and the configuration that gives it its variables."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from driftgate.discover.module import Module, SourceFile
from driftgate.discover.repo import Repo
from driftgate.discover.scope import env_values, scope_of, tfvars_files, tfvars_values
from driftgate.errors import DriftgateError
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse
from driftgate.hcl.values import EvaluationError
from driftgate.remediate.trace.config import merged_input, place
from driftgate.remediate.trace.site import CannotTraceError, Origin, Site, site_of, var_file
from driftgate.terragrunt.config import Config, open_unit
from driftgate.terragrunt.error import as_terragrunt_error
from driftgate.terragrunt.materialise import extra_var_files, extra_variables
from driftgate.terragrunt.reads import files_read
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.shapes import as_mapping
from driftgate.terragrunt.source import module_of

SECTIONS: Final = ("dependencies", "dependency", "exclude", "generate", "remote_state", "terraform")
"""What a configuration sets besides inputs that a unit's plan or state hangs on."""


@dataclass(frozen=True, slots=True)
class ConfigGiven:
    """What a unit's configuration gives its module. `remote` is the source of a module that is not in the repo."""

    config: Config
    env: Mapping[str, str]
    remote: str = ""

    def variable(self, name: str) -> tuple[Origin, ...]:
        """Where the input of that name is given."""
        if f"TF_VAR_{name}" in self.env:
            shown = self.config.source.shown
            raise CannotTraceError(f"var.{name} comes from extra_arguments (TF_VAR_{name})", next_step=f"edit {shown}")
        return merged_input(self.config, name)

    def reads(self) -> frozenset[str]:
        """The files that the configuration is made of, relative to the repo."""
        files = self.config.files
        return frozenset(files.shown(files.real(path)) for path in files_read(self.config.session, self.config.folder))

    def effects(self) -> Iterator[tuple[str, str, object]]:
        """What else the configuration sets; the inputs too where the module that takes them cannot be looked into."""
        for name in (*SECTIONS, *(("inputs",) if self.remote else ())):
            yield posixpath.basename(self.config.path), name, _read(self.config, name)

    def elsewhere(self, kind: str, labels: tuple[str, str]) -> CannotTraceError | None:
        """The module is remote, or a `generate` block writes the block that is looked for."""
        if self.remote:
            return CannotTraceError(f"the module {self.remote} is not in the repo: its source has to change")
        for name, entry in as_mapping(_read(self.config, "generate")).items():
            settings = as_mapping(entry)
            if _has(str(settings.get("contents", "")), kind, labels):
                where = _generate_place(self.config, name)
                problem = f'{settings.get("path")} is written by generate "{name}"'
                return CannotTraceError(problem, next_step=f"edit it by hand: {where}")
        return None


def open_unit_site(
    session: Session,
    unit: str,
    *,
    env: Mapping[str, str],
    workspace: str,
    tool: str,
    var_files: Sequence[Path] = (),
) -> Site:
    """The module of the Terragrunt unit at `unit`, relative to the session's root. Raises CannotTraceError."""
    shown = f"{unit}/terragrunt.hcl"
    try:
        return _open(session, open_unit(session, f"{session.files.root}/{unit}"), env, workspace, tool, var_files)
    except (EvaluationError, RecursionError) as error:
        problem: DriftgateError = as_terragrunt_error(error, shown)
    except HclError as error:
        problem = error
    raise CannotTraceError(problem.message, next_step=problem.next_step)


def _open(
    session: Session,
    config: Config,
    env: Mapping[str, str],
    workspace: str,
    tool: str,
    var_files: Sequence[Path],
) -> Site:
    root = Path(session.files.root)
    repo = Repo(root, env, tool)
    found = module_of(config)
    folders = _folders(config, found.folder)
    terraform = as_mapping(config.section("terraform"))
    extra = {k: v for k, v in extra_variables(config, terraform) if k.startswith("TF_VAR_")}
    module = _module(repo, folders, tool)
    given = [root / folder / name for name, folder in _tfvars(repo, folders)]
    given += [*map(Path, extra_var_files(config, terraform)), *var_files]
    values = dict(as_mapping(config.section("inputs")))
    for more in (env_values(module, extra), env_values(module, env), *map(tfvars_values, given)):
        values |= more
    site = site_of(repo, module, tool, scope_of(module, values, workspace), None)
    site.var_files, site.env = tuple(var_file(root, path) for path in given), env
    site.given = ConfigGiven(config, extra, "" if len(folders) else found.source or "of this unit")
    return site


def _folders(config: Config, module: str | None) -> list[str]:
    """The module's folder and over it the unit's, relative to the repo; none when the module is not in it."""
    if module is None:
        return []
    shown = [config.files.shown(config.files.real(folder)) for folder in (module, config.folder)]
    return [] if shown[0].startswith("/") else list(dict.fromkeys(shown))


def _module(repo: Repo, folders: Sequence[str], tool: str) -> Module:
    files: dict[str, SourceFile] = {}
    for folder in folders:
        files |= {posixpath.basename(file.path): file for file in repo.module(folder, tool).files}
    inner = [file for _, file in sorted(files.items(), key=lambda item: (item[1].override, item[0]))]
    return Module(folders[0] if folders else ".", tuple(inner))


def _tfvars(repo: Repo, folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    names: dict[str, str] = {}
    for folder in folders:
        names |= dict.fromkeys(repo.folder(folder).files, folder)
    for name in tfvars_files(tuple(names)):
        yield name, names[name]


def _read(config: Config, name: str) -> object:
    try:
        return config.section(name)
    except (EvaluationError, RecursionError, DriftgateError) as error:
        return str(error)


def _has(contents: str, kind: str, labels: tuple[str, str]) -> bool:
    try:
        return any(block.labels == labels for block in parse(contents).blocks_of(kind))
    except HclError:
        return False


def _generate_place(config: Config, name: str) -> str:
    for one in (config, *(include.config for include in reversed(config.includes))):
        for block in one.source.body.blocks_of("generate"):
            if block.labels == (name,):
                return place(one).file.position(block.span[0])  # type: ignore[arg-type]
    return config.source.shown

"""The machine: tools, optional packages, settings and private folders."""

from __future__ import annotations

import difflib
import stat
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from driftgate import __version__
from driftgate.backends.registry import EXTRAS, NATIVE
from driftgate.doctor.check import Finding, Patient, fail, ok, warn
from driftgate.settings.load import OTHER_VARIABLES, SettingsError, keys, load, variable
from driftgate.tfexec.binary import ToolError, find_binary
from driftgate.tfexec.real import find_real

TOOLS = ("terraform", "tofu")


def python(patient: Patient) -> Iterator[Finding]:
    """Which driftgate this is."""
    yield ok("driftgate", f"{__version__}, Python {sys.version.split()[0]}")


def tools(patient: Patient) -> Iterator[Finding]:
    """terraform or tofu answers, and every tool that a unit of the repo wants."""
    wanted = {unit.tool for unit in patient.units if unit.tool in TOOLS}
    for tool in TOOLS:
        if find_real(tool, patient.env) is None:
            if tool in wanted:
                units = ", ".join(str(unit.path) for unit in patient.units if unit.tool == tool)
                yield fail(tool, f"not on PATH, and wanted by {units}", f"install {tool}, or put it on PATH")
            continue
        try:
            found = find_binary(patient.env, run=patient.run, tool=tool)
            yield ok(tool, f"{'.'.join(map(str, found.version))} at {found.path}")
        except ToolError as error:
            yield fail(tool, error.message, error.next_step)
    if not any(find_real(tool, patient.env) for tool in TOOLS):
        yield fail("terraform", "neither terraform nor tofu is on PATH", "install Terraform or OpenTofu")


def terragrunt(patient: Patient) -> Iterator[Finding]:
    """terragrunt, where it is installed."""
    path = find_real("terragrunt", patient.env)
    if path is not None:
        result = patient.run((path, "--version"), cwd=patient.here, env=patient.env)
        said = result.stdout.decode("utf-8", "replace").strip().splitlines()
        yield ok("terragrunt", f"{said[0] if said else 'no version told'} at {path}")


def git(patient: Patient) -> Iterator[Finding]:
    """git is there, and this is a work tree."""
    if find_real("git", patient.env) is None:
        yield fail("git", "not on PATH", "install git: --changed-since and pull requests need it")
    elif not (patient.root / ".git").exists():
        yield warn("git", f"{patient.root} is not a git work tree", "stand in a clone of your repo")
    else:
        yield ok("git", f"work tree {patient.root}")


def packages(patient: Patient) -> Iterator[Finding]:
    """The optional packages for the backends that the repo has."""
    for backend in sorted({unit.backend.type for unit in patient.units} & NATIVE.keys()):
        module = NATIVE[backend].partition(":")[0]
        try:
            import_module(module)
            yield ok(f"{backend} backend", "can be read and written natively")
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            package, extra = EXTRAS.get(missing, (missing, "all"))
            yield fail(f"{backend} backend", f"the package {package} is missing", f"pip install 'driftgate[{extra}]'")


def settings(patient: Patient) -> Iterator[Finding]:
    """The settings can be used, and no variable was misspelled."""
    try:
        loaded = load(patient.here, patient.env)
    except SettingsError as error:
        yield fail("settings", error.message, error.next_step)
        return
    files = ", ".join(map(str, loaded.files)) or "no file, the defaults are in force"
    yield ok("settings", files)
    known = {variable(section, key) for section, key, _, _ in keys()}
    for name in sorted(patient.env.keys() - known - OTHER_VARIABLES):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85) if name.startswith("DG_") else []
        if near:
            yield warn("settings", f"{name} is no setting of driftgate", f"did you mean {near[0]}?")


def private_folders(patient: Patient) -> Iterator[Finding]:
    """What driftgate keeps on this machine is the user's alone."""
    home = patient.env.get("HOME", "")
    state = Path(patient.env.get("XDG_STATE_HOME") or f"{home}/.local/state") / "driftgate"
    try:
        mode = stat.S_IMODE(state.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        said = f"{state} cannot be looked into: {error.strerror}"
        yield fail("private folder", said, "set HOME to a folder of your own, or XDG_STATE_HOME")
        return
    if mode & 0o077:
        yield fail("private folder", f"{state} can be read by others (mode {mode:o})", f"chmod 700 {state}")
    else:
        yield ok("private folder", f"{state} is yours alone")

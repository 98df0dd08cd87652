"""Shims: scripts named terraform, tofu and terragrunt that run dg instead, in a folder that stands first on PATH."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.errors import DriftgateError
from driftgate.tfexec.real import MARK, find_real, is_shim
from driftgate.wrap.front import TOOLS


class ShimError(DriftgateError):
    """Shims that cannot be put in place or taken away."""


@dataclass(frozen=True, slots=True)
class ShimStatus:
    """One tool: its shim (None: not installed), whether PATH leads to it first, and the real program behind it."""

    tool: str
    shim: Path | None
    first: bool
    real: str | None


def default_folder(env: Mapping[str, str]) -> Path:
    """Where `dg shim install` puts them: `$XDG_DATA_HOME/driftgate/shims`."""
    return Path(env.get("XDG_DATA_HOME") or f"{env.get('HOME', '')}/.local/share") / "driftgate" / "shims"


def install(folder: Path, tools: Sequence[str], *, dg: Sequence[str], env: Mapping[str, str]) -> list[Path]:
    """Write a shim into `folder` for each of `tools` that is installed, and remove those of tools that are not.

    A shim for a missing tool would make Terragrunt choose it and fail. `dg` is the command that a shim runs. A file
    that is no shim of ours is never overwritten. Raises ShimError.
    """
    written = []
    for tool in tools:
        path = folder / tool
        there = os.path.exists(path)  # and not Path's own, which fails in a home that is another user's
        if there and not is_shim(str(path)):
            raise ShimError(f"{path} is there already and is no shim of dg", next_step="choose another --dir")
        if find_real(tool, env) is None:
            if there:
                path.unlink(missing_ok=True)
            continue
        _write(path, _script(tool, dg))
        written.append(path)
    return written


def own_shims(env: Mapping[str, str], dg: Sequence[str]) -> Path:
    """The folder of the shims that dg itself runs others behind: in the user's cache, never on a PATH of the user's."""
    cache = env.get("XDG_CACHE_HOME") or f"{env.get('HOME', '')}/.cache"
    folder = Path(cache) / "driftgate" / "shims"
    try:
        install(folder, TOOLS, dg=dg, env=env)
    except ShimError:  # a home that cannot be written to, as in many containers
        folder = Path(tempfile.mkdtemp(prefix="dg-shims-"))
        install(folder, TOOLS, dg=dg, env=env)
    return folder


def uninstall(folder: Path) -> list[Path]:
    """Remove dg's shims from `folder`, nothing else; the folder too when it is empty then. Raises ShimError."""
    found = [folder / tool for tool in TOOLS if is_shim(str(folder / tool))]
    try:
        for path in found:
            path.unlink()
        if found and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise ShimError(f"cannot remove {error.filename}: {error.strerror}", next_step="remove it by hand") from None
    return found


def status(folder: Path, env: Mapping[str, str]) -> list[ShimStatus]:
    """How it stands with each tool that has a shim in `folder` or is installed."""
    found = []
    for tool in TOOLS:
        shim = folder / tool if is_shim(str(folder / tool)) else None
        real = find_real(tool, env)
        if shim or real:
            found.append(ShimStatus(tool, shim, shim is not None and _first(tool, env) == str(shim), real))
    return found


def behind_shims(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """`env` with the shims in `folder` first on PATH.

    Terragrunt's own setting of the binary is replaced only where the user had made it: it would override every unit's
    `terraform_binary` else. The program that it named is what the shim runs then.
    """
    found = {**env, "PATH": f"{folder}:{env.get('PATH', '')}"}
    for name in ("TG_TF_PATH", "TERRAGRUNT_TFPATH"):
        given = env.get(name, "")
        program = os.path.abspath(given) if "/" in given else ""
        shim = folder / os.path.basename(given)
        if given and is_shim(str(shim)) and (os.path.isabs(given) or not program or os.path.isfile(program)):
            found[name] = str(shim)
            if program and not is_shim(program):  # the user's own shim would lead back to dg
                found[f"DG_REAL_{shim.name.upper()}"] = program
    return found


def _script(tool: str, dg: Sequence[str]) -> str:
    return f'#!/bin/sh\n# {MARK.decode()}: runs dg in front of {tool}\nexec {shlex.join(dg)} {tool} "$@"\n'


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and not at all when it is there: others may be running it."""
    if os.path.isfile(path) and path.read_text(encoding="utf-8") == text:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o755)
        draft.replace(path)
    except OSError as error:
        raise ShimError(
            f"cannot write {path}: {error.strerror}", next_step="choose another folder with --dir"
        ) from None


def _first(tool: str, env: Mapping[str, str]) -> str | None:
    """What a shell would run for `tool`."""
    paths = (os.path.join(folder or ".", tool) for folder in env.get("PATH", "").split(":"))
    return next((path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)), None)

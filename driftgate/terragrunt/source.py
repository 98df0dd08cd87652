"""`terraform.source`: where a unit's module is, and which part of it is on this disk."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from driftgate.hcl.values import Unknown
from driftgate.terragrunt.context import Context
from driftgate.terragrunt.shapes import as_mapping

_REMOTE = re.compile(r"[a-z0-9+]+::|[a-z][a-z0-9+.-]*://|git@|github\.com/|gitlab\.com/|bitbucket\.org/")


@dataclass(frozen=True, slots=True)
class Module:
    """A unit's module: `source` as stated ("" for the unit's own folder).

    `folder` is the module's absolute path and `copied` what is copied of it (all up to `//`), both None when it is
    not a path; then `reason` says why.
    """

    source: str
    folder: str | None
    copied: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A module that was fetched: the folder that holds all that came, and the module's own in it."""

    copied: str
    folder: str


Fetch = Callable[[str, str], Fetched]
"""Fetches a source by a tool. Raises DriftgateError when it cannot."""


def module_of(config: Context) -> Module:
    """The module of a unit. Raises EvaluationError."""
    source = as_mapping(config.section("terraform")).get("source")
    if isinstance(source, Unknown):
        return Module("", None, None, f"terraform.source is not known: {source.reason}")
    if not source:
        return Module("", config.folder, config.folder)
    text = str(source)
    if _REMOTE.match(text) or (not text.startswith((".", "/")) and not _is_here(config, text)):
        return Module(text, None, None, f"the module {text} is not on this disk")
    above, _, below = text.partition("//")
    copied = posixpath.normpath(posixpath.join(config.folder, above or "/"))
    return Module(text, posixpath.normpath(posixpath.join(copied, below)), copied)


def _is_here(config: Context, source: str) -> bool:
    return config.files.is_folder(posixpath.normpath(posixpath.join(config.folder, source.replace("//", "/"))))

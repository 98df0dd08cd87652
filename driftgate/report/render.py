"""The Jinja environment, its filters and where the templates are: the only user of jinja2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from driftgate.errors import DriftgateError
from driftgate.hcl.source import source_of
from driftgate.report import text
from driftgate.report.markdown import code, fenced, md, url

_SGR = {
    "bold": 1,
    "dim": 2,
    "underline": 4,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
}


class TemplateFailed(DriftgateError):  # noqa: N818  # what happened, not what kind of class it is
    """A user's own template cannot be used."""


def template_dir() -> Path:
    """The folder of the built-in templates: inside the installed package, or at the root of a source checkout."""
    packaged = Path(str(files("driftgate"))) / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "templates"


def render(
    template: str, *, color: bool = False, width: int = 100, template_dirs: Sequence[Path] = (), **view: Any
) -> str:
    """The text of `template` filled with `view` and `width`.

    Folders in `template_dirs` come before the built-in ones; templates are confined to them and to Jinja's sandbox.
    Whatever values carry, the result holds no control characters but newlines, tabs and, with `color`, styles.
    Raises TemplateFailed for what is wrong in a user's own template.
    """
    environment = _environment(color, (*template_dirs, template_dir()))
    try:
        filled = environment.get_template(template).render(width=width, **view)
    except Exception as error:  # whatever a template can run into
        if not template_dirs:
            raise
        raise _failed(template, error, template_dirs) from None
    return text.strip_controls(filled, keep_styles=color)


def _failed(template: str, error: Exception, folders: Sequence[Path]) -> TemplateFailed:
    where = f"{error.name or template} line {error.lineno}" if isinstance(error, TemplateSyntaxError) else template
    return TemplateFailed(
        f"the template {where} in {', '.join(map(str, folders))} cannot be used: {error}",
        next_step="correct it, or leave --template-dir away; docs/formats.md lists what a template is given",
    )


@cache
def _environment(color: bool, folders: tuple[Path, ...]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "style": _styled if color else _unstyled,
        "pad": text.pad,
        "clip": text.clip,
        "clip_middle": text.clip_middle,
        "wrap": text.wrap,
        "columns": text.columns,
        "md": md,
        "code": code,
        "fenced": fenced,
        "url": url,
        "hcl": source_of,
    }
    return environment


def _styled(value: object, style: str) -> str:
    codes = ";".join(str(_SGR[word]) for word in style.split())
    return f"\x1b[{codes}m{value}\x1b[0m" if codes and str(value) else str(value)


def _unstyled(value: object, style: str) -> str:
    return str(value)

"""Loads one folder as a Terraform or OpenTofu module: which files count, in which order, and what is wrong in them.

Rules: developer.hashicorp.com/terraform/language/files (and /override), opentofu.org/docs/language/files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from driftgate.discover.walk import Folder, is_ignored
from driftgate.hcl.ast import Block, Body, line_column
from driftgate.hcl.decode import decode
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.parse import parse

NO_BODY = Body({}, (), (0, 0))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A parsed file: `path` relative to the repo root. An `override` file changes what the others say."""

    path: str
    text: str
    body: Body
    override: bool = False
    error: str | None = None

    def position(self, offset: int) -> str:
        """`file:line:column` of a place in the text."""
        line, column = line_column(self.text, offset)
        return f"{self.path}:{line}:{column}"


@dataclass(frozen=True, slots=True)
class Module:
    """A folder's files in the order Terraform applies them: primary ones, then overrides, each in lexical order."""

    path: str
    files: tuple[SourceFile, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """What does not parse, a line each: `file:line:column: problem`."""
        return tuple(file.error for file in self.files if file.error is not None)

    def blocks(self, *types: str) -> Iterator[tuple[SourceFile, Block]]:
        """The top-level blocks of these types with the file each stands in, overrides last."""
        return ((file, block) for file in self.files for block in file.body.blocks if block.type in types)


def load(root: Path, folder: Folder, tool: str) -> Module:
    """The module in `folder` as `tool` (`terraform` or `tofu`) would read it. Broken files are in `errors`."""
    files = [_read(root, folder.join(name), _is_override(name)) for name in module_files(folder.files, tool)]
    return Module(folder.path, tuple(sorted(files, key=lambda file: (file.override, file.path))))


def module_files(names: tuple[str, ...], tool: str) -> list[str]:
    """The files that `tool` reads: OpenTofu prefers `x.tofu` to `x.tf`, Terraform knows only `.tf`."""
    kept = [name for name in names if not is_ignored(name)]
    plain = [name for name in kept if name.endswith((".tf", ".tf.json"))]
    if tool != "tofu":
        return plain
    own = {name for name in kept if name.endswith((".tofu", ".tofu.json"))}
    return sorted(own | {name for name in plain if _shadow(name) not in own})


def read_text(path: str | Path) -> str:
    """A source file's text, line ends as they are. Raises OSError or UnicodeDecodeError."""
    with open(path, "rb", buffering=0) as stream:  # thousands of small files: a text stream would cost twice as much
        return decode(stream.read())


def _read(root: Path, path: str, override: bool) -> SourceFile:
    text = ""
    try:
        text = read_text(f"{root}/{path}")
        body = parse_json(text, filename=path) if path.endswith(".json") else parse(text, filename=path)
    except HclError as error:
        return SourceFile(path, text, NO_BODY, override, error.message)
    except UnicodeDecodeError as error:
        return SourceFile(path, text, NO_BODY, override, f"{path}:1:1: not UTF-8 text (byte {error.start})")
    except OSError as error:
        return SourceFile(path, text, NO_BODY, override, f"{path}: cannot be read: {error.strerror}")
    return SourceFile(path, text, body, override)


def _is_override(name: str) -> bool:
    base = name.removesuffix(".json").removesuffix(".tf").removesuffix(".tofu")
    return base == "override" or base.endswith("_override")


def _shadow(name: str) -> str:
    """`a.tf` is shadowed by `a.tofu`, `a.tf.json` by `a.tofu.json`."""
    stem, suffix = (name[:-8], ".tofu.json") if name.endswith(".tf.json") else (name[:-3], ".tofu")
    return stem + suffix

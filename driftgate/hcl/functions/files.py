"""File and path functions, for one base folder, and what a template file needs: a scope around its variables.

Documented: https://developer.hashicorp.com/terraform/language/functions#filesystem-functions. Files are read, never
written; devices, pipes and files over 16 MiB are refused.
"""

from __future__ import annotations

import base64
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from driftgate.hcl.error import HclError
from driftgate.hcl.functions.encoding import utf8
from driftgate.hcl.functions.hashing import DIGESTS
from driftgate.hcl.functions.parameters import anything, mapping, string
from driftgate.hcl.functions.unknowable import unknown
from driftgate.hcl.parse import parse_template
from driftgate.hcl.scope import Frame, Function, Scope
from driftgate.hcl.values import MAX_TEXT, EvaluationError, make_set

_ABOVE = re.compile(r"(?:\.\./)*")
_MOST_FILES = 100_000
_DEEPEST = 8
Render = Callable[[str, str, dict[str, object], int], object]


@dataclass(frozen=True, slots=True)
class Folder:
    """Where relative paths start, and `~`; `on_read` hears the absolute path of each file that is read."""

    base: str
    home: str
    on_read: Callable[[str], None]

    def join(self, path: str) -> str:
        """The absolute path."""
        return posixpath.join(self.base, path)

    def file(self, path: str) -> str:
        """The absolute path of a file, which may begin with `~`."""
        return self.join(_pathexpand(self.home, path))


def read(at: Folder, path: str) -> bytes:
    """The bytes of a file. Raises EvaluationError."""
    full = at.file(path)
    at.on_read(posixpath.normpath(full))
    try:
        found = os.stat(full)
        if not stat.S_ISREG(found.st_mode):
            raise EvaluationError(f'"{path}" is not a regular file')
        if found.st_size > MAX_TEXT:
            raise EvaluationError(f'"{path}" is larger than 16 MiB')
        with open(full, "rb", buffering=0) as stream:
            return stream.read()
    except FileNotFoundError:
        raise EvaluationError(f'no file exists at "{path}"') from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is not valid"
        raise EvaluationError(f'"{path}" cannot be read: {reason}') from None


def _file(at: Folder, path: str) -> str:
    return utf8(read(at, path), f'"{path}"')


def _fileexists(at: Folder, path: str) -> bool:
    try:
        mode = os.stat(at.file(path)).st_mode
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(mode):
        raise EvaluationError(f'"{path}" is not a regular file')
    return True


def _fileset(at: Folder, path: str, pattern: str) -> object:
    top = posixpath.normpath(at.join(path))
    tidy = posixpath.relpath(posixpath.normpath(f"{top}/{pattern}"), top)
    above = _ABOVE.match(tidy)[0]  # type: ignore[index]
    inner = tidy[len(above) :]
    base = posixpath.normpath(f"{top}/{above}")
    wanted = re.compile(glob(inner), re.DOTALL)
    return make_set(
        above + name
        for name in _below(base, inner, path)
        if wanted.fullmatch(name) and os.path.isfile(f"{base}/{name}")
    )


def _below(top: str, pattern: str, shown: str) -> Iterator[str]:
    """The files that the pattern may mean, relative to `top`. Raises EvaluationError for too many."""
    deepest = None if "**" in pattern else pattern.count("/")
    seen = 0
    for folder, folders, names in os.walk(top, followlinks=True):  # in a circle of links the system stops it
        inside = folder[len(top) :].strip("/")
        if deepest is not None and (inside.count("/") + 1 if inside else 0) >= deepest:
            folders.clear()
        seen += len(names) + len(folders)
        if seen > _MOST_FILES:
            raise EvaluationError(f'more than 100000 files are below "{shown}"')
        yield from (f"{inside}/{name}" if inside else name for name in names)


def glob(pattern: str) -> str:
    """The regular expression of a pattern with `*`, `?`, `**`, `[…]` and `{a,b}`, as doublestar has them.

    Raises EvaluationError for one that has no meaning, such as `[z-a]`.
    """
    out, place, depth = [], 0, 0
    while place < len(pattern):
        match = _GLOB_PIECE.match(pattern, place)
        piece = match[0] if match else pattern[place]
        place += len(piece)
        if piece.startswith("[") and len(piece) > 2:
            inner = piece[1:].replace("!", "^", 1 if piece[1] == "!" else 0)
            out.append("[" + _SET_OPERATOR.sub(r"\\\g<0>", inner))
            continue
        depth += (piece == "{") - (piece == "}" and depth > 0)
        special = _GLOB.get(piece)
        if piece == "," and depth:
            special = "|"
        out.append(special or re.escape(piece[-1]))
    expression = "".join(out) + ")" * depth
    try:
        re.compile(expression)
    except re.error as error:
        raise EvaluationError(f'"{pattern}" is not a valid pattern: {error.msg}') from None
    return expression


_GLOB_PIECE = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|\{|\}|,|.", re.DOTALL)
_SET_OPERATOR = re.compile(r"[\[&|~]")  # to Python's engine, some day
_GLOB = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}


def _dirname(path: str) -> str:
    cleaned = posixpath.dirname(path)
    return posixpath.normpath(cleaned) if cleaned else "."


def _basename(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


def _pathexpand(home: str, path: str) -> str:
    if path == "~" or path.startswith("~/"):
        return home + path[1:]
    if path.startswith("~"):
        raise EvaluationError("the home folder of another user cannot be expanded")
    return path


def _abspath(at: Folder, path: str) -> str:
    return posixpath.normpath(at.join(path))


def _templatefile(at: Folder, render: Render, depth: int, path: str, names: dict[str, object]) -> object:
    return render(_file(at, path), path, names, depth + 1)


def _render(at: Folder, scope: Scope, text: str, path: str, names: dict[str, object], depth: int) -> object:
    from driftgate.hcl.evaluate import evaluate

    if depth > _DEEPEST:
        raise EvaluationError(f'"{path}": template files call each other more than {_DEEPEST} deep')
    try:
        template = parse_template(text.removeprefix("\ufeff"), filename=path)
    except HclError as error:
        raise EvaluationError(error.message) from None
    inner = _TemplateScope(scope, _file_table(at, scope, depth))
    try:
        return evaluate(template, Frame(names, inner))
    except EvaluationError as error:
        raise EvaluationError(f"in {path}: {error.problem}") from None


class _TemplateScope:
    """A template file sees its own variables and the functions, but no names of the file that calls it."""

    def __init__(self, outer: Scope, table: dict[str, Function]) -> None:
        self.outer, self.table = outer, table

    def lookup(self, root: str, name: str, span: tuple[int, int]) -> object:
        return self.value(root, span)

    def value(self, name: str, span: tuple[int, int]) -> object:
        raise EvaluationError(f'the template has no variable "{name}": add it to the map', span)

    def function(self, name: str) -> Function | None:
        return self.table.get(name) or self.outer.function(name)


PATHS = {"basename": Function(_basename, (string,)), "dirname": Function(_dirname, (string,))}


def file_functions(
    base: str, scope: Scope, home: str = "~", on_read: Callable[[str], None] = lambda path: None
) -> dict[str, Function]:
    """The file functions for relative paths under `base`; templates use the functions of `scope`.

    `on_read` hears the absolute path of each file that is read.
    """
    at = Folder(base, home, on_read)
    return {
        **_file_table(at, scope, 0),
        "abspath": Function(partial(_abspath, at), (string,)),
        "file": Function(partial(_file, at), (string,)),
        "filebase64": Function(lambda path: base64.b64encode(read(at, path)).decode(), (string,)),
        "fileexists": Function(partial(_fileexists, at), (string,)),
        "fileset": Function(partial(_fileset, at), (string, string)),
        "pathexpand": Function(partial(_pathexpand, home), (string,)),
        **{f"file{name}": Function(partial(_digest, at, name), (string,)) for name in DIGESTS},
    }


def _digest(at: Folder, name: str, path: str) -> str:
    return DIGESTS[name](read(at, path))


def _file_table(at: Folder, scope: Scope, depth: int) -> dict[str, Function]:
    render = partial(_render, at, scope)
    return {
        "templatefile": Function(partial(_templatefile, at, render, depth), (string, mapping)),
        "templatestring": Function(
            lambda text, names: render(text, "the template", names, depth + 1), (string, mapping)
        ),
    }


# Where no files are at hand, the result of a function that reads them is unknown.
UNREAD = {
    name: Function(unknown(f"{name}() is not evaluated here"), (), rest=anything, nulls=True, unknowns=True)
    for name in (
        *("abspath", "file", "filebase64", "fileexists", "fileset", "pathexpand", "templatefile", "templatestring"),
        *(f"file{name}" for name in DIGESTS),
    )
}

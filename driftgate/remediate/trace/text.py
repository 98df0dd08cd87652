"""Functions on text, and those that read files, followed backwards: the argument, or the file, that has to change."""

from __future__ import annotations

import base64
import binascii
import json
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from driftgate.attribute_path import Steps
from driftgate.discover.module import NO_BODY, SourceFile, read_text
from driftgate.hcl.ast import Call, Expr
from driftgate.hcl.edit import Edit, EditError, apply_edits, newline_of
from driftgate.hcl.error import HclError
from driftgate.hcl.functions import PURE
from driftgate.hcl.json_edit import json_edits
from driftgate.hcl.parse import parse_template
from driftgate.hcl.scope import Frame
from driftgate.hcl.values import EvaluationError
from driftgate.remediate.trace.layers import Follow
from driftgate.remediate.trace.site import At, CannotTraceError, Origin
from driftgate.remediate.trace.wanted import ABSENT, Change, Wanted

_VERB = re.compile(r"%%|%\[?[^a-zA-Z%]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class TemplateNames:
    """The names in a template file: the keys of the map that it is called with."""

    caller: At
    variables: Expr

    @property
    def root(self) -> str:
        """The repo's folder."""
        return self.caller.site.root

    @property
    def base(self) -> str:
        """Template files that call template files start from where their caller does."""
        return self.caller.site.base

    def origins(self, root: str, path: Steps) -> tuple[Origin, ...]:
        """Where the map gives a variable of the template."""
        return (Origin(self.caller, self.variables, (root, *path), root),)


def _text(at: At, expr: Expr, wanted: Wanted) -> str:
    if wanted.steps or not isinstance(wanted.value, str):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: text is changed as a whole")
    return wanted.value


def _format(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """Like a template: a fixed part of the format, or the one argument that has to change."""
    new, pattern = _text(at, expr, wanted), at.value(expr.args[0])
    where = at.file.position(expr.span[0])
    if not isinstance(pattern, str):
        raise CannotTraceError(f"{where}: the format is not known")
    verbs = [verb for verb in _VERB.findall(pattern) if verb != "%%"]
    values = [at.value(argument) for argument in expr.args[1:]]
    if any(verb not in ("%s", "%d", "%v") for verb in verbs) or len(verbs) != len(values):
        raise CannotTraceError(f"{where}: the format has other verbs than %s, %d and %v")
    if not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        raise CannotTraceError(f"{where}: an argument of format() is not known")
    fixed = [part.replace("%%", "%") for part in re.split("%[sdv]", pattern.replace("%%", "\0"))]
    texts = [part.replace("\0", "%") for part in fixed]
    pieces = [piece for pair in zip(texts, [*map(str, values), ""], strict=True) for piece in pair][:-1]
    options = [(i, found) for i in range(len(pieces)) if (found := _instead(pieces, i, new)) is not None]
    in_text = [(i, found) for i, found in options if i % 2 == 0]
    if len(in_text) == 1:
        texts[in_text[0][0] // 2] = in_text[0][1]
        again = [text.replace("%", "%%") for text in texts]
        value = "".join(a + b for a, b in zip(again, [*verbs, ""], strict=True))
        return change(at, expr.args[0], wanted.down(value=value))
    arguments = [(i, found) for i, found in options if i % 2 and found]
    if len(arguments) != 1 or in_text:
        raise CannotTraceError(f"{where}: more than one part of format() would have to change")
    return change(at, expr.args[1 + arguments[0][0] // 2], wanted.down(value=arguments[0][1]))


def _instead(pieces: list[str], i: int, new: str) -> str | None:
    """What piece `i` has to be for all of them to give `new`."""
    head, tail = "".join(pieces[:i]), "".join(pieces[i + 1 :])
    fits = new.startswith(head) and new.endswith(tail) and len(new) >= len(head) + len(tail)
    return new[len(head) : len(new) - len(tail)] if fits else None


def _join(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    new, separator = _text(at, expr, wanted), at.value(expr.args[0])
    if not isinstance(separator, str) or not separator or len(expr.args) != 2:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what join() joins by cannot be found again")
    return change(at, expr.args[1], wanted.down(value=new.split(separator) if new else []))


def _split(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    separator, parts = at.value(expr.args[0]), at.value(expr)
    if not isinstance(separator, str) or not isinstance(parts, list):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what split() splits is not known")
    new = _with(parts, wanted.steps, wanted.value)
    if not isinstance(new, list) or any(separator in str(part) for part in new):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: split() cannot give that")
    return change(at, expr.args[1], wanted.down(steps=(), value=separator.join(map(str, new))))


def _base64encode(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    try:
        new = base64.b64decode(_text(at, expr, wanted), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise CannotTraceError("the live value is no text in base64") from None
    return change(at, expr.args[0], wanted.down(value=new))


def _base64decode(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    new = base64.b64encode(_text(at, expr, wanted).encode()).decode()
    return change(at, expr.args[0], wanted.down(value=new))


def _trimmed(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """trimspace, chomp: what is cut off stays."""
    new, source, shown = _text(at, expr, wanted), at.value(expr.args[0]), at.value(expr)
    if not isinstance(source, str) or not isinstance(shown, str) or new != new.strip():
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: {expr.name}() cannot give that")
    start = source.index(shown)
    value = source[:start] + new + source[start + len(shown) :]
    return change(at, expr.args[0], wanted.down(value=value))


def _yamlencode(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    try:
        value = PURE["yamldecode"].run(_text(at, expr, wanted))
    except EvaluationError:
        raise CannotTraceError("the live value is no YAML") from None
    return change(at, expr.args[0], wanted.down(value=value))


def _decoded(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    """jsondecode: the text with the element changed, which keeps its layout."""
    source, value = at.value(expr.args[0]), at.value(expr)
    if not isinstance(source, str) or not isinstance(value, dict | list):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: what is decoded is not known")
    try:
        new = apply_edits(source, json_edits(source, _with(value, wanted.steps, wanted.value)), aligned=False)
    except EditError as error:
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: {error.message}") from None
    return change(at, expr.args[0], wanted.down(steps=(), value=new))


def _file(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    path, text = _read(at, expr.args[0])
    new = _text(at, expr, wanted).replace("\r\n", "\n").replace("\n", newline_of(text))
    edits = [Edit(edit.start, edit.end, edit.text.replace("\r\n", "\n")) for edit in _text_edits(text, new)]
    return Change(path, text, tuple(edits), (*wanted.trail, path))


def _text_edits(text: str, new: str) -> list[Edit]:
    """JSON keeps its layout: the cloud hands it out on one line."""
    try:
        return json_edits(text, json.loads(new))
    except (ValueError, EditError):
        head = _alike(text, new)
        tail = _alike(text[head:][::-1], new[head:][::-1])
        return [Edit(head, len(text) - tail, new[head : len(new) - tail])] if text != new else []


def _alike(left: str, right: str) -> int:
    """How many characters two texts begin with in common."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def _templatefile(at: At, expr: Call, wanted: Wanted, change: Follow) -> Change:
    path, text = _read(at, expr.args[0])
    names = at.value(expr.args[1])
    if not isinstance(names, dict):
        raise CannotTraceError(f"{at.file.position(expr.span[0])}: the variables of {path} are not known")
    try:
        template = parse_template(text, filename=path)
    except HclError as error:
        raise CannotTraceError(error.message) from None
    inside = At(TemplateNames(at, expr.args[1]), SourceFile(path, text, NO_BODY), Frame(names, at.scope))
    return change(inside, template, wanted.down())


def _read(at: At, expr: Expr) -> tuple[str, str]:
    """Path, relative to the repo, and text of the file that an argument names. Raises CannotTraceError."""
    named = at.value(expr)
    where = at.file.position(expr.span[0])
    if not isinstance(named, str):
        raise CannotTraceError(f"{where}: which file is read is not known")
    full = posixpath.normpath(posixpath.join(at.site.base, named))
    path = posixpath.relpath(full, at.site.root)
    if path.startswith("../"):
        raise CannotTraceError(f"{where}: {named} is not in the repo")
    try:
        return path, read_text(full)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotTraceError(f"{where}: {path} cannot be read: {error}") from None


def _with(value: Any, steps: Steps, new: object) -> object:
    """The value with another one at `steps`."""
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        changed = {**value, str(step): _with(value.get(str(step)), rest, new)}
        return {name: item for name, item in changed.items() if item is not ABSENT}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], _with(value[step], rest, new), *value[step + 1 :]]
    raise CannotTraceError(f"there is no `{step}`")


TEXT: dict[str, Callable[[At, Call, Wanted, Follow], Change]] = {
    "base64decode": _base64decode,
    "base64encode": _base64encode,
    "chomp": _trimmed,
    "file": _file,
    "format": _format,
    "join": _join,
    "jsondecode": _decoded,
    "split": _split,
    "templatefile": _templatefile,
    "trimspace": _trimmed,
    "yamlencode": _yamlencode,
}

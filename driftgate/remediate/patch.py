"""Edits of a repo's files as new texts that both HCL parsers accept, and as a unified diff that `git apply` takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from driftgate.hcl.decode import UNREADABLE
from driftgate.hcl.edit import Edit, EditError, apply_edits
from driftgate.hcl.error import HclError
from driftgate.hcl.json_syntax import parse_json_value
from driftgate.hcl.parse import parse
from driftgate.hcl.second_opinion import refused_change
from driftgate.remediate.execute.diff import lines_of
from driftgate.remediate.trace.site import CannotTraceError
from driftgate.remediate.trace.wanted import Change

_NO_NEWLINE = "\\ No newline at end of file\n"


def patched(changes: Iterable[Change]) -> dict[str, str]:
    """The new text of every file that the changes touch, by path.

    Raises CannotTraceError when two changes want the same place, or what comes out is no HCL.
    """
    texts: dict[str, str] = {}
    edits: dict[str, list[Edit]] = {}
    for change in changes:
        texts[change.path] = change.text
        edits.setdefault(change.path, []).extend(change.edits)
    return {path: _edited(path, texts[path], edits[path]) for path in sorted(texts)}


def _edited(path: str, text: str, edits: Sequence[Edit]) -> str:
    if UNREADABLE in text:
        raise CannotTraceError(f"{path} has comments that are not UTF-8", next_step="save it as UTF-8 first")
    try:
        new = apply_edits(text, edits, aligned=is_hcl(path))
        _check(path, text, new)
    except (EditError, HclError) as error:
        raise CannotTraceError(f"{path}: {error.message}", next_step="edit it by hand") from None
    return new


def is_hcl(path: str) -> bool:
    """Whether a file is written in HCL; templates, policies and whatever else `file()` reads are not."""
    return path.endswith((".hcl", ".tf", ".tofu", ".tfbackend", ".tfvars"))


def _check(path: str, before: str, after: str) -> None:
    if is_hcl(path):
        parse(after, filename=path)
    elif path.endswith(".json") and _is_json(before):
        parse_json_value(after, filename=path)


def _is_json(text: str) -> bool:
    """A template of JSON need not be any."""
    try:
        parse_json_value(text)
    except HclError:
        return False
    return True


def second_opinion(path: str, before: str, after: str) -> str:
    """Why python-hcl2 takes what changes in a file no more, "" where it does, or never did."""
    reason = refused_change(before, after) if is_hcl(path) else ""
    return f"python-hcl2 does not accept the change: {reason}" if reason else ""


def unified_diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The diff of these files, "" where nothing differs; paths are relative to the repo's root. A file that `before`
    has not is new."""
    return "".join(_file_diff(path, before.get(path), after[path]) for path in sorted(after))


def _file_diff(path: str, old: str | None, new: str) -> str:
    if old == new:
        return ""
    head = f"diff --git a/{path} b/{path}\n" + ("new file mode 100644\n" if old is None else "")
    source = "/dev/null" if old is None else f"a/{path}"
    lines = difflib.unified_diff(lines_of(old or ""), lines_of(new), source, f"b/{path}")
    return head + "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)

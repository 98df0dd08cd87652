"""Patches as commits, one for each unit, on top of a branch as the remote has it; and whose commits a branch holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from driftgate.discover.changed import differing_files, touched_units, untracked_files
from driftgate.discover.git import GitError
from driftgate.remediate.clone import Clone
from driftgate.remediate.patch import patched, unified_diff
from driftgate.remediate.proposal import Accepted, Refused
from driftgate.remediate.trace.wanted import Change
from driftgate.unit import Unit

_TRAILER = re.compile(r"^Driftgate-(Unit|Base|Tree): (.*)$", re.MULTILINE)
_REGULAR = ("100644", "100755")
_LOADED = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json", ".hcl")
"""What is read without being named. Of files that git does not know these alone make a plan another one: tracked code
that names any other such file does not plan on the remote's branch anyway."""


@dataclass(frozen=True, slots=True)
class UnitCommit:
    """The commit that accepts what is live in one unit. `patch` is its diff."""

    unit: str
    workspace: str
    subject: str
    body: str
    patch: str
    items: tuple[Accepted, ...]

    @property
    def name(self) -> str:
        """The unit, with its workspace where that is not the default one."""
        return self.unit if self.workspace == "default" else f"{self.unit} ({self.workspace})"


@dataclass(frozen=True, slots=True)
class Tip:
    """What a branch of the remote ends with. `ours`: it is as dg made it; else `said` tells whose it is. `units` are
    those that dg's commits on it are for."""

    sha: str
    ours: bool
    said: str
    base: str = ""
    units: tuple[str, ...] = ()


def by_unit(accepted: Sequence[Accepted], redact: Callable[[str], str]) -> list[UnitCommit]:
    """The commits to make, in the order of the units; what they say is redacted, what they change is not."""
    grouped: dict[tuple[str, str], list[Accepted]] = {}
    for item in accepted:
        grouped.setdefault(item.target.unit, []).append(item)
    made: list[UnitCommit] = []
    before: dict[str, list[Change]] = {}
    for (unit, workspace), items in sorted(grouped.items()):
        made.append(_unit_commit(unit, workspace, before, items, redact))
        _take(before, items)
    return made


def _take(taken: dict[str, list[Change]], items: Iterable[Accepted]) -> None:
    for item in items:
        taken.setdefault(item.change.path, []).append(item.change)


def _unit_commit(
    unit: str,
    workspace: str,
    before: Mapping[str, Sequence[Change]],
    items: Sequence[Accepted],
    redact: Callable[[str], str],
) -> UnitCommit:
    own = {item.change.path: item.change.text for item in items}
    earlier = [change for path in own for change in before.get(path, ())]
    after = patched([*earlier, *(item.change for item in items)])
    texts = own | patched(earlier)
    where = unit if workspace == "default" else f"{unit} ({workspace})"
    attributes: dict[str, list[str]] = {}
    for item in items:
        attributes.setdefault(item.target.finding.address, []).append(item.target.attribute.path)
    said = "\n".join(f"{address}: {', '.join(paths)}" for address, paths in attributes.items())
    subject, patch = redact(f"Accept what is live in {where}"), unified_diff(texts, after)
    return UnitCommit(unit, workspace, subject, redact(said), patch, tuple(items))


def not_as_in(
    clone: Clone, base: str, units: Sequence[Unit], accepted: Iterable[Accepted], *, env: Mapping[str, str]
) -> list[Refused]:
    """Those of the accepted whose proof does not hold for the commit `base`: code of their unit is another one here."""
    untracked = {file for file in untracked_files(clone.root) if file.endswith(_LOADED) and not _is_lock(file)}
    changed = differing_files(clone.root, base, env=clone.env) | untracked
    reasons = {}
    for unit in touched_units(clone.root, units, frozenset(changed), env=env):
        files = sorted(changed)
        near = [file for file in files if file.startswith(f"{unit.path}/")] or files
        reasons[str(unit.path)] = f"{near[0]} here is not as on the remote's branch, which the proof would not hold for"
    return [
        Refused(item.target, reasons[item.target.finding.unit], "commit and push, or pull, and run again")
        for item in accepted
        if item.target.finding.unit in reasons
    ]


def _is_lock(file: str) -> bool:
    """The dependency lock file, which any `terraform init` writes."""
    return PurePosixPath(file).name == ".terraform.lock.hcl"


def commit(clone: Clone, base: str, commits: Sequence[UnitCommit]) -> str:
    """Make them on top of the commit `base` and return the last one's id. Their files must be plain ones there
    (`not_files`). Raises GitError."""
    clone.git("read-tree", base, index=True)
    parent, so_far = base, dict[str, list[Change]]()
    for one in commits:
        _take(so_far, one.items)
        own = sorted({item.change.path for item in one.items})
        for path, text in patched(change for name in own for change in so_far[name]).items():
            clone.git("update-index", "--add", "--cacheinfo", _entry(clone, base, path, text), index=True)
        tree = clone.git("write-tree", index=True)
        trailers = f"Driftgate-Unit: {one.unit}\nDriftgate-Base: {base}\nDriftgate-Tree: {tree}"
        message = clone.private / "message"
        message.write_text(f"{one.subject}\n\n{one.body}\n\nProved by a plan of the patched code.\n\n{trailers}\n")
        parent = clone.git("commit-tree", tree, "-p", parent, "-F", str(message))
    return parent


def _entry(clone: Clone, base: str, path: str, text: str) -> str:
    """A line of the index for the file's new text, as `git add` would clean it."""
    mode = _mode_of(clone, base, path) or "100644"
    file = clone.private / "text"
    file.write_bytes(text.encode())
    return f"{mode},{clone.git('hash-object', '-w', f'--path={path}', str(file))},{path}"


def _mode_of(clone: Clone, base: str, path: str) -> str:
    """The mode of the file in `base`, "" where it is not there."""
    return clone.git("ls-tree", "-z", base, "--", path).partition(" ")[0]


def not_files(clone: Clone, base: str, accepted: Iterable[Accepted]) -> list[Refused]:
    """Those of the accepted whose file is no plain one in `base`: a link, or not in git at all."""
    modes: dict[str, str] = {}
    refused = []
    for item in accepted:
        path = item.change.path
        if path not in modes:
            modes[path] = _mode_of(clone, base, path)
        if modes[path] not in _REGULAR:
            what = "is no plain file in git" if modes[path] else "is not in git on the remote's branch"
            refused.append(Refused(item.target, f"{path} {what}", "change it by hand: dg remediate patch"))
    return refused


def tip_of(clone: Clone, sha: str) -> Tip:
    """What is at the tip `sha` of a branch, which was fetched."""
    tree, author, subject, message = clone.git("log", "-1", "--format=%T%x00%an%x00%s%x00%B", sha).split("\0", 3)
    found = dict(_TRAILER.findall(message))
    if found.get("Tree") != tree or not found.get("Base"):
        return Tip(sha, False, f"{sha[:10]} by {author}: {subject}")
    messages = clone.git("log", "--first-parent", "--max-count=1000", "--format=%B", sha, f"^{found['Base']}")
    units = {value for key, value in _TRAILER.findall(messages) if key == "Unit"}
    return Tip(sha, True, "", found["Base"], tuple(sorted(units)))


def same_changes(clone: Clone, tip: Tip, base: str, sha: str) -> bool:
    """Whether the commits from `base` to `sha` change the same files in the same way as those that end in `tip`."""
    try:
        before = clone.git("diff-tree", "-r", "--no-renames", tip.base, tip.sha)
    except GitError:  # its base is not here, as in a shallow clone
        return False
    return before == clone.git("diff-tree", "-r", "--no-renames", base, sha)

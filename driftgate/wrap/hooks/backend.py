"""Every unit keeps its state in a place of its own, locked and encrypted, and nobody moves a state by accident."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from driftgate.backends.where_public import NOT_WHERE
from driftgate.discover.backend_block import declared_backend
from driftgate.discover.module import Module, SourceFile, load
from driftgate.discover.settings import settings
from driftgate.discover.units import GUESSED, discover, shared_states
from driftgate.discover.walk import scan
from driftgate.hcl.ast import Body
from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse
from driftgate.unit import Unit
from driftgate.wrap.hooks.check import Commit, Problem

_SOURCES = (".tf", ".tofu", ".tf.json", ".tofu.json", ".hcl")
_LOCK_FILE = ".terraform.lock.hcl"
# Types whose service locks by itself, or that have no lock to configure.
_LOCKED = frozenset({"local", "cloud", "remote", "inmem"})
_UNLOCKED_COMMAND = re.compile(
    r"\b(?:terraform|tofu|terragrunt)(?:\s+-\S+)*\s+(?:run(?:-all)?\s+(?:-\S*\s+)*)?(?P<command>[a-z][a-z-]*)\b"
    r"[^\n;&|]*?\s--?lock=false"
    r"|TF_CLI_ARGS(?P<suffix>_\w+)?[\"']?\s*[=:][^\n]*--?lock=false"
)
_SCRIPTS = re.compile(
    r"(?:^|/)(?:GNU)?[Mm]akefile$|\.(?:sh|bash|zsh|mk|ya?ml|ps1)$|(?:^|/)(?:[Jj]ustfile|Jenkinsfile)$"
)
_READ_ONLY = ("plan", "show", "output", "validate", "_plan", "_show", "_output")


def backend(commit: Commit) -> Iterator[Problem]:
    """Problems of the units whose files are given, and states that they share with any other unit."""
    yield from _unlocked_commands(commit)
    folders = {posixpath.dirname(file) or "." for file in commit.files if _is_source(file)}
    if not folders:
        return
    units = discover(commit.root, env=commit.env)
    yield from _shared(units, folders)
    for folder in sorted(folders):
        yield from _moved(commit, folder, _file_of(commit, folder))
    for unit in units:
        if str(unit.path) in folders:
            yield from _problems(commit, unit, _file_of(commit, str(unit.path)))


def _is_source(file: str) -> bool:
    return file.endswith(_SOURCES) and not file.endswith(_LOCK_FILE)


def _shared(units: Sequence[Unit], folders: set[str]) -> Iterator[Problem]:
    for identity, paths in shared_states(units):
        names = [str(path) for path in paths]
        if folders & set(names):
            message = f"one state, several units: {', '.join(names)} keep theirs at {identity}"
            yield Problem("shared-state", names[0], 0, message, "give each unit a key of its own")


def _problems(commit: Commit, unit: Unit, file: str) -> Iterator[Problem]:
    if unit.error is not None or unit.location is None:
        return
    kind, config = unit.backend.type, unit.backend.config
    if kind == "local" and GUESSED not in unit.undecided and _is_shared(commit):
        message = f"the unit {unit.path} keeps its state on the machine of whoever applies it"
        yield Problem("local-backend", file, 0, message, "give it a backend that everybody reaches, such as s3")
    if unit.location.lock is None and kind not in _LOCKED:
        advice = "add `use_lockfile = true`" if kind == "s3" else "configure its lock"
        yield Problem("no-lock", file, 0, f"the state of {unit.path} has no lock: two applies lose one's work", advice)
    if kind == "s3" and config.get("encrypt") is not True and "kms_key_id" not in config:
        message = f"the backend of {unit.path} does not ask for encryption"
        yield Problem("no-encryption", file, 0, message, "add `encrypt = true`")
    if str(config.get("address", "")).startswith("http://"):
        message = f"the state of {unit.path} goes over the network in clear"
        yield Problem("no-encryption", file, 0, message, "use the https address")


def _is_shared(commit: Commit) -> bool:
    return bool((commit.git(["remote"]) or "").strip())


def _file_of(commit: Commit, folder: str) -> str:
    """The file to name for a folder: the given one that speaks of its backend, else the first given one in it."""
    files = [file for file in commit.files if (posixpath.dirname(file) or ".") == folder and _is_source(file)]
    speaking = (
        file for file in files if any(word in commit.text(file) for word in ("backend", "cloud", "remote_state"))
    )
    return next(speaking, files[0])


def _moved(commit: Commit, folder: str, file: str) -> Iterator[Problem]:
    """A backend block that says another place than the last commit's, in a folder that still has code."""
    before, here = _module_at_head(commit, folder), scan(commit.root, folder, ".terraform")
    if before is None or not here.is_module:
        return
    now = declared_backend(
        load(commit.root, here, "tofu" if any(".tofu" in name for name in here.files) else "terraform")
    )
    was = declared_backend(before)
    if was.error or now.error or (was.type, _where(was.body)) == (now.type, _where(now.body)):
        return
    message = (
        f"this moves the state of {folder} from `{was.type}` to `{now.type}`"
        if was.type != now.type
        else (f"this moves the state of {folder} to another place in `{now.type}`")
    )
    yield Problem(
        "moved-state", file, 0, message,
        "after merging run `terraform init -migrate-state` there once; if that is meant: SKIP=dg-backend git commit",
    )  # fmt: skip


def _where(body: Body) -> object:
    found = settings(body)
    values = {name: value for name, value in found.values.items() if name not in NOT_WHERE}
    return values, sorted(name for name in found.unknown if name not in NOT_WHERE)


def _module_at_head(commit: Commit, folder: str) -> Module | None:
    """The unit as the last commit has it, of the files that may say a backend; None when it had none."""
    names = [f"{'' if folder == '.' else folder + '/'}*{suffix}" for suffix in (".tf", ".tofu")]
    specs = [f":(glob){name}" for name in names]
    speaking = commit.git(["grep", "-l", "-z", "-E", "backend|cloud", "HEAD", "--", *specs])
    if not speaking and not commit.git(["ls-tree", "--name-only", "HEAD", f"{folder}/"]):
        return None
    files = []
    for name in (found.removeprefix("HEAD:") for found in (speaking or "").split("\0") if found):
        text = commit.git(["show", f"HEAD:{name}"]) or ""
        try:
            override = posixpath.basename(name).partition(".")[0].endswith("override")
            files.append(SourceFile(name, text, parse(text), override))
        except HclError:
            return None
    return Module(folder, tuple(sorted(files, key=lambda file: (file.override, file.path))))


def _unlocked_commands(commit: Commit) -> Iterator[Problem]:
    for file in filter(_SCRIPTS.search, commit.files):
        text = commit.text(file)
        for match in _UNLOCKED_COMMAND.finditer(text):
            if (match["command"] or match["suffix"]) not in _READ_ONLY:
                line = text.count("\n", 0, match.start()) + 1
                message = "`-lock=false` lets two applies write one state"
                yield Problem("lock-false", file, line, message, "remove it; to wait for a lock use -lock-timeout=5m")

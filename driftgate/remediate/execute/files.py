"""Files of the repo that steps change: only its own code, only from the text it was planned for, whole or not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from driftgate.drift.ignore import FILE as IGNORE_FILE
from driftgate.drift.ignore import with_lines
from driftgate.errors import DriftgateError
from driftgate.remediate.execute.diff import apply_diff
from driftgate.remediate.execute.document import DocumentStep
from driftgate.safety.private_files import DRAFT, sync_folder, write_all

_CODE = frozenset({".tf", ".tofu", ".tfvars", ".hcl"})
_NEVER = frozenset({".git", ".terraform", ".terragrunt-cache", ".terraform.lock.hcl"})


class FileError(DriftgateError):
    """A file that may not, or cannot, be changed."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """The file at `path`, relative to the repo: its bytes before and after; None where there is no file."""

    path: str
    before: bytes | None
    after: bytes | None


def sha256(data: bytes | None) -> str:
    """The hash of a file's bytes, "" for no file."""
    return "" if data is None else hashlib.sha256(data).hexdigest()


def patch_changes(root: Path, step: DocumentStep, kept: Mapping[str, bytes | None]) -> list[FileChange]:
    """What the step's patch does: to the files that were `kept` when it was begun before, else to those of now.

    None where they have it all already. Raises FileError where one is not as it was planned for, DiffError for a patch
    that is not what it says.
    """
    current = {file.path: kept[file.path] if file.path in kept else read(root, file.path) for file in step.files}
    if all(sha256(current[file.path]) == file.after for file in step.files):
        return []
    for file in step.files:
        if sha256(current[file.path]) != file.before:
            raise FileError(
                f"{file.path} is not the text that step {step.number} was planned for",
                next_step="take the steps before it too, or plan again",
            )
    texts = {path: data.decode() for path, data in current.items() if data is not None}
    after = {path: text.encode() for path, text in apply_diff(step.patch, texts).items()}
    strange = {file.path for file in step.files if sha256(after.get(file.path)) != file.after}
    strange |= after.keys() - current.keys()
    if strange:
        raise FileError(f"the patch of step {step.number} makes something else of {min(strange)} than was planned")
    return [FileChange(path, current[path], after[path]) for path in sorted(after)]


def ignore_changes(root: Path, lines: Sequence[str], kept: Mapping[str, bytes | None]) -> list[FileChange]:
    """The .driftignore with `lines` at its end, in its own line ends; none where it has them all."""
    before = kept[IGNORE_FILE] if IGNORE_FILE in kept else read(root, IGNORE_FILE)
    text = (before or b"").decode()
    after = with_lines(text, lines)
    return [] if after == text else [FileChange(IGNORE_FILE, before, after.encode())]


def put(root: Path, change: FileChange) -> None:
    """Make the change, unless it is made. Raises FileError where the file is neither as before nor as after."""
    found = read(root, change.path)
    if found == change.after:
        return
    if found != change.before:
        raise FileError(f"{change.path} was changed meanwhile", next_step="look at it, and plan again")
    write(root, change.path, change.after)


def read(root: Path, path: str) -> bytes | None:
    """The bytes of a file of the repo, None where there is none. Raises FileError."""
    try:
        return inside(root, path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None


def write(root: Path, path: str, data: bytes | None) -> None:
    """Make the file hold `data`, None: take it away. Whole when it returns; its mode stays. Raises FileError."""
    target = inside(root, path)
    draft = target.with_name(f".{target.name}.{os.getpid()}{DRAFT}")
    try:
        if data is None:
            target.unlink(missing_ok=True)
        else:
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                write_all(descriptor, data)
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(draft, target)
        sync_folder(target.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise FileError(f"cannot write {path}: {error.strerror}") from None


def inside(root: Path, path: str) -> Path:
    """Where the file is. Raises FileError for what is no code of this repo: nothing else is reached."""
    name = PurePosixPath(path)
    is_code = path == IGNORE_FILE or name.suffix in _CODE or name.name.endswith((".tf.json", ".tfvars.json"))
    real = (root / path).resolve()
    bad = name.is_absolute() or ".." in name.parts or _NEVER.intersection(name.parts)
    if bad or not is_code or not real.is_relative_to(root.resolve()):
        raise FileError(f"{path} is no code of this repo, and is not touched", next_step="do not trust this plan file")
    return real

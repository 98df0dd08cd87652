"""A repo with some files changed, beside the real one: real folders on the way to them, links to everything else."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

NEVER_LINKED = frozenset({".terraform", ".git"})


@contextmanager
def overlay(
    root: Path, files: Mapping[str, str], units: Sequence[str] = (), *, data_dir: str = ".terraform"
) -> Iterator[Path]:
    """The repo at `root` with `files` (path relative to it, new text) in a private folder that is removed afterwards.

    The folders of `units` are real too, so that terraform in them sees the changed files around it and writes nothing
    to the repo; where one is initialised its copy is, by links into `data_dir`.
    """
    with tempfile.TemporaryDirectory(prefix="driftgate-", ignore_cleanup_errors=True) as folder:
        top = Path(folder).resolve()
        real = {PurePosixPath(".")}
        for path in (*(PurePosixPath(name).parent for name in files), *map(PurePosixPath, units)):
            real.update((path, *path.parents))
        for path in sorted(real, key=lambda p: len(p.parts)):
            _lay(root / path, top / path, real, path)
        if (root / ".git").exists():  # Terragrunt looks for the repo's root by it
            (top / ".git").mkdir()
        for unit in units:
            _initialise(root / unit / data_dir, top / unit / data_dir)
        for name, text in files.items():
            target = top / name
            target.unlink(missing_ok=True)
            target.write_bytes(text.encode())
        yield top


def _lay(source: Path, target: Path, real: set[PurePosixPath], path: PurePosixPath) -> None:
    target.mkdir(exist_ok=True)
    if not source.is_dir():
        return
    for entry in source.iterdir():
        if entry.name not in NEVER_LINKED and path / entry.name not in real:
            (target / entry.name).symlink_to(entry.resolve())


def _initialise(source: Path, target: Path) -> None:
    if not source.is_dir() or target.exists():
        return
    target.mkdir()
    for entry in source.iterdir():
        if entry.name == "terraform.tfstate":  # which backend; terraform may write to it
            target.joinpath(entry.name).touch(mode=0o600)
            target.joinpath(entry.name).write_bytes(entry.read_bytes())
        else:
            target.joinpath(entry.name).symlink_to(entry.resolve())

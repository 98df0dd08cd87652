"""Statements in git notes: they travel with the repo (`git push origin refs/notes/driftgate`) and need no bucket."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from driftgate.process import Result, Runner
from driftgate.safety.backup import BackupError

REF = "refs/notes/driftgate"
_TRIES = 20
_AS_DG = ("-c", "user.name=dg", "-c", "user.email=dg@localhost")  # machines that only run CI have no identity


@dataclass(frozen=True, slots=True)
class GitNotes:
    """A Store in the repo at `root`. A file is a note on the blob that holds its name: the name, a line end, the bytes.

    git refuses a second note on one object, but moves a ref of notes whatever it has become meanwhile (seen with git
    2.39: of two that add at once both succeed, and one note is lost). So a note is added to a draft of the ref, which
    takes the ref's place only where that is what it was: a name is taken once.
    """

    root: Path
    env: Mapping[str, str]
    run: Runner
    durable: bool = True

    @property
    def address(self) -> str:
        return f"{REF} of {self.root}"

    def put_new(self, name: str, data: bytes) -> bool:
        note, named = self._object(name.encode() + b"\n" + data, keep=True), self._object(name.encode(), keep=True)
        draft = f"{REF}-draft-{os.getpid()}-{os.urandom(4).hex()}"
        for _ in range(_TRIES):
            result = self._put(note, named, draft)
            if result.ok:
                return True
            if self.get(name) is not None:
                return False
        raise self._failed("write", result)

    def _put(self, note: str, named: str, draft: str) -> Result:
        """One try to add the note: it fails when another one was added meanwhile."""
        before = self._git("rev-parse", "--verify", "--quiet", REF).stdout.decode().strip()
        try:
            steps = [("notes", f"--ref={draft}", "add", "-C", note, named), ("update-ref", REF, draft, before)]
            if before:  # else the second step demands that there is still no ref
                steps.insert(0, ("update-ref", draft, before))
            for step in steps:
                result = self._git(*step)
                if not result.ok:
                    break
            return result
        finally:
            self._git("update-ref", "-d", draft)

    def get(self, name: str) -> bytes | None:
        result = self._git("notes", f"--ref={REF}", "list", self._object(name.encode()))
        if result.ok:
            return self._note(result.stdout.decode().strip())[1]
        if b"no note found" in result.stderr.lower():
            return None
        raise self._failed("read", result)

    def names(self) -> Iterator[str]:
        result = self._git("notes", f"--ref={REF}", "list")
        if not result.ok:
            raise self._failed("list", result)
        for line in result.stdout.decode().splitlines():
            yield self._note(line.split()[0])[0]

    def delete(self, name: str) -> None:
        raise BackupError(f"{name} in {self.address} is not removed", next_step="approvals expire by themselves")

    def _object(self, data: bytes, *, keep: bool = False) -> str:
        """The id of a blob, which is written where `keep`: a Runner has no stdin."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            result = self._git("hash-object", *(["-w"] if keep else []), "--no-filters", file.name)
        if not result.ok:
            raise self._failed("write", result)
        return result.stdout.decode().strip()

    def _note(self, blob: str) -> tuple[str, bytes]:
        result = self._git("cat-file", "blob", blob)
        if not result.ok:
            raise self._failed("read", result)
        name, _, data = result.stdout.partition(b"\n")
        return name.decode("utf-8", "replace"), data

    def _git(self, *words: str) -> Result:
        env = {name: value for name, value in self.env.items() if not name.startswith("GIT_")}
        env["LC_ALL"] = "C"  # that a note is not there, git says in words only
        try:
            return self.run(("git", *_AS_DG, *words), cwd=self.root, env=env)
        except OSError as error:
            raise BackupError(f"cannot run git: {error.strerror}", next_step="install git") from None

    def _failed(self, act: str, result: Result) -> BackupError:
        said = result.stderr.decode("utf-8", "replace").strip().splitlines()
        return BackupError(
            f"cannot {act} {self.address}: {said[-1] if said else 'git said nothing'}",
            next_step="stand in a clone of the repo that you may write to",
        )

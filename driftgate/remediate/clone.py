"""The user's clone as a place to make commits from, which leaves no trace in it: new objects go to a private folder,
trees are made in an index of their own, and no ref moves here. Its settings and credentials are git's own."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from driftgate.discover.git import GitError, git
from driftgate.errors import DriftgateError, RepoError

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s']+@")
_ALONE = ("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "push.followTags=false")
_PROTECTED = ("protected branch", "GH006", "GH013", "not allowed to", "hook declined", "rule violations")
_NO_ACCESS = ("could not read Username", "Authentication failed", "Permission denied", "403", "access denied")


class PushError(DriftgateError):
    """The remote did not take, or give, what was asked of it."""


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone at `root`, the `url` of its remote `name`, and the folder `private` for whatever is written."""

    root: Path
    name: str
    url: str
    private: Path
    env: Mapping[str, str]

    def git(self, *words: str, index: bool = False) -> str:
        """What git says. Raises GitError. With `index` it uses the private one."""
        own = {"GIT_INDEX_FILE": str(self.private / "index")} if index else {}
        return git(self.root, *_ALONE, *words, env={**self.env, **own})

    def tips(self, *branches: str) -> dict[str, str]:
        """The commits at the tips of those of the branches that the remote has, fetched. Raises PushError."""
        refs = [f"refs/heads/{branch}" for branch in branches]
        listed = self._remote("read", "ls-remote", self.url, *refs)
        known = {ref: sha for sha, _, ref in (line.partition("\t") for line in listed.splitlines())}
        found = {branch: known[ref] for branch, ref in zip(branches, refs, strict=True) if ref in known}
        absent = [f"refs/heads/{branch}" for branch, sha in found.items() if not self.has(sha)]
        if absent:
            options = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--quiet")
            self._remote("read", "fetch", *options, self.url, *absent)
        return found

    def has(self, sha: str) -> bool:
        """Whether that commit is here."""
        try:
            self.git("cat-file", "-e", f"{sha}^{{commit}}")
        except GitError:
            return False
        return True

    def push(self, branch: str, sha: str, *, expected: str) -> None:
        """Make the remote's branch `sha` ("" removes it) where it is `expected` ("": not there). Raises PushError.

        The clone's own hooks are left out: what `pre-push` looks at is the work tree, which this is not about.
        """
        lease = f"--force-with-lease=refs/heads/{branch}:{expected}"
        options = ("--no-verify", "--recurse-submodules=no", "--quiet", lease)
        self._remote(f"push {branch} to", "push", *options, self.url, f"{sha}:refs/heads/{branch}")

    def _remote(self, act: str, *words: str) -> str:
        try:
            return self.git(*words)
        except GitError as error:
            raise _refused(f"cannot {act} the remote {self.name}", error.said) from None


@contextmanager
def open_clone(root: Path, remote: str, url: str, *, token: str, user: str, env: Mapping[str, str]) -> Iterator[Clone]:
    """The clone at `root`, to be used with its remote of that name at `url`. Over https it signs in as git is set up
    to, else with the token, as `user`."""
    objects = git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    with tempfile.TemporaryDirectory(prefix="driftgate-") as folder:
        private = Path(folder)
        (private / "objects").mkdir()
        own = {
            "GIT_OBJECT_DIRECTORY": str(private / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
            **_identity(root, env),
            **_signed_in(root, url, token, user, env),
        }
        yield Clone(root, remote, url, private, own)


def remote_url(root: Path, remote: str) -> str:
    """Where pushes to that remote go. Raises RepoError for a folder that is no clone, or has no such remote."""
    try:
        return git(root, "remote", "get-url", "--push", remote)
    except GitError as error:
        raise _not_usable(root, remote, error) from None


def current_branch(root: Path) -> str:
    """The branch that is checked out at `root`, "" for a detached HEAD."""
    try:
        return git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    except GitError:
        return ""


def _identity(root: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Who commits, where git does not know: machines that only run CI have no identity."""
    try:
        if env.get("GIT_AUTHOR_EMAIL") or git(root, "config", "user.email"):
            return {}
    except GitError:
        pass
    names = {f"GIT_{who}_NAME": "dg" for who in ("AUTHOR", "COMMITTER")}
    return names | {f"GIT_{who}_EMAIL": "dg@localhost" for who in ("AUTHOR", "COMMITTER")}


def _signed_in(root: Path, url: str, token: str, user: str, env: Mapping[str, str]) -> dict[str, str]:
    """Settings of the environment, and the token as a header where git has none for that place: a second one would be
    refused (actions/checkout leaves one unless it is told not to)."""
    count = int(env["GIT_CONFIG_COUNT"]) if env.get("GIT_CONFIG_COUNT", "").isdecimal() else 0
    kept = {"GIT_CONFIG_COUNT": str(count)} if count else {}
    parts = urlsplit(url)
    if parts.scheme != "https" or not token:
        return kept
    try:
        git(root, "config", "--get-urlmatch", "http.extraheader", url, env=kept)
        return kept
    except GitError:
        place = f"https://{parts.netloc.rpartition('@')[2]}/"
        secret = base64.b64encode(f"{user}:{token}".encode()).decode()
        return {
            "GIT_CONFIG_COUNT": str(count + 1),
            f"GIT_CONFIG_KEY_{count}": f"http.{place}.extraheader",
            f"GIT_CONFIG_VALUE_{count}": f"Authorization: Basic {secret}",
        }


def _not_usable(root: Path, remote: str, error: GitError) -> RepoError:
    if "not a git repository" in error.said:
        return RepoError(f"{root} is not in a git work tree", next_step="stand in a clone of your repo")
    known = git(root, "remote").split()
    step = f"name one of {', '.join(known)} with --remote" if known else f"git remote add {remote} URL"
    return RepoError(f"{root} has no remote {remote}", next_step=step)


def _refused(what: str, said: str) -> PushError:
    lines = [line.strip() for line in _CREDENTIALS.sub("", said).splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "fatal:" in line or "rejected]" in line] or lines
    return PushError(f"{what}: {'; '.join(telling[:3]) or 'git said nothing'}", next_step=_next_step(said))


def _next_step(said: str) -> str:
    if "stale info" in said or "fetch first" in said:
        return "somebody pushed meanwhile: run again"
    if any(word in said for word in _PROTECTED):
        return "let this user push branches that begin with driftgate/, or name another one with --branch"
    if any(word in said for word in _NO_ACCESS):
        return "give the token the right to write code (GitHub: `contents: write`), or set git up to sign in"
    return "check that `git push` works here"

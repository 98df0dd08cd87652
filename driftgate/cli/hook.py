"""`dg hook`: the bodies of the pre-commit hooks, and the hooks of plain git."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from driftgate.errors import ExitCode, RepoError
from driftgate.wrap.hooks.table import HOOKS

if TYPE_CHECKING:
    from driftgate.wrap.hooks.arguments import Arguments
    from driftgate.wrap.hooks.check import Commit

_NOBODY = "0" * 40
EPILOG = """\b
Hooks:
  dg-config      the repo's settings files are right
  dg-no-state    no states, plans or backups are committed
  dg-backend     no two units share a state; locks and encryption are on; no state moves by accident
  dg-fmt-ignore  .driftignore is right, nothing in it is over
  dg-drift       scan the units that changed for drift: asks the cloud, so for pre-push and by hand
  pre-commit     all offline hooks on what is staged, for plain git
  pre-push       dg-drift, for plain git

\b
Examples:
  dg hook dg-no-state $(git diff --cached --name-only)
  dg hook dg-backend --hook-config=--skip=local-backend live/app/main.tf
  dg hook dg-drift --args=--fail-on=high

\b
Options in the style of pre-commit-terraform: --args=…, --hook-config=--name=value, --tf-init-args=…, --env-vars=K=V.
Exit codes: 0 nothing found, 2 something found, 1 an error.
"""


@click.command(
    name="hook",
    epilog=EPILOG,
    context_settings={
        "ignore_unknown_options": True,
        "help_option_names": ["--help"],
        "allow_interspersed_args": False,
    },
)
@click.argument("id", metavar="HOOK", type=click.Choice([*HOOKS, "dg-drift", "pre-commit", "pre-push"]))
@click.argument("words", nargs=-1, metavar="[OPTION|FILE]...", type=click.UNPROCESSED)
def command(id: str, words: tuple[str, ...]) -> int:
    """Check what is about to be committed or pushed."""
    from driftgate import process
    from driftgate.discover.root import repo_root
    from driftgate.wrap.hooks.arguments import parse
    from driftgate.wrap.hooks.check import Commit
    from driftgate.wrap.hooks.git import git_in, scrubbed

    env = scrubbed(os.environ)
    root = repo_root(Path.cwd())
    arguments = parse(words, env, str(root))
    if id == "dg-drift":
        return _drift(arguments, env, env.get("PRE_COMMIT_FROM_REF", ""))
    git = git_in(root, {**env, **arguments.env}, process.run)
    if id == "pre-push":
        return _drift(arguments, env, _pushed_since(sys.stdin, git))
    if id == "pre-commit":
        left_out = [name.strip() for name in env.get("SKIP", "").split(",")]  # as pre-commit has it
        return _report(
            [name for name in HOOKS if name not in left_out], Commit(root, _staged(root), env, git), arguments
        )
    return _report([id], Commit(root, [_in_repo(root, file) for file in arguments.files], env, git), arguments)


def _report(ids: list[str], commit: Commit, arguments: Arguments) -> int:
    from driftgate.cli.emit import emit
    from driftgate.wrap.hooks.table import problems

    found = list(map(str, problems(ids, commit, arguments.skipped)))
    if not found:
        return ExitCode.CLEAN
    emit("\n".join(found), None)
    return ExitCode.FINDINGS


def _in_repo(root: Path, file: str) -> str:
    """A file relative to the repo's root: hooks are given them relative to where they run."""
    path = Path(os.path.abspath(file))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file


def _staged(root: Path) -> list[str]:
    """The files that a commit would add or change. A hook's own index counts, as for `git commit FILE`.

    Raises RepoError when git cannot say.
    """
    from driftgate import process

    argv = ["git", "diff", "--cached", "--name-only", "--no-renames", "--diff-filter=ACMRT", "-z"]
    try:
        done = process.run(argv, cwd=root, env=dict(os.environ))
    except FileNotFoundError:
        raise RepoError("git is not on PATH", next_step="install git, or name the files to check") from None
    if not done.ok:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise RepoError(f"git cannot say what is staged: {said}", next_step="run the hook in a git work tree")
    return [name for name in done.stdout.decode("utf-8", "surrogateescape").split("\0") if name]


def _pushed_since(refs: TextIO, git: Callable[[Sequence[str]], str | None]) -> str:
    """What the other side has, as git tells a pre-push hook (githooks(5)); its default branch where that is nothing, or
    was never fetched."""

    def is_here(name: str) -> bool:
        return git(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]) is not None

    if not refs.isatty():
        for line in refs:
            words = line.split()
            if len(words) == 4 and words[3] != _NOBODY and is_here(words[3]):
                return words[3]
    return "origin/HEAD" if is_here("origin/HEAD") else ""


def _drift(arguments: Arguments, env: dict[str, str], since: str) -> int:
    """`dg drift scan` of what changed since that commit (all where there is none), without git's own variables."""
    from driftgate.cli.root import root
    from driftgate.wrap.hooks.arguments import cpus

    own = ["--changed-since", since] if since not in ("", _NOBODY) and "--changed-since" not in arguments.args else []
    if "parallelism-limit" in arguments.config:
        own += ["--parallelism", str(cpus(arguments.config["parallelism-limit"], os.cpu_count() or 1))]
    more = dict(arguments.env)
    if "tf-path" in arguments.config:
        path = arguments.config["tf-path"]
        tool = "tofu" if Path(path).name.startswith("tofu") else "terraform"
        more |= {f"DG_REAL_{tool.upper()}": os.path.abspath(path)}
        own += ["--tool", tool]
    if arguments.init:
        more["TF_CLI_ARGS_init"] = " ".join(arguments.init)
    os.environ.clear()
    os.environ.update({**env, **more})
    code = root.main(["drift", "scan", *own, *arguments.args], prog_name="dg", standalone_mode=False)
    return code if isinstance(code, int) else ExitCode.CLEAN

"""`dg init`: settings, hooks and CI for a repo."""

from __future__ import annotations

import os
from pathlib import Path

import click

from driftgate.errors import DriftgateError, ExitCode

EPILOG = """\b
Examples:
  dg init                       show what would be written
  dg init --yes                 write .driftgate.toml
  dg init --hooks --yes         and the hooks, for pre-commit where the repo uses it, else for plain git
  dg init --ci github --yes     and a workflow for pull requests

\b
Nothing that is there is overwritten. A file for GitLab has to be included, one for Atlantis goes to its server; the
files say how. Others: docs/ci.
"""


@click.command(name="init", epilog=EPILOG)
@click.option("--hooks", is_flag=True, help="Hooks that check each commit.")
@click.option("--ci", multiple=True, type=click.Choice(["github", "github-scheduled", "gitlab", "atlantis"]),
              help="A workflow. Repeatable.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Write it.")
def command(hooks: bool, ci: tuple[str, ...], yes: bool) -> int:
    """Lay out settings, and if wanted hooks and CI, in the repo you stand in."""
    from driftgate import process
    from driftgate.cli.emit import note
    from driftgate.discover.root import repo_root
    from driftgate.wrap.hooks.git import git_in, scrubbed
    from driftgate.wrap.setup import Leave, planned, write

    root = repo_root(Path.cwd())
    hooks_path = git_in(root, scrubbed(os.environ), process.run)(["config", "--path", "--get", "core.hooksPath"])
    for step in planned(root, hooks=hooks, ci=ci, hooks_path=(hooks_path or "").strip()):
        shown = step.path.relative_to(root) if step.path.is_relative_to(root) else step.path
        if isinstance(step, Leave):
            click.echo(f"left     {shown}: {step.why}")
            continue
        click.echo(f"{'written' if yes else 'would be'}  {shown}: {step.why}")
        if yes:
            try:
                write(step)
            except OSError as error:
                raise DriftgateError(
                    f"cannot write {step.path}: {error.strerror}", next_step="check the folder"
                ) from None
    if not yes:
        note("nothing written; --yes writes it")
    return ExitCode.CLEAN

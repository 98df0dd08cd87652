"""`dg completion`: the shell code that completes `dg`'s commands and options."""

from __future__ import annotations

import click

from driftgate.errors import ExitCode

EPILOG = """\b
Examples:
  dg completion bash > ~/.local/share/bash-completion/completions/dg
  dg completion zsh > ~/.zfunc/_dg
  dg completion fish > ~/.config/fish/completions/dg.fish
"""


@click.command(name="completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print completion code for a shell."""
    from click.shell_completion import get_completion_class

    from driftgate.cli.root import root

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(root, {}, "dg", "_DG_COMPLETE").source(), nl=False)
    return ExitCode.CLEAN

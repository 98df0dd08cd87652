"""`dg state mv`, `rm` and `replace-provider`: on the state's own bytes, without init and without providers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from driftgate.cli.options import unit_option
from driftgate.cli.state_write import DRY_RUN, guarded_write, write_options

if TYPE_CHECKING:
    from driftgate.state.file import StateFile

NOTE = """\b
What is not named stays as it is, byte for byte. Addresses with quotes need quoting in a shell: 'aws_x.y["z"]'.
"""
MV = f"""\b
Examples:
  dg state mv aws_s3_bucket.a aws_s3_bucket.b                show what that would change
  dg state mv aws_s3_bucket.a 'module.m.aws_s3_bucket.b["k"]' --unit live/app --yes
  dg state mv module.old module.new --yes

{DRY_RUN}
{NOTE}"""
RM = f"""\b
Examples:
  dg state rm aws_s3_bucket.a --unit live/app                show what would be forgotten
  dg state rm module.old 'aws_s3_bucket.b["k"]' --yes

{DRY_RUN}
\b
The objects go on existing and nothing manages them any more; the next apply creates them again if they are in the code.
{NOTE}"""
REPLACE = f"""\b
Examples:
  dg state replace-provider hashicorp/aws registry.acme.corp/acme/aws
  dg state replace-provider registry.terraform.io/-/aws hashicorp/aws --unit live/app --yes

{DRY_RUN}
{NOTE}"""


@click.command(epilog=MV)
@click.argument("source")
@click.argument("destination")
@unit_option
@write_options
def mv(source: str, destination: str, target: Path, **options: Any) -> int:
    """Move a resource, an instance or a module to another address, so that terraform sees it there."""
    from driftgate.state.move import moved

    return _edit(target, "state mv", lambda state: moved(state, source, destination), options)


@click.command(epilog=RM)
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@unit_option
@write_options
def rm(addresses: tuple[str, ...], target: Path, **options: Any) -> int:
    """Forget resources, instances or modules, without touching the objects themselves."""
    from driftgate.state.edit import removed

    return _edit(target, "state rm", lambda state: removed(state, addresses), options)


@click.command(name="replace-provider", epilog=REPLACE)
@click.argument("source", metavar="FROM")
@click.argument("replacement", metavar="TO")
@unit_option
@write_options
def replace_provider(source: str, replacement: str, target: Path, **options: Any) -> int:
    """Give the resources of one provider to another, aliases kept."""
    from driftgate.state.edit import with_provider

    return _edit(target, "state replace-provider", lambda state: with_provider(state, source, replacement), options)


def _edit(target: Path, action: str, edit: Callable[[StateFile], bytes], options: dict[str, Any]) -> int:
    from driftgate.state.file import EncryptedStateError, StateError
    from driftgate.state.writer import Intent

    def change(current: StateFile | None) -> bytes:
        if current is None:
            raise StateError("there is no state yet", next_step="nothing has been applied, so there is nothing to edit")
        return edit(current)

    try:
        return guarded_write(target, Intent(action, change), **options)
    except EncryptedStateError as error:
        error.next_step = f"driftgate only reads such states: use `tofu {action}` in the unit"
        raise

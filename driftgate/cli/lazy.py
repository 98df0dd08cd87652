"""Click groups whose commands are imported when they are run, never to list them."""

from __future__ import annotations

import difflib
from typing import Any, NoReturn

import click

from driftgate.cli.commands import Table, load


class LazyGroup(click.Group):
    """The group of the commands in `table`, shown with its short help texts."""

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        command = load(cmd_name, self.table)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in sorted(self.table)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            self._unknown(ctx, args[0])
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, name: str) -> NoReturn:
        near = difflib.get_close_matches(name, self.table, n=1)
        hint = f" Did you mean `{ctx.command_path} {near[0]}`?" if near else ""
        raise click.UsageError(f"no such command `{name}`.{hint}", ctx)

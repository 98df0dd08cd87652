"""`dg backup`: the group; its commands stand in `commands.py`. Which backups and keys they mean is found here."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from driftgate.cli.commands import BACKUP
from driftgate.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from driftgate.safety.backups.archive import Archive, Kept
    from driftgate.safety.backups.seal import Opener
    from driftgate.settings.schema import BackupSettings

F = TypeVar("F", bound=Callable[..., Any])

EPILOG = """\b
Examples:
  dg backup create                       back up the state of every unit of this repo
  dg backup create live/prod             only of those at or under a folder
  dg backup list --unit 'live/*'
  dg backup verify                       are they whole? exit 2 names those that are not
  dg backup diff 3f9a live/app           what happened since
  dg backup restore 3f9a                 what restoring it would change; --yes does it
  dg backup decrypt 3f9a --out old.tfstate
  dg backup prune                        what could go; --yes removes it

\b
BACKUP is the beginning of a backup's id, or the path of a backup's file.
Where backups go and how they are sealed: [backup] in .driftgate.toml, docs/disaster-recovery.md.
"""


@click.group(name="backup", cls=LazyGroup, table=BACKUP, epilog=EPILOG)
def group() -> None:
    """Keep copies of states that can be trusted, and bring them back.

    A backup is one file, packed and, with a key, sealed; it is never written twice. Every write of driftgate's makes
    one first.
    """


def destination_option(function: F) -> F:
    """`--destination`: backups elsewhere than where the settings say."""
    return click.option(
        "--destination",
        metavar="PLACE",
        help="Backups are in this folder or bucket (`s3://bucket/prefix`) instead of where the settings say.",
    )(function)


def source_options(function: F) -> F:
    """Where backups are and the keys beside those that are set, given to the command as `source`."""

    @wraps(function)
    def command(
        *, destination: str | None, key_files: tuple[Path, ...], identities: tuple[Path, ...], **rest: Any
    ) -> Any:
        return function(source=Source(destination, key_files, identities), **rest)

    decorated: Any = destination_option(command)
    for name, variable, help_ in (
        ("--identity", "identities", "Open backups sealed with age by the private key in FILE. Repeatable."),
        ("--key-file", "key_files", "Open backups sealed with AES by the key in FILE. Repeatable."),
    ):
        decorated = click.option(
            name,
            variable,
            multiple=True,
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help=help_,
        )(decorated)
    found: F = decorated
    return found


@dataclass(frozen=True, slots=True)
class Source:
    """Which backups are meant, and the keys given for opening them."""

    destination: str | None = None
    key_files: tuple[Path, ...] = ()
    identities: tuple[Path, ...] = ()

    @property
    def names_keys(self) -> bool:
        """Whether keys were given, beside those that are set."""
        return bool(self.key_files or self.identities)

    def settings(self) -> BackupSettings:
        """The settings in force, with another destination if one is given. Raises SettingsError."""
        from msgspec.structs import replace

        from driftgate.cli.settings import settings_in_force

        found = settings_in_force().settings.backup
        return replace(found, destination=self.destination) if self.destination else found

    def archive(self) -> Archive:
        """The backups. Raises BackupError, MissingExtra, SettingsError."""
        from driftgate.safety.open import open_backups

        return open_backups(self.settings(), dict(os.environ))

    def openers(self) -> tuple[Opener, ...]:
        """The keys given and those that are set. Raises BackupError, MissingExtra."""
        from driftgate.safety.backups.keys import openers_of

        return openers_of(self.settings(), dict(os.environ), key_files=self.key_files, identities=self.identities)

    def opened(self, backup: str) -> tuple[Kept, bytes]:
        """The backup of that id, or in the file of that name, and the state's bytes in it. Raises BackupError."""
        from driftgate.safety.backup import BackupError
        from driftgate.safety.backups.archive import Kept
        from driftgate.safety.backups.seal import unseal

        path = Path(backup)
        if not path.is_file():
            backups = self.archive()
            kept = backups.find(backup)
            return kept, backups.read(kept, self.openers())
        try:
            label, state = unseal(path.read_bytes(), self.openers())
        except BackupError as error:
            raise type(error)(f"{path}: {error.message}", next_step=error.next_step) from None
        return Kept(backup, label), state

"""What is shared while the configurations of a repo are read: settings, parsed files, and what was read once."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.hcl.values import Unknown
from driftgate.terragrunt.files import Files

Outputs = Callable[[str], Mapping[str, object] | Unknown | None]
"""The outputs of the unit in a folder (an absolute path): None when it has none, or is not applied yet."""
Execute = Callable[[Sequence[str], str], str | Unknown]
"""Runs a command in a folder and gives what it prints."""
Tell = Callable[[object], None]
"""Hears of each value that `sensitive()` is given."""


@dataclass(slots=True)
class Session:
    """One reading of a repo. `command` is the terraform command that configurations see.

    `features` are the flags given on the command line. Without `outputs` no state is read: mock outputs stand in
    where Terragrunt would allow them, else outputs are unknown. Without `execute` nothing is executed. `secret` hears
    of what is sensitive. `values` are those of generated units by folder; `reads` says which file, evaluated for which
    unit, read which others; the rest is what was evaluated already.
    """

    files: Files
    env: Mapping[str, str]
    command: str = "plan"
    features: Mapping[str, object] = field(default_factory=dict)
    outputs: Outputs | None = None
    execute: Execute | None = None
    secret: Tell | None = None
    executed: dict[tuple[str, ...], str | Unknown] = field(default_factory=dict)
    values: dict[str, dict[str, object]] = field(default_factory=dict)
    configs: dict[str, object] = field(default_factory=dict)
    read: dict[tuple[str, str], object] = field(default_factory=dict)
    reads: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The user's home folder."""
        return self.env.get("HOME", "~")

    def with_outputs(self, outputs: Outputs | None) -> Session:
        """A session that reads outputs: files and what was executed are shared, nothing that was evaluated is."""
        return Session(
            self.files, self.env, self.command, self.features, outputs, self.execute, self.secret, self.executed,
            self.values,
        )  # fmt: skip

    def target(self, path: str, base: str) -> str:
        """The configuration file that `path`, relative to the folder `base`, names: of a folder, the unit's."""
        full = posixpath.normpath(posixpath.join(base, path))
        return self.files.unit_file(full) if self.files.is_folder(full) else full

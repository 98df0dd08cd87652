"""Argument vectors for captured terraform calls, built by python-terraform; it never starts a process here.

Its own process handling buffers, forwards no signals and reads `.terraform/terraform.tfstate` (credentials) on
construction, so only `generate_cmd_string` is used and `read_state_file` is switched off.
"""

from __future__ import annotations

from functools import cache

from python_terraform import IsFlagged, Terraform

FLAG = IsFlagged
"""Marks an option that takes no value: `no_color=FLAG` gives `-no-color`."""


class _Arguments(Terraform):  # type: ignore[misc]  # python-terraform ships no types
    def read_state_file(self, file_path: str | None = None) -> None:
        """Read nothing: it would load backend credentials that an argument builder has no use for."""


@cache
def _builder(binary: str) -> _Arguments:
    return _Arguments(terraform_bin_path=binary)


def argv(binary: str, subcommand: str, *args: str, **options: object) -> tuple[str, ...]:
    """`binary subcommand -options… args…`: underscores become dashes, True `true`, a list repeats its option."""
    return tuple(_builder(binary).generate_cmd_string(subcommand, *args, **options))

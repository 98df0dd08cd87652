"""The one error tree and the exit codes.

    DriftgateError
    ├── RepoError        no such folder, not a git work tree, no units
    ├── HclError         source that does not parse (hcl/error.py)
    ├── ToolError        terraform/tofu missing, refused or failed (tfexec)
    ├── BackendError     a state that cannot be reached (backends/base.py)
    │   ├── NoAnswerError    its endpoint does not answer at all
    │   ├── ConflictError    it moved under a write: nothing was written
    │   └── LeftLockedError  a write is done, its lock stayed (state/writer.py)
    ├── LockHeldError    somebody else holds the lock (backends/lock.py)
    ├── StateError       bytes that are not a usable state (state/file.py)
    ├── PlanError        JSON that is not a Terraform plan (tfexec/plan.py)
    └── MissingExtra     an optional package is not installed

Subclasses stand beside the code that raises them. One handler, `cli/main.py`, prints them.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What `dg`'s own commands exit with (docs/exit-codes.md); passthrough keeps the child's."""

    CLEAN = 0
    ERROR = 1
    FINDINGS = 2
    BLOCKED = 3
    LOCKED = 4
    APPROVAL = 5
    USAGE = 64
    INTERRUPTED = 130


class DriftgateError(Exception):
    """A failure with a cause a person can act on.

    `message` says what happened and to which thing, in one line; `next_step` says what to do about it.
    """

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}: {self.next_step}" if self.next_step else self.message


class RepoError(DriftgateError):
    """The folder given cannot be scanned as a repo."""


class MissingExtra(DriftgateError):  # noqa: N818  # named as the command line speaks of it
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the package {package}, which is not installed",
            next_step=f"pip install 'driftgate[{extra}]'",
        )

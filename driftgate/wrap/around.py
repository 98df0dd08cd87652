"""What the hooks of one wrapped run share. They are bounded in time, end at a signal, and are never fatal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import takewhile
from typing import TypeVar

from driftgate.errors import DriftgateError
from driftgate.safety.actor import actor, name_of
from driftgate.settings.schema import Settings
from driftgate.wrap.account import Warned
from driftgate.wrap.bounded import HookInterruptedError, HookTimeoutError, bounded
from driftgate.wrap.look import Seen
from driftgate.wrap.options import Options
from driftgate.wrap.signals import Signals
from driftgate.wrap.target import Target

T = TypeVar("T")
STATELESS = ("force-unlock",)
"""Commands that do not touch the state itself."""


@dataclass(slots=True)
class Around:
    """One run: `command` is `apply`, `argv` the whole command line, `warnings` what went wrong so far.

    `before` is the state that the run began with, `backup` its backup's id. `details` go into the audit record.
    `blocked`: the gate did not let it run. `interrupted`: a signal came during a hook. `unfinished`: the thread of a
    hook, perhaps a child of it, goes on.
    """

    target: Target
    command: str
    options: Options
    argv: list[str]
    settings: Settings
    env: Mapping[str, str]
    signals: Signals
    before: Seen | None = None
    backup: str = ""
    details: dict[str, object] = field(default_factory=dict)
    warnings: list[Warned] = field(default_factory=list)
    blocked: bool = False
    interrupted: bool = False
    unfinished: bool = False
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def title(self) -> str:
        return f"{self.target.unit.tool} {self.command}"

    @property
    def globals(self) -> list[str]:
        """terraform's options before its command, as -chdir is one."""
        return list(takewhile(lambda word: word.startswith("-"), self.argv[1:]))

    @property
    def who(self) -> str:
        """The person or CI actor, as far as the environment tells."""
        return name_of(actor(self.env))

    def attempt(self, what: str, work: Callable[[], T]) -> T | None:
        """The result of `work` in the time that hooks have; its failure is a warning, an interrupt ends all hooks."""
        if self.interrupted:
            return None
        try:
            return bounded(work, seconds=self.settings.wrap.hook_timeout, signals=self.signals)
        except HookInterruptedError:
            self.interrupted = self.unfinished = True
            self.warnings.append(Warned(f"{what} was interrupted"))
        except HookTimeoutError as error:
            self.unfinished = True
            self.warnings.append(Warned(f"{what} was given up: {error.message}", error.next_step))
        except DriftgateError as error:
            self.warnings.append(Warned(f"{what} failed: {error.message}", error.next_step))
        except Exception as error:
            self.warnings.append(Warned(f"{what} failed, a bug in driftgate: {type(error).__name__}: {error}"))
        return None

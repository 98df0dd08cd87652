"""One backend's settings as `where.py` asks for them: text, flags, required ones, with environment fallbacks."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

from driftgate.errors import DriftgateError
from driftgate.unit import BackendConfig


class UnlocatedError(DriftgateError):
    """A configuration that does not say where the state is; `settings` names those that would."""

    def __init__(self, message: str, *, settings: tuple[str, ...] = (), next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.settings = settings


@dataclass(frozen=True, slots=True)
class Settings:
    """A backend configuration, the unit it belongs to, and the environment it may fall back to."""

    backend: BackendConfig
    unit_dir: PurePosixPath
    env: Mapping[str, str]
    root: PurePosixPath | None

    @property
    def workspace(self) -> str:
        return self.backend.workspace

    @property
    def named(self) -> bool:
        return self.backend.workspace != "default"

    def get(self, name: str, *variables: str, default: str = "") -> str:
        """The setting as text, else the first of the environment `variables` that is not empty, else `default`."""
        value = self.backend.config.get(name)
        if value is not None:
            return str(value)
        return next((self.env[v] for v in variables if self.env.get(v)), default)

    def flag(self, name: str, *variables: str, default: bool = False) -> bool:
        """The setting as a bool; `-backend-config` items arrive as text."""
        return self.get(name, *variables, default=str(default)).lower() in ("true", "1")

    def nested(self, name: str) -> Mapping[str, object]:
        """The settings of a nested block or object, however it was written (JSON allows a list of one)."""
        value = self.backend.config.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return value if isinstance(value, Mapping) else {}

    def not_honoured(self, known: Set[str], nested: Set[str] = frozenset()) -> tuple[str, ...]:
        """A note that names the settings given that are not `known`, and those `nested`, as `Backend.notes`."""
        given = {name for name, value in self.backend.config.items() if value not in (None, "", [], {})}
        unknown = ", ".join(sorted(given - known | nested))
        if not unknown:
            return ()
        return (f"backend {self.backend.type}: settings not known to driftgate and not honoured: {unknown}",)

    def need(self, *names: str, env: Mapping[str, str] = {}) -> list[str]:
        """The values of required settings. Raises UnlocatedError naming every one that is not set."""
        values = [self.get(name, *filter(None, [env.get(name)])) for name in names]
        absent = [name for name, value in zip(names, values, strict=True) if not value]
        if absent:
            raise self.missing(*absent)
        return values

    def missing(self, *names: str) -> UnlocatedError:
        """The error for required settings that are not set."""
        listed = ", ".join(names)
        message = f"backend {self.backend.type}: {listed} not set"
        return UnlocatedError(message, settings=names, next_step="give them with --backend-config")

    def no_workspaces(self) -> None:
        """Raises UnlocatedError when a named workspace is asked of a backend that has none."""
        if self.named:
            raise UnlocatedError(f"backend {self.backend.type} has no workspace `{self.workspace}`: only default")

"""The settings in force for this process: read from its folder and environment, once for each."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from driftgate.settings.load import Loaded, load

_AS_OPTIONS = {"drift": {"scan": ("fail_on", "strict", "parallelism", "terragrunt")}}
"""Settings that are defaults of options: section, command, the keys that are named as its options."""


def settings_in_force() -> Loaded:
    """What this process is set to. Raises SettingsError for a file or variable that is wrong."""
    return _load(Path.cwd(), tuple(sorted(os.environ.items())))


@lru_cache(maxsize=4)
def _load(cwd: Path, env: tuple[tuple[str, str], ...]) -> Loaded:
    return load(cwd, dict(env))


def option_defaults() -> dict[str, Any]:
    """click's `default_map`: the settings that somebody set, for the options that they are defaults of."""
    loaded = settings_in_force()
    return {
        section: {
            command: {
                key: getattr(getattr(loaded.settings, section), key)
                for key in keys
                if f"{section}.{key}" in loaded.origin
            }
            for command, keys in commands.items()
        }
        for section, commands in _AS_OPTIONS.items()
    }

"""Which workspace a unit is in, and what `terraform init` left in its data folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Initialised:
    """What is in `.terraform` (or TF_DATA_DIR). `done` says that init ran; `type` is "" for a backend not recorded.

    `config` is the complete backend configuration, secrets included. `problem` says why the record is unusable.
    """

    done: bool = False
    type: str = ""
    config: Mapping[str, object] | None = None
    problem: str = ""


def current_workspace(data_dir: Path, env: Mapping[str, str], chosen: str | None) -> str:
    """As asked for, else TF_WORKSPACE, else what `terraform workspace select` recorded, else `default`."""
    return chosen or env.get("TF_WORKSPACE") or _recorded(data_dir / "environment") or "default"


def initialised(data_dir: Path) -> Initialised:
    """What init recorded: the merged result of the backend block and every `-backend-config`.

    The record is not a state, although it says `"version": 3`. It lacks what came from the environment.
    """
    if not data_dir.is_dir():
        return Initialised()
    record = data_dir / "terraform.tfstate"
    done = (data_dir / "providers").exists() or (data_dir / "modules" / "modules.json").exists()
    try:
        backend = json.loads(record.read_text(encoding="utf-8")).get("backend")
    except FileNotFoundError:
        return Initialised(done)
    except (OSError, ValueError, AttributeError) as error:
        return Initialised(True, problem=f"{record.name} of `terraform init` cannot be read ({type(error).__name__})")
    if not isinstance(backend, dict) or not isinstance(backend.get("config"), dict):
        return Initialised(True)
    config = {name: value for name, value in backend["config"].items() if value is not None}
    return Initialised(True, str(backend.get("type", "")), config)


def _recorded(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""

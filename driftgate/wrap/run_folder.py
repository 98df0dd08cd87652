"""Where the units of one Terragrunt run leave their accounts for the summary: a private folder that dg makes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from driftgate.safety.private_files import create_private
from driftgate.wrap.account import Account

VARIABLE = "DG_RUN_FOLDER"


def moment() -> str:
    """A name that sorts by time, for the account of what begins now."""
    return f"{time.time_ns():020d}-{os.getpid()}.json"


def leave_account(folder: Path, name: str, account: Account) -> None:
    """Leave `account` under `name`. Raises OSError."""
    create_private(folder / name, msgspec.json.encode(account))


def accounts(folder: Path) -> list[Account]:
    """The accounts that were left, in the order in which their runs began."""
    return [msgspec.json.decode(path.read_bytes(), type=Account) for path in sorted(folder.glob("*.json"))]

"""A saved plan as a file: which bytes it is, and which version of which state it was made from. No terraform is run.

A plan file is a zip archive; its member `tfstate` is the state that was planned from, with lineage and serial as stored
(0 and "" where there was none), `tfplan` the plan itself. Seen with Terraform 1.11.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass

import msgspec

from driftgate.tfexec.plan import PlanError

_LARGEST_STATE = 1 << 30


@dataclass(frozen=True, slots=True)
class PlanFile:
    """`sha256` is of the whole file; terraform refuses a plan when the state is no longer at `serial`."""

    sha256: str
    lineage: str
    serial: int


class _Header(msgspec.Struct):
    serial: int = 0
    lineage: str = ""


def read_plan_file(data: bytes) -> PlanFile:
    """What the plan file `data` is. Raises PlanError when it is none, or one that OpenTofu encrypted."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.getinfo("tfplan")
            info = archive.getinfo("tfstate")
            if info.file_size > _LARGEST_STATE:
                raise ValueError("its state is too large")
            header = msgspec.json.decode(archive.read(info), type=_Header)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError) as error:
        raise PlanError(
            f"not a saved plan ({error})", next_step="make one with `terraform plan -out=FILE`, not encrypted"
        ) from None
    return PlanFile(hashlib.sha256(data).hexdigest(), header.lineage, header.serial)

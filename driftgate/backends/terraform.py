"""Every backend that has no reader of its own: `terraform state pull` in the unit's initialised folder."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from driftgate.backends.base import Backend, BackendError, Payload, Surroundings
from driftgate.tfexec.binary import ToolError, find_binary
from driftgate.tfexec.reads import Terraform, state_pull, workspaces
from driftgate.unit import BackendConfig


@dataclass(frozen=True, slots=True)
class TerraformBackend:
    """A state of any `type`, pulled by `terraform`."""

    terraform: Terraform
    type: str
    workspace: str
    notes: tuple[str, ...] = ()

    def get(self) -> Payload | None:
        try:
            if self.is_absent():
                return None
            data = state_pull(self.terraform)
        except ToolError as error:
            raise BackendError(
                f"cannot read the {self.type} state of {self.terraform.cwd}: {error.message}", next_step=error.next_step
            ) from None
        return None if _is_blank(data) else Payload(data)

    def is_absent(self) -> bool:
        """Whether there is no such workspace: terraform makes one, with an empty state, where it merely looks."""
        return self.workspace != "default" and self.workspace not in workspaces(self.terraform)


def open_terraform(backend: BackendConfig, around: Surroundings) -> Backend:
    """The state that terraform itself finds, whatever the type.

    Raises BackendError when the unit is not initialised, ToolError without a terraform.
    """
    initialised = around.unit_dir / (around.env.get("TF_DATA_DIR") or ".terraform") / "terraform.tfstate"
    if backend.type != "local" and not initialised.is_file():
        raise BackendError(
            f"{around.unit_dir} is not initialised, and `{backend.type}` states are read through terraform",
            next_step=f"run `terraform init` in {around.unit_dir}",
        )
    binary = around.binary or find_binary(around.env, run=around.run, tool=around.tool)
    env = {**around.env, "TF_IN_AUTOMATION": "1", "TF_WORKSPACE": backend.workspace}
    return TerraformBackend(Terraform(binary, around.unit_dir, env, around.run), backend.type, backend.workspace)


def _is_blank(data: bytes) -> bool:
    """Where there is no state, terraform pulls nothing or a state without lineage, serial 0."""
    if not data.strip():
        return True
    try:
        header = msgspec.json.decode(data, type=_Header)
    except ValueError:
        return False  # not for this layer to judge
    return not header.lineage and header.serial == 0


class _Header(msgspec.Struct):
    serial: int = 0
    lineage: str = ""

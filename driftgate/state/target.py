"""What an address names in a state: a module with all in it, a resource with all its instances, or one instance."""

from __future__ import annotations

from dataclasses import dataclass

from driftgate.address import Address, module_address
from driftgate.state.file import Instance, StateError

Path = tuple[tuple[str, int | str | None], ...]
"""The steps of a module's address."""


@dataclass(frozen=True, slots=True)
class Target:
    """A module when `resource` is None, else that resource (no key) or resource instance."""

    module: Path
    resource: Address | None = None

    def __str__(self) -> str:
        return str(self.resource) if self.resource else module_address(self.module)

    def holds(self, instance: Instance) -> bool:
        """Whether `terraform state rm` would take the instance: `module.a` holds `module.a[0]`, `module.a.module.b`."""
        address = instance.address
        if self.resource is not None:
            return self.resource in (address, address.resource)
        inside = address.module[: len(self.module)]
        *outer, (name, key) = self.module
        if len(inside) < len(self.module) or list(inside[:-1]) != outer or inside[-1][0] != name:
            return False
        return key is None or inside[-1][1] == key


def parse_target(text: str) -> Target:
    """The target that `text` spells as Terraform does. Raises StateError for anything else."""
    try:
        address = Address.parse(text)
    except ValueError:
        pass
    else:
        return Target(address.module, address)
    try:
        inside = Address.parse(f"{text}.type.name")
    except ValueError:
        inside = None
    if inside is None or not inside.module or inside.mode != "managed":
        raise StateError(
            f"`{text}` is not an address",
            next_step='spell it as `dg state list` does, e.g. aws_s3_bucket.logs["a"] or module.vpc, quoted in a shell',
        )
    return Target(inside.module)

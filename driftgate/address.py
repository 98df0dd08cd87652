"""Resource addresses: parse, format and order `module.a["x"].data.aws_ami.b[0]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STEP = re.compile(r'(?P<name>[^.\[\]"]+)(?:\[(?:(?P<index>\d+)|"(?P<key>(?:[^"\\]|\\.)*)")\])?(?:\.|$)')

# As HCL quotes strings: developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "${": "$${", "%{": "%%{"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))
_ESCAPED = re.compile("|".join(map(re.escape, _PLAIN)))


@dataclass(frozen=True, slots=True)
class Address:
    """A managed or data resource instance; `key` is None, a count index or a for_each key."""

    module: tuple[tuple[str, int | str | None], ...]
    mode: str
    type: str
    name: str
    key: int | str | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that `text` spells as Terraform does. Raises ValueError for anything else."""
        steps = _steps(text)
        module = []
        while len(steps) >= 2 and steps[0] == ("module", None):
            module.append(steps[1])
            steps = steps[2:]
        mode = "managed"
        if len(steps) == 3 and steps[0] == ("data", None):
            mode, steps = "data", steps[1:]
        if len(steps) != 2 or steps[0][1] is not None or steps[0][0] in ("data", "module"):
            raise ValueError(f"not a resource address: {text}")
        return cls(tuple(module), mode, steps[0][0], steps[1][0], steps[1][1])

    @property
    def resource(self) -> Address:
        """The resource that this instance belongs to: the same without its key."""
        return Address(self.module, self.mode, self.type, self.name)

    @property
    def config_resource(self) -> Address:
        """The block in the code that this instance is of: no keys anywhere. A state's `dependencies` name these."""
        return Address(tuple((name, None) for name, _ in self.module), self.mode, self.type, self.name)

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Orders as Terraform lists: root before modules, count keys by number, before for_each keys."""
        module = tuple((name, _key_order(key)) for name, key in self.module)
        return (len(module) > 0, module, self.mode, self.type, self.name, _key_order(self.key))

    def __str__(self) -> str:
        parts = [module_address(self.module)] if self.module else []
        if self.mode == "data":
            parts.append("data")
        return ".".join([*parts, self.type, f"{self.name}{_key(self.key)}"])


def module_address(module: tuple[tuple[str, int | str | None], ...]) -> str:
    """The address of a module, `module.a["x"].module.b`; "" for the root."""
    return ".".join(f"module.{name}{_key(key)}" for name, key in module)


def _steps(text: str) -> list[tuple[str, int | str | None]]:
    steps: list[tuple[str, int | str | None]] = []
    position = 0
    if text.endswith("."):
        raise ValueError(f"not a resource address: {text}")
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"not a resource address: {text}")
        key: int | str | None = None
        if match["index"] is not None:
            key = int(match["index"])
        elif match["key"] is not None:
            key = _ESCAPED.sub(lambda found: _PLAIN[found[0]], match["key"])
        steps.append((match["name"], key))
        position = match.end()
    return steps


def _key(key: int | str | None) -> str:
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    return f'["{_SPECIAL.sub(lambda found: _ESCAPES[found[0]], key)}"]'


def _key_order(key: int | str | None) -> tuple[int, int, str]:
    if key is None:
        return (0, 0, "")
    return (1, key, "") if isinstance(key, int) else (2, 0, key)

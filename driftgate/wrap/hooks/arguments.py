"""A hook's arguments, as pre-commit passes them and as users of pre-commit-terraform write them.

Style: https://github.com/antonbabenko/pre-commit-terraform#hooks-usage-notes-and-examples
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from driftgate.errors import DriftgateError

_NAMES = {
    "-a": "args", "--args": "args", "-h": "config", "--hook-config": "config", "-i": "init", "--tf-init-args": "init",
    "--init-args": "init", "-e": "env", "--env-vars": "env", "--envs": "env",
}  # fmt: skip
_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_CPU = re.compile(r"(CPU|\d+)(?:([*/+-])(\d+))?")


class HookArgumentError(DriftgateError):
    """An argument of a hook that means nothing."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """`args` go to the command behind a hook, `config` steers the hook, `init` are for `terraform init`."""

    files: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    init: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def skipped(self) -> frozenset[str]:
        """The rules that `--hook-config=--skip=a,b` leaves out."""
        return frozenset(filter(None, self.config.get("skip", "").split(",")))


def parse(words: Sequence[str], env: Mapping[str, str], root: str) -> Arguments:
    """The arguments in `words`: `${NAME}` comes from `env`, `__GIT_WORKING_DIR__` is `root`.

    Raises HookArgumentError for an option that is none of the above, or without a value.
    """
    given: dict[str, list[str]] = {"args": [], "config": [], "init": [], "env": []}
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            files += rest
        elif word.startswith("-") and word != "-":
            kind, value = _option(word, rest)
            given[kind].append(_expanded(value, env, root))
        else:
            files.append(word)
    return Arguments(
        files=tuple(files),
        args=tuple(_words(given["args"])),
        config=dict(_pairs(given["config"])),
        init=tuple(_words(given["init"])),
        env=dict(_pairs(given["env"])),
    )


def cpus(text: str, count: int) -> int:
    """The number in `--parallelism-limit`: `4`, `CPU`, `CPU*4`, `CPU/2`, `CPU-1`; at least 1 (`count` CPUs).

    Raises HookArgumentError for anything else.
    """
    match = _CPU.fullmatch(text.replace(" ", ""))
    if match is None or (match[2] == "/" and match[3] == "0"):
        raise HookArgumentError(f"--parallelism-limit={text} is no number of CPUs", next_step="write 4, CPU or CPU*2")
    first = count if match[1] == "CPU" else int(match[1])
    second = int(match[3] or 1)
    results = {None: first, "*": first * second, "/": first // second, "+": first + second, "-": first - second}
    return max(1, min(256, results[match[2]]))


def _option(word: str, rest: Iterator[str]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if name not in _NAMES:
        raise HookArgumentError(f"a hook has no option {name}", next_step="use --args, --hook-config or --env-vars")
    if not equals:
        value = next(rest, "")
        if not value:
            raise HookArgumentError(f"{name} needs a value", next_step=f"write {name}=VALUE")
    return _NAMES[name], value


def _expanded(text: str, env: Mapping[str, str], root: str) -> str:
    return _VARIABLE.sub(lambda name: env.get(name[1], ""), text).replace("__GIT_WORKING_DIR__", root)


def _words(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        try:
            yield from shlex.split(text)
        except ValueError as error:
            raise HookArgumentError(f"{text} is not a command line: {error}", next_step="close its quotes") from None


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """`--a=1;--b=2` and `A=1` as pairs; a name alone is `true`."""
    for text in texts:
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, equals, value = part.partition("=")
            yield name.strip().lstrip("-"), value.strip().strip("\"'") if equals else "true"

"""The belt to the import contract's braces: a Runner that refuses every terraform command that could write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driftgate.process import Result, Runner
from driftgate.tfexec.binary import ToolError

READS = frozenset(
    {"version", "init", "get", "plan", "providers schema", "show", "state pull", "workspace show", "workspace list"}
)
_GROUPS = ("providers", "state", "workspace")
REQUIRED = {"plan": ("-lock=false", "-input=false"), "init": ("-input=false", "-force-copy=false")}
FORBIDDEN = ("-upgrade", "-migrate-state", "-force-copy", "-reconfigure")
WRITES_TO = "-generate-config-out"


def read_only(run: Runner, *, scratch: Path | None = None) -> Runner:
    """`run`, refusing with ToolError any terraform argv outside the allow-list or without its safety flags.

    A plan may write the configuration of imported objects, but only into the private folder `scratch`.
    """

    def guarded(
        argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: Callable[[bytes], None] | None = None
    ) -> Result:
        refuse_writes(argv, scratch)
        return run(argv, cwd=cwd, env=env, on_line=on_line)

    return guarded


def refuse_writes(argv: Sequence[str], scratch: Path | None = None) -> None:
    """Raise ToolError unless `argv` is a terraform command that cannot change state, cloud or lock file."""
    words = [word for word in argv[1:] if not word.startswith("-")]
    words = words[1:] if words[:1] == ["run"] else words  # as Terragrunt has it: run -- plan
    command = " ".join(words[:2]) if words and words[0] in _GROUPS else "".join(words[:1])
    missing = [flag for flag in REQUIRED.get(command, ()) if flag not in argv]
    others = [flag for flag in argv if flag not in REQUIRED.get(command, ())]
    forbidden = [flag for flag in others if flag.startswith(FORBIDDEN) or _writes_outside(flag, scratch)]
    if command not in READS or missing or forbidden:
        why = f"without {missing[0]}" if missing else f"with {forbidden[0]}" if forbidden else "while checking"
        raise ToolError(
            f"refused to run `terraform {command or '(no command)'}` {why}: a check never changes anything",
            next_step="this is a bug in driftgate, please report it",
        )


def _writes_outside(flag: str, scratch: Path | None) -> bool:
    name, _, value = flag.partition("=")
    return name.startswith(WRITES_TO) and (scratch is None or scratch.resolve() not in Path(value).resolve().parents)

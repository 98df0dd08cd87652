"""What `--allow-exec` allows a configuration: to run a program and use what it prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driftgate import process
from driftgate.hcl.values import EvaluationError, Unknown


def executor(env: Mapping[str, str]) -> Callable[[Sequence[str], str], str | Unknown]:
    """Runs a command in a folder with `env`; its output without the last line end. Raises EvaluationError."""

    def execute(command: Sequence[str], folder: str) -> str | Unknown:
        try:
            result = process.run(list(command), cwd=Path(folder), env=env)
        except OSError as error:
            raise EvaluationError(f"{command[0]} cannot be run: {error.strerror}") from None
        if not result.ok:
            said = result.stderr.decode(errors="replace").strip().splitlines()
            last = said[-1] if said else "no output"
            raise EvaluationError(f"{command[0]} ended with exit code {result.returncode}: {last}")
        return result.stdout.decode(errors="replace").removesuffix("\n")

    return execute

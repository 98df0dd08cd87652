"""`dg` that ends itself with SIGKILL at one of the boundaries of a run: `killed.py N NAMES ARGUMENTS…`.

Boundaries are numbered as they are passed; their names go to the file NAMES, a line each, so that a test can tell which
there are. `N` 0 kills never. Each stands before something is put on the disk or into a backend, so a kill there is also
one after all that went before.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from driftgate import process
from driftgate.cli.main import main
from driftgate.remediate.execute import files, take, undo
from driftgate.remediate.execute.journal import Journal
from driftgate.tfexec import writes

NUMBER, NAMES = int(sys.argv[1]), Path(sys.argv[2])
passed = 0


def boundary(name: str) -> None:
    """Here the process may be killed."""
    global passed
    passed += 1
    with NAMES.open("a") as stream:
        stream.write(f"{name}\n")
    if passed == NUMBER:
        os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, said: Callable[..., str]) -> None:
    """Put a boundary before a function."""
    real = getattr(owner, name)

    def wrapped(*args: Any, **options: Any) -> Any:
        boundary(said(*args, **options))
        return real(*args, **options)

    setattr(owner, name, wrapped)


def in_the_middle_of_apply() -> None:
    """Right after terraform has been started for an apply: it goes on without us."""
    real = process._start

    def start(argv: Any, cwd: Any, env: Any, *output: Any) -> Any:
        child = real(argv, cwd, env, *output)
        if "apply" in argv:
            boundary("while terraform applies")
        return child

    process._start = start


before(
    Journal, "write", lambda journal, event, **details: " ".join(("record", event, *map(str, details.get("steps", ()))))
)
before(files, "write", lambda root, path, data: f"write {path}")
before(writes, "apply", lambda tf, path, **options: f"apply {path.name}")
before(take, "write", lambda place, intent, guards: f"state write {intent.action}")
before(undo, "write", lambda place, intent, guards: f"state write {intent.action}")
in_the_middle_of_apply()
real_replace = os.replace


def replace(source: Any, target: Any) -> None:
    """Between the draft of a file and its name."""
    boundary(f"rename to {Path(target).name}")
    real_replace(source, target)


os.replace = replace
sys.exit(main(sys.argv[3:]))

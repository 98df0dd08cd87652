from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.process import Result
from driftgate.tfexec.binary import ToolError
from driftgate.tfexec.guard import read_only

READS = [
    ("version", "-json"),
    ("init", "-input=false", "-force-copy=false", "-lockfile=readonly", "-backend-config=k=v"),
    ("get", "-no-color"),
    ("plan", "-lock=false", "-input=false", "-out=p"),
    ("show", "-json", "p"),
    ("providers", "schema", "-json"),
    ("state", "pull"),
    ("-chdir=x", "show", "p"),
    ("workspace", "list"),
    ("run", "--feature=x=apply", "--", "plan", "-lock=false", "-input=false"),
]
WRITES = [
    (),
    ("apply",),
    ("apply", "-auto-approve", "plan"),
    ("destroy",),
    ("import", "a.b", "c"),
    ("state", "push", "f"),
    ("state", "rm", "a.b"),
    ("state", "mv", "a", "b"),
    ("taint", "a.b"),
    ("force-unlock", "id"),
    ("workspace", "new", "w"),
    ("workspace", "delete", "w"),
    ("refresh",),
    ("console",),
    ("providers", "lock"),
    ("plan", "-input=false"),
    ("plan", "-lock=true", "-input=false"),
    ("plan", "-lock=false"),
    ("plan", "-lock=false", "-input=false", "-generate-config-out=x.tf"),
    ("init",),
    ("init", "-input=false"),
    ("init", "-input=false", "-force-copy"),
    ("init", "-input=false", "-force-copy=false", "-force-copy"),
    ("init", "-input=false", "-force-copy=false", "-upgrade"),
    ("init", "-input=false", "-force-copy=false", "-migrate-state"),
    ("init", "-input=false", "-force-copy=false", "-reconfigure"),
    ("run", "--", "plan", "-input=false"),
    ("run", "--", "apply"),
    ("run",),
]


def echo(argv, *, cwd, env, on_line=None) -> Result:  # type: ignore[no-untyped-def]
    return Result(tuple(argv), 0, b"ran", b"")


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_reads_run(words: tuple[str, ...]) -> None:
    assert read_only(echo)(("terraform", *words), cwd=Path(), env={}).stdout == b"ran"


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
def test_anything_that_could_change_something_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ToolError, match="a check never changes anything"):
        read_only(echo)(("terraform", *words), cwd=Path(), env={})


def test_configuration_is_generated_into_the_private_folder_only(tmp_path: Path) -> None:
    run = read_only(echo, scratch=tmp_path)
    command = ("terraform", "plan", "-lock=false", "-input=false")

    assert run((*command, f"-generate-config-out={tmp_path}/x.tf"), cwd=Path(), env={}).ok
    for outside in ("x.tf", f"{tmp_path}", f"{tmp_path}/../x.tf"):
        with pytest.raises(ToolError, match="with -generate-config-out"):
            run((*command, f"-generate-config-out={outside}"), cwd=Path(), env={})

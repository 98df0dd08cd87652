from __future__ import annotations

import os
from pathlib import Path

import pytest

from driftgate import process
from driftgate.tfexec.binary import ToolError, find_binary

ANSWER = '#!/bin/sh\necho "Warning: something"\necho \'{"terraform_version": "1.9.0-beta2"}\'\n'


def program(folder: Path, name: str, text: str = ANSWER) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("present", "asked", "found"),
    [
        pytest.param(["terraform", "tofu"], None, "terraform", id="terraform first"),
        pytest.param(["tofu"], None, "tofu", id="tofu if only that is there"),
        pytest.param(["terraform", "tofu"], "tofu", "tofu", id="as asked"),
    ],
)
def test_find_binary(tmp_path: Path, present: list[str], asked: str | None, found: str) -> None:
    for name in present:
        program(tmp_path / "bin", name)

    binary = find_binary({"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}, run=process.run, tool=asked)

    assert (binary.path, binary.name, binary.version) == (str(tmp_path / "bin" / found), found, (1, 9, 0))


@pytest.mark.parametrize(
    ("env", "tool", "message"),
    [
        pytest.param({}, None, "neither terraform nor tofu is on PATH", id="no PATH"),
        pytest.param({"PATH": "/nowhere"}, "tofu", "tofu is not on PATH", id="not there"),
    ],
)
def test_a_missing_binary_says_what_to_do(env: dict[str, str], tool: str | None, message: str) -> None:
    with pytest.raises(ToolError, match=message) as error:
        find_binary(env, run=process.run, tool=tool)

    assert "--plan-json" in error.value.next_step


def test_a_broken_shim_is_named(tmp_path: Path) -> None:
    program(tmp_path / "bin", "terraform", "#!/bin/sh\necho no version selected >&2\nexit 1\n")

    with pytest.raises(ToolError, match="does not answer"):
        find_binary({"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}, run=process.run)

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_subprocess import FakeProcess

from driftgate import process
from driftgate.tfexec import reads
from driftgate.tfexec.binary import Binary, ToolError
from driftgate.tfexec.events import Diagnostic


def terraform(cwd: Path) -> reads.Terraform:
    return reads.Terraform(Binary("/bin/terraform", "terraform", (1, 11, 4)), cwd, os.environ, process.run)


def test_init_argv(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(
        [
            "/bin/terraform",
            "init",
            "-input=false",
            "-force-copy=false",
            "-no-color",
            "-backend-config=k=v",
            "-lockfile=readonly",
        ]
    )

    assert reads.init(terraform(tmp_path), backend_config=["k=v"]) == reads.Planned(True, ())


def test_plan_argv_and_events(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(
        ["/bin/terraform", "plan", "-lock=false", "-input=false", "-refresh=true", "-destroy=false",
         "-detailed-exitcode=false", "-json", "-no-color", "-var-file=v", "-out=/p"],
        stdout=[
            b'{"type":"refresh_complete","hook":{"resource":{"addr":"a.b"}}}',
            b'{"type":"diagnostic","diagnostic":{"severity":"error","summary":"S","detail":"D"}}',
        ],
        returncode=1,
    )  # fmt: skip
    seen: list[object] = []

    planned = reads.plan(terraform(tmp_path), out=Path("/p"), var_files=["v"], on_event=seen.append)

    assert not planned.ok
    assert planned.errors == (Diagnostic("error", "S", "D"),)
    assert len(seen) == 2


def test_a_front_stands_in_the_place_of_the_binary(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(["/bin/terragrunt", "run", "--", "init", "-input=false", "-force-copy=false", "-no-color"])
    tf = replace(terraform(tmp_path), front=("/bin/terragrunt", "run", "--"))

    assert reads.init(tf, readonly_lock=False).ok


def test_a_plan_that_dies_without_a_word_is_still_an_error(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(["/bin/terraform", "plan", fp.any()], stderr=b"killed", returncode=137)

    assert reads.plan(terraform(tmp_path), out=Path("/p")).errors == (Diagnostic("error", "killed"),)


def test_json_may_stand_behind_warnings(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(
        ["/bin/terraform", "show", "-json", "-no-color", "/p"], stdout=b'Warning: old\n{"format_version":"1.2"}'
    )

    assert reads.show_plan(terraform(tmp_path), Path("/p")) == b'{"format_version":"1.2"}'


@pytest.mark.parametrize(
    ("stdout", "stderr", "returncode", "expected"),
    [
        pytest.param(b"", b"", 0, b"", id="no state yet"),
        pytest.param(b'{"version":4}', b"", 0, b'{"version":4}', id="a state"),
    ],
)
def test_state_pull(
    fp: FakeProcess, tmp_path: Path, stdout: bytes, stderr: bytes, returncode: int, expected: bytes
) -> None:
    fp.register(["/bin/terraform", "state", "pull"], stdout=stdout, stderr=stderr, returncode=returncode)

    assert reads.state_pull(terraform(tmp_path)) == expected


def test_a_failing_pull_says_why(fp: FakeProcess, tmp_path: Path) -> None:
    fp.register(
        ["/bin/terraform", "state", "pull"],
        stderr="╷\n│ Error: No access\n│ \n│ Ask somebody.\n╵\n".encode(),
        returncode=1,
    )

    with pytest.raises(ToolError, match="`terraform state pull` failed: No access Ask somebody"):
        reads.state_pull(terraform(tmp_path))


def test_what_failed_is_told_by_the_error_and_not_by_a_warning_before_it(fp: FakeProcess, tmp_path: Path) -> None:
    text = "╷\n│ Warning: Deprecated\n│ \n│ Some day.\n╵\n╷\n│ Error: No access\n│ \n│ Ask somebody.\n╵\n"
    fp.register(["/bin/terraform", "state", "pull"], stderr=text.encode(), returncode=1)

    with pytest.raises(ToolError, match="`terraform state pull` failed: No access Ask somebody"):
        reads.state_pull(terraform(tmp_path))


def test_a_binary_that_cannot_start_is_a_tool_error(tmp_path: Path) -> None:
    gone = reads.Terraform(Binary("/nowhere/tf", "terraform", (1,)), tmp_path, {}, process.run)

    with pytest.raises(ToolError, match="cannot start /nowhere/tf"):
        reads.state_pull(gone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", [Diagnostic("error", "no output")], id="silence"),
        pytest.param(
            b"Error: One\n\nline a\nline b\n\nError: Two\n",
            [Diagnostic("error", "One", "line a line b"), Diagnostic("error", "Two")],
            id="plain",
        ),
        pytest.param(
            "│ Warning: W\n│ d\n╵\n╷\n│ Error: E\n╵".encode(),
            [Diagnostic("warning", "W", "d"), Diagnostic("error", "E")],
            id="boxed",
        ),
    ],
)
def test_diagnostics_from_text(text: bytes, expected: list[Diagnostic]) -> None:
    assert list(reads.diagnostics_from_text(text)) == expected

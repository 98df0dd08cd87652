"""`dg graph export` as a user runs it, and the options that choose units."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.cli.main import main
from driftgate.errors import ExitCode

Dg = Callable[..., tuple[int, str, str]]
FILES = {
    "root.hcl": "",
    "live/net/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n',
    "live/app/terragrunt.hcl": 'dependency "net" {\n  config_path = "../net"\n}\n',
    'live/a "b" <c>/terragrunt.hcl': "",
}


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    def run(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def live(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    monkeypatch.chdir(repo)
    return repo


def test_dot(live: Path, dg: Dg) -> None:
    assert dg("graph", "export") == (
        ExitCode.CLEAN,
        'digraph units {\n  rankdir = LR;\n  node [shape = box];\n  "live/a \\"b\\" <c>";\n  "live/app";\n  "live/net";\n'
        '  "live/app" -> "live/net";\n}\n',
        "",
    )


def test_mermaid(live: Path, dg: Dg) -> None:
    _, out, _ = dg("graph", "export", "-o", "mermaid")

    assert out == (
        'flowchart LR\n  u0["live/a &quot;b&quot; &lt;c&gt;"]\n  u1["live/app"]\n  u2["live/net"]\n  u1 --> u2\n'
    )


def test_json(live: Path, dg: Dg) -> None:
    _, out, _ = dg("graph", "export", "-o", "json", "--include", "live/{app,net}")

    assert json.loads(out) == {
        "format_version": "1.0",
        "units": [
            {"path": "live/app", "kind": "terragrunt-unit", "dependencies": ["live/net"], "unresolved": []},
            {"path": "live/net", "kind": "terragrunt-unit", "dependencies": [], "unresolved": []},
        ],
        "queue": [["live/net"], ["live/app"]],
        "cycles": [],
    }


def test_destroy(live: Path, dg: Dg) -> None:
    _, out, _ = dg("graph", "export", "-o", "json", "--include", "live/{app,net}", "--destroy")

    assert json.loads(out)["queue"] == [["live/app"], ["live/net"]]


def test_what_reads_a_file_and_what_waits_for_that(live: Path, dg: Dg) -> None:
    _, out, _ = dg("graph", "export", "-o", "json", "--reading", "root.hcl")
    _, more, _ = dg("graph", "export", "-o", "json", "--reading", "root.hcl", "--with-dependents")

    assert [unit["path"] for unit in json.loads(out)["units"]] == ["live/net"]
    assert [unit["path"] for unit in json.loads(more)["units"]] == ["live/app", "live/net"]


def test_a_cycle_is_told_and_the_graph_is_written_all_the_same(live: Path, dg: Dg) -> None:
    (live / "live/net/terragrunt.hcl").write_text('dependencies {\n  paths = ["../app"]\n}\n')

    code, out, err = dg("graph", "export", "-o", "json", "--include", "live/{app,net}")

    assert code == ExitCode.ERROR
    assert json.loads(out)["cycles"] == [["live/app", "live/net", "live/app"]]
    assert err == "dg: dependency cycle: live/app -> live/net -> live/app\n"


def test_a_file_of_another_repo(live: Path, dg: Dg, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.hcl"
    elsewhere.write_text("")

    code, _, err = dg("graph", "export", "--reading", str(elsewhere))

    assert code == ExitCode.USAGE
    assert "it is not in the repo" in err


def test_a_pattern_without_a_unit(live: Path, dg: Dg) -> None:
    code, out, err = dg("graph", "export", "--include", "nope")

    assert (code, out) == (ExitCode.ERROR, "")
    assert "no unit matches `nope`" in err

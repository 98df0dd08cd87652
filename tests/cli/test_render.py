"""`dg render` as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate.cli.main import main
from driftgate.errors import ExitCode

Dg = Callable[..., tuple[int, str, str]]
UNIT = """
feature "size" {
  default = 1
}
locals {
  said = run_cmd("--terragrunt-quiet", "printf", "hello")
}
inputs = {
  said     = local.said
  size     = feature.size.value
  command  = get_terraform_command()
  password = "hunter2-canary"
  tags     = { "a b" = ["x", { y = "$${z}" }], empty = {} }
  none     = null
}
"""


@pytest.fixture
def dg(capfd: pytest.CaptureFixture[str]) -> Dg:
    def run(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        out, err = capfd.readouterr()
        return code, out, err

    return run


@pytest.fixture
def unit(repo: Path) -> Path:
    (repo / "live/a").mkdir(parents=True)
    (repo / "live/a/terragrunt.hcl").write_text(UNIT)
    return repo / "live/a"


def test_hcl(unit: Path, dg: Dg) -> None:
    code, out, _ = dg("render", str(unit))

    assert code == ExitCode.CLEAN
    assert (
        out
        == """\
feature = {
  size = {
    default = 1
    name    = "size"
  }
}
inputs = {
  command  = "plan"
  none     = null
  password = "(sensitive)"
  said     = "(unknown: run_cmd() is not executed: allow it with --allow-exec)"
  size     = 1
  tags = {
    "a b" = [
      "x",
      {
        y = "$${z}"
      },
    ]
    empty = {}
  }
}
locals = {
  said = "(unknown: run_cmd() is not executed: allow it with --allow-exec)"
}
"""
    )


def test_json_with_what_the_command_line_sets(unit: Path, dg: Dg) -> None:
    code, out, _ = dg(
        "render", str(unit), "-o", "json", "--allow-exec", "--feature", "size=3", "--for", "apply", "--reveal"
    )

    assert code == ExitCode.CLEAN
    inputs = json.loads(out)["inputs"]
    assert (inputs["said"], inputs["size"], inputs["command"]) == ("hello", 3, "apply")
    assert inputs["password"] == "hunter2-canary"


def test_to_a_file(unit: Path, dg: Dg, tmp_path: Path) -> None:
    code, out, _ = dg("render", str(unit), "-o", "json", "--out", str(tmp_path / "r.json"))

    assert (code, out) == (ExitCode.CLEAN, "")
    assert json.loads((tmp_path / "r.json").read_text())["inputs"]["size"] == 1


def test_mocks_are_told(unit: Path, dg: Dg) -> None:
    (unit.parent / "b").mkdir()
    (unit.parent / "b/terragrunt.hcl").write_text("")
    (unit / "terragrunt.hcl").write_text(
        'dependency "b" {\n  config_path  = "../b"\n  mock_outputs = { id = 1 }\n}\ninputs = dependency.b.outputs\n'
    )

    _, _, err = dg("render", str(unit))

    assert err == "dg: mock outputs were used for dependency.b\n"


ERRORS = {
    "no unit": ("", ["render", "."], "holds no terragrunt.hcl"),
    "not evaluated": ("inputs = { a = nope }\n", ["render", "live/a"], 'live/a/terragrunt.hcl:1:16: there is no variable named "nope"'),
    "not parsed": ("inputs = {\n", ["render", "live/a"], 'live/a/terragrunt.hcl:1:10: "{" is never closed'),
    "no program": (
        'inputs = { a = run_cmd("no-such-program") }\n',
        ["render", "live/a", "--allow-exec"],
        "no-such-program cannot be run: No such file or directory",
    ),
    "program that fails": (
        'inputs = { a = run_cmd("sh", "-c", "echo sorry >&2; exit 3") }\n',
        ["render", "live/a", "--allow-exec"],
        "run_cmd: sh ended with exit code 3: sorry",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "argv", "said"), ERRORS.values(), ids=ERRORS)
def test_errors(
    unit: Path, repo: Path, dg: Dg, monkeypatch: pytest.MonkeyPatch, text: str, argv: list[str], said: str
) -> None:
    (unit / "terragrunt.hcl").write_text(text)
    monkeypatch.chdir(repo)

    code, out, err = dg(*argv)

    assert (code, out) == (ExitCode.ERROR, "")
    assert said in err
    assert "Traceback" not in err


def test_a_flag_without_a_value(unit: Path, dg: Dg) -> None:
    code, _, err = dg("render", str(unit), "--feature", "size")

    assert code == ExitCode.USAGE
    assert "write NAME=VALUE" in err


SENSITIVE = """
locals {
  password = sensitive("mellon")
  pin      = sensitive(7421)
  pair     = sensitive({ a = "ab", b = ["cd"] })
}
inputs = {
  password = local.password
  url      = "postgres://app:${local.password}@db/app"
  pin      = local.pin
  pair     = local.pair
  plain    = "abc"
  on       = true
}
"""


def test_what_the_configuration_calls_sensitive_is_not_printed(unit: Path, dg: Dg) -> None:
    (unit / "terragrunt.hcl").write_text(SENSITIVE)

    _, out, _ = dg("render", str(unit), "-o", "json")

    masked = "(sensitive)"
    assert json.loads(out)["inputs"] == {
        "on": True, "pair": {"a": masked, "b": [masked]}, "password": masked, "pin": masked, "plain": "abc",
        "url": "postgres://app:(sensitive)@db/app",
    }  # fmt: skip
    assert "mellon" in dg("render", str(unit), "--reveal")[1]

from __future__ import annotations

import pytest

from driftgate.wrap.hooks.arguments import Arguments, HookArgumentError, cpus, parse


def test_files_only() -> None:
    assert parse(["a.tf", "b/c.tf"], {}, "/r") == Arguments(files=("a.tf", "b/c.tf"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--args=--fail-on=high --strict", "x.tf"], Arguments(files=("x.tf",), args=("--fail-on=high", "--strict"))),
        (["-a", "--strict"], Arguments(args=("--strict",))),
        (["--args=--out='a b'"], Arguments(args=("--out=a b",))),
        (["--hook-config=--skip=a,b"], Arguments(config={"skip": "a,b"})),
        (["--hook-config=--x=1;--y"], Arguments(config={"x": "1", "y": "true"})),
        (["--tf-init-args=-upgrade=false"], Arguments(init=("-upgrade=false",))),
        (["--env-vars=AWS_PROFILE=dev", "--envs=A=1;B='2'"], Arguments(env={"AWS_PROFILE": "dev", "A": "1", "B": "2"})),
        (["--args=${FLAGS} -x __GIT_WORKING_DIR__/y"], Arguments(args=("--a", "-x", "/r/y"))),
        (["--args=${NOT_SET}"], Arguments()),
        (["--", "-odd.tf"], Arguments(files=("-odd.tf",))),
    ],
)
def test_the_style_of_pre_commit_terraform(words: list[str], expected: Arguments) -> None:
    assert parse(words, {"FLAGS": "--a"}, "/r") == expected


def test_rules_that_are_left_out() -> None:
    assert parse(["--hook-config=--skip=no-lock,shared-state"], {}, "/r").skipped == {"no-lock", "shared-state"}


@pytest.mark.parametrize("words", [["--nope"], ["--args"], ["--args='"]])
def test_what_means_nothing(words: list[str]) -> None:
    with pytest.raises(HookArgumentError) as failed:
        parse(words, {}, "/r")
    assert failed.value.next_step


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", 4),
        ("CPU", 8),
        ("CPU*4", 32),
        ("CPU / 2", 4),
        ("CPU-1", 7),
        ("CPU-9", 1),
        ("CPU+1", 9),
        ("0", 1),
        ("9999", 256),
    ],
)
def test_cpus(text: str, number: int) -> None:
    assert cpus(text, 8) == number


@pytest.mark.parametrize("text", ["", "many", "CPU/0", "CPU*x", "1;2"])
def test_no_cpus(text: str) -> None:
    with pytest.raises(HookArgumentError):
        cpus(text, 8)

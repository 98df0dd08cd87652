from __future__ import annotations

import os
from pathlib import Path

import pytest

from driftgate.hcl.constant import ModuleScope
from driftgate.hcl.evaluate import EvaluationError, evaluate
from driftgate.hcl.functions.files import file_functions
from driftgate.hcl.parse import parse_expression
from driftgate.hcl.scope import Function


class Folder(ModuleScope):
    """A scope with the file functions for one folder."""

    def __init__(self, base: Path) -> None:
        super().__init__({}, {})
        self.table = file_functions(str(base), self, f"{base}/home")

    def function(self, name: str) -> Function | None:
        return self.table.get(name) or ModuleScope.function(self, name)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    files = {
        "a.txt": "hi\n",
        "b/c.json": "{}",
        "b/d/e.json": "[]",
        "b/d/f.tf": "",
        ".hidden/g.json": "",
        "greet.tftpl": "Hello, ${upper(name)}!%{ for p in ports ~}\n${p}%{ endfor }",
        "nested.tftpl": 'outer ${templatefile("greet.tftpl", { name = name, ports = [] })}',
        "endless.tftpl": '${templatefile("endless.tftpl", {})}',
        "broken.tftpl": "line\n${",
        "typed.tftpl": "${values}",
        "marked.tftpl": "\ufeffhi",
        "home/key.pub": "ssh",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "latin1.txt").write_bytes(b"\xe9")
    (tmp_path / "linked").symlink_to("b")
    return tmp_path


VALUES = {
    "file": ('file("a.txt")', "hi\n"),
    "file above": ('file("b/../a.txt")', "hi\n"),
    "file in the home folder": (
        '[file("~/key.pub"), fileexists("~/key.pub"), fileexists("~/z")]',
        ["ssh", True, False],
    ),
    "filebase64": ('filebase64("a.txt")', "aGkK"),
    "filebase64 of what is no text": ('filebase64("latin1.txt")', "6Q=="),
    "filemd5": ('filemd5("a.txt")', "764efa883dda1e11db47671c4a3bbd9e"),
    "filesha1": ('filesha1("a.txt") == sha1("hi\\n")', True),
    "filesha256": ('filesha256("a.txt") == sha256("hi\\n")', True),
    "filesha512": ('filesha512("a.txt") == sha512("hi\\n")', True),
    "filebase64sha256": ('filebase64sha256("a.txt") == base64sha256("hi\\n")', True),
    "filebase64sha512": ('filebase64sha512("a.txt") == base64sha512("hi\\n")', True),
    "fileexists": ('[fileexists("a.txt"), fileexists("z.txt")]', [True, False]),
    "fileset": ('fileset("b", "*.json")', ["c.json"]),
    "fileset below": ('fileset(".", "b/**/*.json")', ["b/c.json", "b/d/e.json"]),
    "fileset of alternatives": ('fileset("b", "**/*.{tf,json}")', ["c.json", "d/e.json", "d/f.tf"]),
    "fileset of one character": ('fileset("b/d", "[e-f].*")', ["e.json", "f.tf"]),
    "fileset of a bracket": ('fileset("b/d", "[[e].*")', ["e.json"]),
    "fileset through a link to a folder": (
        'fileset(".", "linked/**")',
        ["linked/c.json", "linked/d/e.json", "linked/d/f.tf"],
    ),
    "fileset of a pattern that begins here": ('fileset("b", "./*.json")', ["c.json"]),
    "fileset of a pattern that leads out": ('fileset("b/d", "../*.json")', ["../c.json"]),
    "fileset of hidden ones above": ('fileset("b/d", "../../.hid*/*")', ["../../.hidden/g.json"]),
    "fileset of nothing": ('fileset(".", "*.nope")', []),
    "pathexpand": ('[pathexpand("~/x") == "${pathexpand("~")}/x", pathexpand("a/~")]', [True, "a/~"]),
    "templatefile": ('templatefile("greet.tftpl", { name = "al", ports = [1, 2] })', "Hello, AL!12"),
    "template in a template": ('templatefile("nested.tftpl", { name = "al" })', "outer Hello, AL!"),
    "template that is one value": ('templatefile("typed.tftpl", { values = [1] })', [1]),
    "template with a byte order mark": ('templatefile("marked.tftpl", {})', "hi"),
    "templatestring": ('templatestring("a $${b}", { b = 1 })', "a 1"),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_value(base: Path, text: str, value: object) -> None:
    assert evaluate(parse_expression(text), Folder(base)) == value


def test_abspath(base: Path) -> None:
    assert evaluate(parse_expression('abspath("b/../x")'), Folder(base)) == f"{base}/x"


ERRORS = {
    "missing file": ('file("z.txt")', 'file: no file exists at "z.txt"'),
    "folder": ('file("b")', 'file: "b" is not a regular file'),
    "existing folder": ('fileexists("b")', 'fileexists: "b" is not a regular file'),
    "pipe": ('file("pipe")', 'file: "pipe" is not a regular file'),
    "no text": ('file("latin1.txt")', 'file: "latin1.txt" is not valid UTF-8'),
    "nul in the name": ('file("\\u0000")', "cannot be read: its name is not valid"),
    "broken template": ('templatefile("broken.tftpl", {})', 'templatefile: broken.tftpl:2:1: "${" is never closed'),
    "variable that is not given": (
        'templatefile("greet.tftpl", {})',
        'templatefile: in greet.tftpl: the template has no variable "name": add it to the map',
    ),
    "template without end": ('templatefile("endless.tftpl", {})', "template files call each other more than 8 deep"),
    "the whole file system": ('fileset("/", "**")', 'fileset: more than 100000 files are below "/"'),
    "a pattern without a meaning": ('fileset(".", "[z-a]")', 'fileset: "[z-a]" is not a valid pattern: bad character'),
    "home of another": ('pathexpand("~bob/x")', "pathexpand: the home folder of another user cannot be expanded"),
}


@pytest.mark.parametrize(("text", "problem"), ERRORS.values(), ids=ERRORS)
def test_error(base: Path, text: str, problem: str) -> None:
    os.mkfifo(base / "pipe")

    with pytest.raises(EvaluationError) as raised:
        evaluate(parse_expression(text), Folder(base))

    assert problem in raised.value.problem
    assert raised.value.span is not None

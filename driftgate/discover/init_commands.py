"""Finds `terraform init -backend-config …` in a repo's CI files, Makefiles and scripts, and the unit each is for."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from driftgate.discover.backend_items import items_in
from driftgate.discover.module import read_text
from driftgate.discover.repo import Repo
from driftgate.discover.walk import Folder

_CI_FILES = (
    ".github/workflows", ".gitlab-ci.yml", ".gitlab-ci.yaml", ".gitlab", ".circleci", ".buildkite", ".azure-pipelines",
    "azure-pipelines.yml", "azure-pipelines.yaml", "bitbucket-pipelines.yml", ".travis.yml", ".drone.yml",
    ".woodpecker.yml", "buildspec.yml", "cloudbuild.yaml", "atlantis.yaml", "Jenkinsfile",
)  # fmt: skip
_BUILD_FILES = re.compile(r"(GNU)?[Mm]akefile|.*\.mk|[Tt]askfile\.ya?ml|\.?[Jj]ustfile|.*\.(sh|bash)")
_INIT = re.compile(r"\binit\b.*-backend-config")
_COMMENT = re.compile(r"\s*(?:#|//)")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*|,\s*(?=\"-?-backend)")
_CHDIR = re.compile(r"-chdir=[\"']?([^\s\"']+)")
_CD = re.compile(r"\b(?:cd|pushd)\s+[\"']?([^\s\"';&|]+)")
_WORKING_DIRECTORY = re.compile(
    r"^\s*(?:-\s+)?(?:working-directory|workingDirectory|working_directory|dir):\s*[\"']?([^\s\"'#]+)"
)
_CD_LINE = re.compile(r"^\s*(?:-\s+)?cd\s+[\"']?([^\s\"';&|]+)[\"']?\s*$")
_STEP = re.compile(r"^\s*-\s+[\w-]+:(\s|$)")
_STEP_LINES = 30


@dataclass(frozen=True, slots=True)
class InitCommand:
    """An init found in `file`: the unit it is for, and its `-backend-config` items as written."""

    file: str
    line: int
    unit: str
    items: tuple[str, ...]


def init_commands(repo: Repo) -> list[InitCommand]:
    """Every init command whose unit is certain: by `-chdir`, `cd`, a working directory, or its own place."""
    return [command for path in sorted(_files(repo)) for command in _commands(repo, path)]


def _files(repo: Repo) -> Iterator[str]:
    for folder in repo.folders.values():
        yield from (folder.join(name) for name in folder.files if _BUILD_FILES.fullmatch(name))
    for name in _CI_FILES:
        place = repo.root / name
        if place.is_dir():
            yield from (p.relative_to(repo.root).as_posix() for p in sorted(place.rglob("*.y*ml")) if p.is_file())
        elif place.is_file():
            yield name


def _commands(repo: Repo, path: str) -> Iterator[InitCommand]:
    try:
        text = read_text(repo.root / path)
    except (OSError, UnicodeDecodeError):
        return  # a hint at most; the units say that their backend is undecided
    if "-backend-config" not in text:
        return
    for line_number, line, around in _logical_lines(text):
        if _INIT.search(line) and not _COMMENT.match(line):
            items = items_in(_words(line))
            unit = _unit(repo, path, line, around)
            if items and unit is not None:
                yield InitCommand(path, line_number, unit, tuple(items))


def _logical_lines(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Number and text of each line, continuations joined, with the lines of the CI step that it is in."""
    lines: list[tuple[int, str]] = []
    number = 1
    for line in _CONTINUED.sub("\0", text).split("\n"):
        lines.append((number, line.replace("\0", " ")))
        number += 1 + line.count("\0")
    texts = [line for _, line in lines]
    for index, (number, line) in enumerate(lines):
        yield number, line, _step(texts, index)


def _step(lines: list[str], index: int) -> list[str]:
    """The lines around one, nearest first, from the `- key:` that begins a step to the one that begins the next."""
    above = []
    for line in () if _STEP.match(lines[index]) else reversed(lines[max(0, index - _STEP_LINES) : index]):
        above.append(line)
        if _STEP.match(line):
            break
    below = list(takewhile(lambda line: not _STEP.match(line), lines[index + 1 : index + _STEP_LINES]))
    return above + below


def _words(line: str) -> list[str]:
    command = re.split(r"&&|\|\||;|\|", line[line.index("init") :])[0]
    command = re.sub(r"\$\{\{.*?\}\}", lambda match: match[0].replace(" ", ""), command)
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return command.replace('"', " ").replace("'", " ").split()


def _unit(repo: Repo, path: str, line: str, around: list[str]) -> str | None:
    """The module that the command runs in, if that can be told."""
    here = posixpath.dirname(path) or "."
    base = here if repo.folders.get(here, Folder(here, ())).files and not here.startswith(".") else "."
    named = [match[1] for pattern in (_CHDIR, _CD) for match in pattern.finditer(line)]
    if not named:
        places = (_WORKING_DIRECTORY.match(text) or _CD_LINE.match(text) for text in around)
        named = [match[1] for match in places if match][:1]
    for start in (base, "."):
        for place in named:
            folder = posixpath.normpath(posixpath.join(start, place))
            if folder in repo.folders and repo.folders[folder].is_module:
                return folder
    if named or not repo.folder(base).is_module:
        return None
    return base

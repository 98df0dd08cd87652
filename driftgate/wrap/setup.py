"""What `dg init` lays out in a repo: settings, hooks, CI. Nothing that is there is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml

from driftgate import __version__
from driftgate.wrap.hooks.table import HOOKS

PRE_COMMIT = ".pre-commit-config.yaml"
_REPOSITORY = "https://github.com/driftgate/driftgate"
_OURS = "driftgate:"
SETTINGS = """\
# driftgate's settings; all of them: dg config schema, or docs/configuration.md. What is not set here has its default.

[drift]
# fail_on = "high"          # exit 2 from this severity on
# ledger = "s3://bucket/drift-ledger"   # remember findings for the whole team

[report]
# show_values = ["tags.*"]  # attributes whose values a comment may show, beside the built-in ones

[backup]
# destination = "s3://bucket/state-backups"
"""
CI = {
    # name: (file in the repo, example that it is a copy of)
    "github": (".github/workflows/drift.yml", "github/pull-request.yml"),
    "github-scheduled": (".github/workflows/nightly-drift.yml", "github/scheduled.yml"),
    "gitlab": (".gitlab/drift.yml", "gitlab/drift.yml"),
    "atlantis": ("atlantis/repos.yaml", "atlantis/repos.yaml"),
}


@dataclass(frozen=True, slots=True)
class Write:
    """A file to write. `text` is all of it; `why` says what for; an executable one is a git hook."""

    path: Path
    text: str
    why: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """A file that is there already, and what to do by hand."""

    path: Path
    why: str


def planned(root: Path, *, hooks: bool, ci: tuple[str, ...], hooks_path: str = "") -> Iterator[Write | Leave]:
    """What to lay out in the repo at `root`, in order. `hooks_path` is git's core.hooksPath, "" where it is not set."""
    yield _new(root / ".driftgate.toml", SETTINGS, "settings, all still at their defaults")
    if hooks:
        yield from _hooks(root, hooks_path)
    for name in ci:
        target, example = CI[name]
        yield _new(root / target, _shipped("examples", example), f"the workflow of docs/ci/{name.partition('-')[0]}.md")


def write(step: Write) -> None:
    """Write the file, and the folders that it needs. Raises OSError."""
    step.path.parent.mkdir(parents=True, exist_ok=True)
    step.path.write_text(step.text, encoding="utf-8")
    if step.executable:
        step.path.chmod(0o755)


def _hooks(root: Path, hooks_path: str) -> Iterator[Write | Leave]:
    """For pre-commit where the repo uses it, else for plain git."""
    config = root / PRE_COMMIT
    if config.is_file():
        yield _pre_commit(config)
        return
    if hooks_path:
        by_hand = "add `dg hook pre-commit` to the hook of that name, and `dg hook pre-push` likewise"
        yield Leave(root / hooks_path, f"git looks for hooks here (core.hooksPath): {by_hand}")
        return
    folder = root / ".git" / "hooks"
    if not folder.parent.is_dir():
        yield Leave(folder, "not a git repo with a `.git` folder: add `dg hook pre-commit` to your hooks by hand")
        return
    for name in ("pre-commit", "pre-push"):
        text, path = _shipped("hooks", name), folder / name
        if path.exists() and _OURS not in path.read_text(encoding="utf-8", errors="replace"):
            yield Leave(path, f"there is a hook already: add the line `dg hook {name}` to it")
        else:
            yield Write(path, text, f"git's {name} hook", executable=True)


def _pre_commit(config: Path) -> Write | Leave:
    try:
        text = config.read_text(encoding="utf-8")
        tree = yaml.safe_load(text) or {}
        repos = tree.get("repos") or []
        known = any(hook.get("id") in HOOKS for repo in repos for hook in repo.get("hooks") or ())
    except (yaml.YAMLError, AttributeError, TypeError, UnicodeDecodeError):
        return Leave(config, "it cannot be read: add driftgate's hooks by hand (docs/pre-commit.md)")
    if known:
        return Leave(config, "it has driftgate's hooks already")
    indent = "  " if "\n  - repo:" in text else ""
    lines = [f"{indent}- repo: {_REPOSITORY}", f"{indent}  rev: v{__version__}", f"{indent}  hooks:"]
    added = "\n".join([*lines, *(f"{indent}    - id: {name}" for name in HOOKS)])
    whole = f"{text.rstrip()}\n{added}\n"
    if _parsed(whole) != {**tree, "repos": [*repos, *yaml.safe_load(added)]}:
        return Leave(config, "its form is unusual: add driftgate's hooks by hand (docs/pre-commit.md)")
    return Write(config, whole, "driftgate's hooks for pre-commit, added at the end")


def _parsed(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _new(path: Path, text: str, why: str) -> Write | Leave:
    return Leave(path, "it is there already") if path.exists() else Write(path, text, why)


def _shipped(folder: str, name: str) -> str:
    """A file that comes with driftgate: in the installed package, or at the root of a source checkout."""
    packaged = Path(str(files("driftgate"))) / folder / name
    path = packaged if packaged.is_file() else Path(__file__).parents[2] / folder / name
    return path.read_text(encoding="utf-8")

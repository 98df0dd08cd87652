"""Stands in for Terragrunt in one unit: evaluates it, lays it out where Terragrunt would, and runs terraform there.

STAND_IN_VERSION is what it says it is; STAND_IN_LOG gets a line of JSON for each call. Like the real one it leaves
files beside the unit's configuration.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from driftgate.discover.outputs import state_outputs
from driftgate.terragrunt.config import Config, open_unit
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.materialise import Materialised, materialise
from driftgate.terragrunt.session import Session
from driftgate.terragrunt.shapes import as_list, as_mapping

VERSION = os.environ["STAND_IN_VERSION"]
MODERN = int(VERSION.split(".")[0]) >= 1
NAMES = {"DOWNLOAD_DIR": "DOWNLOAD", "TF_PATH": "TFPATH", "NON_INTERACTIVE": "NON_INTERACTIVE"}


def setting(name: str) -> str | None:
    return os.environ.get(f"TG_{name}" if MODERN else f"TERRAGRUNT_{NAMES[name]}")


def fail(problem: str) -> None:
    sys.stderr.write(f"10:00:00.000 INFO   Looking around\n10:00:00.000 ERROR  {problem}\n")
    raise SystemExit(1)


def command(arguments: list[str]) -> tuple[dict[str, str], list[str]]:
    """The feature flags, and what is terraform's."""
    if MODERN and arguments[:1] == ["run"]:
        at = arguments.index("--")
        own, rest = arguments[1:at], arguments[at + 1 :]
    else:
        own = [word for word in arguments if word.startswith("--")]
        rest = [word for word in arguments if not word.startswith("--")]
    features = dict(word.removeprefix("--feature=").split("=", 1) for word in own)
    return features, rest


def evaluate(features: dict[str, str], word: str) -> Config:
    root = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / ".git").exists())

    def execute(argv: object, folder: str) -> str:
        return subprocess.run(list(argv), cwd=folder, capture_output=True, text=True, check=True).stdout.strip()  # type: ignore[call-overload,no-any-return]

    session = Session(Files(root.as_posix()), dict(os.environ), word, features, execute=execute)
    return open_unit(session.with_outputs(state_outputs(session)), Path.cwd().as_posix())


def working_dir(config: Config, laid_out: Materialised) -> Path:
    """Where Terragrunt runs terraform: 0.x in the unit's own folder when that is its module."""
    if MODERN or as_mapping(config.section("terraform")).get("source"):
        return laid_out.folder
    for made in laid_out.folder.iterdir():
        if not made.is_symlink():
            shutil.copyfile(made, Path(made.name))
    return Path.cwd()


def run_hooks(config: Config, word: str, folder: Path) -> None:
    for hook in as_mapping(as_mapping(config.section("terraform")).get("before_hook")).values():
        if word in as_list(as_mapping(hook).get("commands")):
            subprocess.run(as_list(as_mapping(hook).get("execute")), cwd=folder, check=True)  # type: ignore[arg-type]


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"terragrunt version v{VERSION}")
        return 0
    features, rest = command(arguments)
    with open(os.environ["STAND_IN_LOG"], "a") as log:
        log.write(json.dumps({"argv": arguments, "cwd": os.getcwd()}) + "\n")
    if setting("NON_INTERACTIVE") != "true":
        fail("it would ask")
    config = evaluate(features, rest[0])
    exclude = as_mapping(config.section("exclude"))
    if exclude.get("if") is True and exclude.get("no_run") is True:
        return 0
    tree = Path(setting("DOWNLOAD_DIR") or ".terragrunt-cache").resolve() / hashlib.sha1(rest[0].encode()).hexdigest()
    shutil.rmtree(tree, ignore_errors=True)
    try:
        laid_out = materialise(config, tree)
    except Exception as error:
        fail(f"{type(error).__name__}: {error}")
    for name in sorted(config.mocked):
        sys.stderr.write(
            f"10:00:00.000 WARN   Config ../{name}/terragrunt.hcl is a dependency of ./terragrunt.hcl that has no outputs, "
            "but mock outputs provided and returning those in dependency output.\n"
        )
    folder = working_dir(config, laid_out)
    run_hooks(config, rest[0], folder)
    tf, env = setting("TF_PATH") or "tofu", {**os.environ, **laid_out.env}
    if rest[0] != "init":
        subprocess.run([tf, "init", "-input=false"], cwd=folder, env=env, check=True, stdout=sys.stderr)
    code = subprocess.run([tf, *rest], cwd=folder, env=env, check=False).returncode
    Path("left-beside-the-code").touch()
    return code


sys.exit(main(sys.argv[1:]))

"""The terragrunt binary as a front to terraform: which one it is, and how it is asked to change nothing.

Both generations of its command line. Its settings are given in the environment, where a name that a version does not
know is no error: `TG_…` of 1.x, `TERRAGRUNT_…` of 0.x.
Source: https://terragrunt.gruntwork.io/docs/migrate/cli-redesign/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.process import Runner
from driftgate.tfexec.binary import ToolError
from driftgate.tfexec.real import find_real

_NAMES = (
    # setting of 1.x, of 0.x, value: never asks, never makes or changes a bucket, leaves terraform's own output alone
    ("NON_INTERACTIVE", "NON_INTERACTIVE", "true"),
    ("NO_COLOR", "NO_COLOR", "true"),
    ("TF_FORWARD_STDOUT", "FORWARD_TF_STDOUT", "true"),
    ("BACKEND_REQUIRE_BOOTSTRAP", "FAIL_ON_STATE_BUCKET_CREATION", "true"),
    ("DISABLE_BUCKET_UPDATE", "DISABLE_BUCKET_UPDATE", "true"),
)
_DROPPED = frozenset(
    {
        "ALL", "AUTO_INIT", "BACKEND_BOOTSTRAP", "CONFIG", "DEBUG", "FILTER", "GRAPH", "INPUTS_DEBUG", "JSON_OUT_DIR",
        "LOG_CUSTOM_FORMAT", "LOG_DISABLE", "LOG_FORMAT", "LOG_LEVEL", "NO_AUTO_INIT", "OUT_DIR", "REPORT_FILE",
        "REPORT_FORMAT", "REPORT_SCHEMA_FILE", "SOURCE_UPDATE", "WORKING_DIR",
    }
)  # fmt: skip
"""Settings of the user's that would lead Terragrunt elsewhere, or hide what it warns of."""
_NOISE = re.compile(r"(?:\S+ +)?(?:INFO|WARN|DEBUG|TRACE) +\S|.*\blevel=(?:info|warning|debug|trace)\b")
_LOGGED = re.compile(r"(?:\d\d:\d\d:\d\d\.\d+ +)?(?:ERROR|STDERR) +(?:\[[^]]*\] +)?(?:(?:terraform|tofu): )?")
_OLD_LOG = re.compile(r'.*\blevel=error\b(?:.*?\bmsg=)?"?')
_MOCKED = re.compile(r"[Cc]onfig (\S+) is a dependency of \S+ that has no outputs, but mock outputs provided")


@dataclass(frozen=True, slots=True)
class Terragrunt:
    """A terragrunt that answers; `version` as numbers, e.g. (1, 1, 3)."""

    path: str
    version: tuple[int, int, int]

    def __str__(self) -> str:
        return f"terragrunt {'.'.join(map(str, self.version))}"

    @property
    def modern(self) -> bool:
        """Whether it has the command line of 1.x, and always works in its own download folder."""
        return self.version >= (1, 0, 0)

    def front(self, features: Sequence[tuple[str, str]] = ()) -> tuple[str, ...]:
        """What stands before a terraform command in place of terraform."""
        flags = tuple(f"--feature={name}={value}" for name, value in features)
        return (self.path, "run", *flags, "--") if self.modern else (self.path, *flags)

    def environment(self, env: Mapping[str, str], *, download_dir: Path, tf_path: str) -> dict[str, str]:
        """`env` for a run that leaves everything it makes in `download_dir` and runs the terraform at `tf_path`."""
        places = (("DOWNLOAD_DIR", "DOWNLOAD", str(download_dir)), ("TF_PATH", "TFPATH", tf_path))
        ours = {f"TG_{new}": value for new, _, value in (*_NAMES, *places)}
        if not self.modern:
            ours |= {f"TERRAGRUNT_{old}": value for _, old, value in (*_NAMES, *places)}
        return {name: value for name, value in env.items() if not _dropped(name)} | ours


def find_terragrunt(env: Mapping[str, str], *, run: Runner) -> Terragrunt | None:
    """The terragrunt on PATH, None when there is none. Raises ToolError when it does not say its version."""
    path = find_real("terragrunt", env)
    if path is None:
        return None
    try:
        said = run((path, "--version"), cwd=Path.cwd(), env=env).stdout.decode("utf-8", "replace")
    except OSError as error:
        said = error.strerror or ""
    found = version_in(said)
    if found is None:
        raise ToolError(
            f"{path} does not answer `--version`",
            next_step="check that it runs, or plan without it: `--terragrunt native`",
        )
    return Terragrunt(path, found)


def version_in(said: str) -> tuple[int, int, int] | None:
    """The version in what `terragrunt --version` says, None when there is none."""
    found = re.search(r"v?(\d+)\.(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def without_log(said: bytes) -> bytes:
    """What terragrunt and its terraform wrote to stderr, without its log of what went well and its prefixes."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if not _NOISE.match(line)]
    return "\n".join(_OLD_LOG.sub("", _LOGGED.sub("", line)) for line in lines).encode()


def mocked(said: bytes) -> list[str]:
    """The configurations whose mock outputs terragrunt warns that it used."""
    return sorted(set(_MOCKED.findall(said.decode("utf-8", "replace"))))


def _dropped(name: str) -> bool:
    for prefix in ("TG_", "TERRAGRUNT_"):
        if name.startswith(prefix):
            return name.removeprefix(prefix) in _DROPPED
    return name == "TF_DATA_DIR"  # one for all: those of the dependencies would be the unit's

"""Modules that are not on this disk, fetched by terraform itself (`terraform get`) into a private folder.

Sources: https://developer.hashicorp.com/terraform/language/modules/sources; `tfr://` is Terragrunt's spelling of a
registry module (https://terragrunt.gruntwork.io/docs/reference/hcl/blocks/#terraform).
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path

from driftgate.errors import DriftgateError
from driftgate.hcl.source import quoted
from driftgate.live.explain import one_line
from driftgate.process import Runner
from driftgate.terragrunt.source import Fetched
from driftgate.tfexec import reads
from driftgate.tfexec.binary import Binary

_REGISTRY = re.compile(r"tfr://(?P<host>[^/]*)/(?P<path>[^?]+)\?version=(?P<version>[^&]+)")


class ModuleFetcher:
    """Fetches each source once; what it fetched is gone when the fetcher is."""

    def __init__(self, binary: Callable[[str], Binary], env: Mapping[str, str], run: Runner) -> None:
        self._binary, self._env, self._run = binary, env, run
        self._known: dict[tuple[str, str], Fetched | DriftgateError] = {}
        self._folder: Path | None = None

    def __call__(self, source: str, tool: str) -> Fetched:
        """The module at a source, by this tool. Raises DriftgateError when it cannot be fetched."""
        key = (source, tool)
        if key not in self._known:
            try:
                self._known[key] = self._fetch(source, tool, len(self._known))
            except DriftgateError as error:
                self._known[key] = error  # asking again would only take long again
        found = self._known[key]
        if isinstance(found, DriftgateError):
            raise found
        return found

    def _fetch(self, source: str, tool: str, number: int) -> Fetched:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="driftgate-")).resolve()
            weakref.finalize(self, shutil.rmtree, self._folder, True)
        folder = self._folder / str(number)
        folder.mkdir(mode=0o700)
        (folder / "main.tf").write_text(module_call(source))
        env = {**self._env, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "GIT_TERMINAL_PROMPT": "0"}
        env.pop("TF_DATA_DIR", None)
        done = reads.get(reads.Terraform(self._binary(tool), folder, env, self._run))
        if not done.ok:
            first = done.errors[0]
            reason = one_line(f"{first.summary} {first.detail}")
            raise DriftgateError(
                f"the module {source} could not be fetched: {reason}",
                next_step="check its source and your access to it",
            )
        listed = json.loads((folder / ".terraform/modules/modules.json").read_bytes())["Modules"]
        module = next(entry for entry in listed if entry["Key"] == "unit")
        return Fetched(str(folder / ".terraform/modules/unit"), str(folder / module["Dir"]))


def module_call(source: str) -> str:
    """A module block that names a source; Terragrunt's registry sources in Terraform's own words."""
    match = _REGISTRY.fullmatch(source)
    if match is None:
        return f'module "unit" {{\n  source = {quoted(source)}\n}}\n'
    host = f"{match['host']}/" if match["host"] else ""
    wanted = quoted(f"{host}{match['path']}")
    return f'module "unit" {{\n  source  = {wanted}\n  version = {quoted(match["version"])}\n}}\n'

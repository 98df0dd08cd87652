"""terraform as the demo's user would run it: init, workspace new, apply; and the provider it needs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from driftgate.errors import DriftgateError
from driftgate.process import Runner
from driftgate.tfexec.binary import Binary, ToolError, find_binary
from driftgate.tfexec.events import Diagnostic
from driftgate.tfexec.mirror import REGISTRIES, cli_config, find_provider_mirror, provider_cache
from driftgate.tfexec.reads import Terraform, diagnostics_from_text


class NoTerraformError(DriftgateError):
    """terraform or its AWS provider cannot be had here; recorded plans still can."""


def find_terraform(env: Mapping[str, str], run: Runner) -> Binary:
    """terraform from PATH, else tofu. Raises NoTerraformError."""
    try:
        return find_binary(env, run=run)
    except ToolError as error:
        raise NoTerraformError(error.message, next_step=error.next_step) from None


def install_provider(tf: Terraform, wanted: Path, *, env: Mapping[str, str]) -> None:
    """Write the CLI configuration that `tf` runs under, so that the AWS provider comes from a local mirror.

    Where `env` leads to no mirror, terraform first fetches what the file `wanted` requires into driftgate's cache.
    Raises NoTerraformError when it cannot.
    """
    config = Path(tf.env["TF_CLI_CONFIG_FILE"])
    mirror = find_provider_mirror(env, tool=tf.binary.name)
    config.write_text(cli_config(mirror), encoding="utf-8")
    if mirror is None:
        cache = provider_cache(env)
        try:
            _fetch(tf, wanted, cache)
        except OSError as error:
            message = f"cannot keep the AWS provider in {cache}: {error.strerror}"
            raise NoTerraformError(message, next_step="name a folder of yours in XDG_CACHE_HOME") from None
        config.write_text(cli_config(cache), encoding="utf-8")


def _fetch(tf: Terraform, wanted: Path, cache: Path) -> None:
    """What init installs is laid out as a mirror already; it comes into the cache whole or not at all."""
    registry = REGISTRIES[tf.binary.name]
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="fetching-", dir=cache.parent) as scratch:
        shutil.copy(wanted, scratch)
        init(replace(tf, cwd=Path(scratch)), "-backend=false")
        Path(scratch, ".terraform", "providers", registry).rename(cache / registry)


def init(tf: Terraform, *options: str) -> None:
    """`terraform init`. Raises NoTerraformError: the demo's backends are sound, so it fails for want of a provider."""
    failure = _run(tf, "init", "-input=false", "-no-color", *options)
    if failure is not None:
        raise NoTerraformError(f"{tf.binary.name} cannot get the AWS provider ({failure.summary})")


def terraform(tf: Terraform, *words: str) -> None:
    """Run a command and raise ToolError when it fails."""
    failure = _run(tf, *words)
    if failure is not None:
        raise ToolError(
            f"`{tf.binary.name} {words[0]}` failed in {tf.cwd.name}: {failure.summary} {failure.detail}".strip(),
            next_step="repeat with `dg demo --keep DIR` and look there",
        )


def _run(tf: Terraform, *words: str) -> Diagnostic | None:
    """The first error of a command that failed, None for success."""
    result = tf.run((tf.binary.path, *words), cwd=tf.cwd, env=tf.env)
    if result.ok:
        return None
    found = diagnostics_from_text(result.stderr or result.stdout)
    return next(diagnostic for diagnostic in found if diagnostic.severity == "error")

"""Backend types and who reads them: natively where it pays, through the terraform binary for every other type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from driftgate.backends.base import Backend, BackendError, Surroundings
from driftgate.backends.where import no_address
from driftgate.backends.where_settings import UnlocatedError
from driftgate.errors import MissingExtra
from driftgate.process import Runner
from driftgate.tfexec.binary import Binary
from driftgate.unit import BackendConfig

NATIVE = {
    # Terraform's name of the type: module:function, imported when it is used
    "azurerm": "driftgate.backends.azurerm:open_azurerm",
    "cloud": "driftgate.backends.hcp:open_hcp",
    "consul": "driftgate.backends.consul:open_consul",
    "http": "driftgate.backends.http:open_http",
    "gcs": "driftgate.backends.gcs:open_gcs",
    "kubernetes": "driftgate.backends.kubernetes:open_kubernetes",
    "local": "driftgate.backends.local:open_local",
    "pg": "driftgate.backends.pg:open_pg",
    "remote": "driftgate.backends.hcp:open_hcp",
    "s3": "driftgate.backends.s3:open_s3",
}
OTHERS = "driftgate.backends.terraform_write:open_writing"
EXTRAS = {
    "botocore": ("boto3", "aws"),
    "azure": ("azure-storage-blob and azure-identity", "azure"),
    "google": ("google-cloud-storage", "gcp"),
    "psycopg": ("psycopg", "pg"),
}
"""Optional modules: the package to install and driftgate's extra that has it."""


def open_backend(
    backend: BackendConfig,
    *,
    unit_dir: Path,
    env: Mapping[str, str],
    runner: Runner,
    binary: Binary | None = None,
    tool: str | None = None,
) -> Backend:
    """The reader for `backend` of the unit in `unit_dir`; a type that needs a binary and got none looks for `tool`.

    Raises BackendError for settings that cannot work, MissingExtra when the type's package is not installed.
    """
    module, _, name = NATIVE.get(backend.type, OTHERS).partition(":")
    try:
        opener = cast(Callable[[BackendConfig, Surroundings], Backend], getattr(import_module(module), name))
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRAS:
            raise
        raise MissingExtra(*EXTRAS[missing], f"reading `{backend.type}` states") from None
    try:
        return opener(backend, Surroundings(unit_dir, env, runner, binary, tool))
    except UnlocatedError as error:
        raise BackendError(error.message, next_step=error.next_step) from None
    except ValueError:
        wrong = no_address(backend.type)
        raise BackendError(wrong.message, next_step=wrong.next_step) from None

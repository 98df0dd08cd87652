from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from driftgate import process
from driftgate.backends.base import BackendError
from driftgate.backends.registry import NATIVE, OTHERS, open_backend
from driftgate.errors import MissingExtra
from driftgate.unit import BackendConfig


@pytest.mark.parametrize("target", [*NATIVE.values(), OTHERS])
def test_every_entry_names_a_function(target: str) -> None:
    module, _, name = target.partition(":")

    assert callable(getattr(import_module(module), name))


MISSING = [
    pytest.param("s3", "botocore", "boto3", "aws", id="s3"),
    pytest.param("azurerm", "azure", "azure-storage-blob and azure-identity", "azure", id="azurerm"),
    pytest.param("gcs", "google", "google-cloud-storage", "gcp", id="gcs"),
    pytest.param("pg", "psycopg", "psycopg", "pg", id="pg"),
]


@pytest.mark.parametrize(("kind", "module", "package", "extra"), MISSING)
def test_a_missing_extra_is_one_line_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, module: str, package: str, extra: str
) -> None:
    ours = tuple(f"driftgate.backends.{name}" for name in ("s3", "aws", "azure", "gcs", "pg"))
    for name in [n for n in sys.modules if n == module or n.startswith((f"{module}.", *ours))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)  # type: ignore[arg-type]

    with pytest.raises(MissingExtra) as caught:
        open_backend(BackendConfig(kind), unit_dir=tmp_path, env={}, runner=process.run)

    assert str(caught.value) == (
        f"reading `{kind}` states needs the package {package}, which is not installed: pip install 'driftgate[{extra}]'"
    )


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("gcs", {"bucket": "b", "storage_custom_endpoint": "http://[::1"}),
        ("http", {"address": "http://u:s3cr3t@[::1"}),
        ("pg", {"conn_str": "postgres://u:s3cr3t@[::1/db"}),
        ("s3", {"bucket": "b", "key": "k", "endpoint": "http://[::1"}),
    ],
)
def test_an_address_that_is_none_is_one_line_with_the_remedy(kind: str, config: dict[str, object]) -> None:
    with pytest.raises(BackendError, match=f"backend {kind}: an address in it is none") as caught:
        open_backend(BackendConfig(kind, config), unit_dir=Path(), env={}, runner=process.run)

    assert caught.value.next_step
    assert "s3cr3t" not in caught.value.message


def test_any_other_import_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(NATIVE, "local", "driftgate.backends.no_such_module:open")

    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        open_backend(BackendConfig("local"), unit_dir=tmp_path, env={}, runner=process.run)

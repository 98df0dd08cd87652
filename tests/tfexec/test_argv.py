from __future__ import annotations

import logging

import pytest

from driftgate.tfexec.argv import FLAG, argv


@pytest.mark.parametrize(
    ("subcommand", "args", "options", "expected"),
    [
        pytest.param("version", (), {}, ("tf", "version"), id="bare"),
        pytest.param("state pull", (), {}, ("tf", "state", "pull"), id="two words"),
        pytest.param("plan", (), {"lock": False}, ("tf", "plan", "-lock=false"), id="boolean"),
        pytest.param("show", ("a b",), {"json": FLAG}, ("tf", "show", "-json", "a b"), id="flag, argument with space"),
        pytest.param(
            "init",
            (),
            {"backend_config": ["k=v w", "f"]},
            ("tf", "init", "-backend-config=k=v w", "-backend-config=f"),
            id="list repeats",
        ),
        pytest.param("plan", (), {"var_file": []}, ("tf", "plan"), id="empty list"),
    ],
)
def test_argv(subcommand: str, args: tuple[str, ...], options: dict[str, object], expected: tuple[str, ...]) -> None:
    assert argv("tf", subcommand, *args, **options) == expected


def test_building_reads_and_logs_nothing(tmp_path, monkeypatch, caplog) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform/terraform.tfstate").write_text("not json: reading it would raise")

    with caplog.at_level(logging.DEBUG):
        argv("another-tf", "version")

    assert caplog.records == []

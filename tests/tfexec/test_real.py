from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.tfexec.real import find_real, is_shim, override


def program(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


SHIM = '#!/bin/sh\n# driftgate shim\nexec dg terraform "$@"\n'


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("", None, id="no PATH"),
        pytest.param("{0}/none:{0}/real", "real", id="the first that has it"),
        pytest.param("{0}/shim:{0}/real", "real", id="past our shim"),
        pytest.param("{0}/tfenv:{0}/real", "tfenv", id="a version manager's shim is real"),
        pytest.param("{0}/plain:{0}/folder:{0}/real", "real", id="neither a file without x nor a folder"),
        pytest.param("real:.:{0}/shim", None, id="relative entries are not trusted"),
    ],
)
def test_the_real_program_on_path(
    path: str, found: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "real/terraform")
    program(tmp_path / "shim/terraform", SHIM)
    program(tmp_path / "tfenv/terraform", "#!/usr/bin/env bash\nexec tfenv-exec\n")
    program(tmp_path / "plain/terraform", mode=0o644)
    (tmp_path / "folder/terraform").mkdir(parents=True)

    real = find_real("terraform", {"PATH": path.format(tmp_path)})

    assert real == (str(tmp_path / found / "terraform") if found else None)


@pytest.mark.parametrize(
    ("named", "found"), [("{0}/mine", True), ("mine", False), ("{0}/nope", False)], ids=["absolute", "relative", "gone"]
)
def test_the_real_program_named(named: str, found: bool, tmp_path: Path) -> None:
    program(tmp_path / "mine")
    program(tmp_path / "real/terraform")
    env = {"PATH": str(tmp_path / "real"), override("terraform"): named.format(tmp_path)}

    assert find_real("terraform", env) == (str(tmp_path / "mine") if found else None)


def test_what_cannot_be_read_is_no_shim(tmp_path: Path) -> None:
    assert not is_shim(str(tmp_path / "nope"))
    assert not is_shim(str(tmp_path))
    assert not is_shim(str(program(tmp_path / "binary", "\x7fELF driftgate shim")))

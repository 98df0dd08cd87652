"""Two processes of ours and two of terraform change one state at the same time: no change is lost."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from contract.interop import SOURCE, Unit
from contract.sites import Site
from terraform_cli import needs_terraform

from driftgate.safety.backup import Subject
from driftgate.state.edit import with_serial
from driftgate.state.file import StateError
from driftgate.state.parse import parse_state
from driftgate.state.writer import Intent, Place, draft

PROCESSES, TIMES = 2, 25
SECONDS = 240
"""A lock that stays held must end the test: nobody else would ever free it."""
RESOURCES = "".join(f'resource "terraform_data" "racer{i}" {{\n}}\n' for i in range(PROCESSES))


@needs_terraform
class RaceContract:
    @pytest.mark.acceptance
    @pytest.mark.every_time
    def test_a_hundred_changes_by_four_processes(self, site: Site) -> None:
        unit = Unit(site)
        (site.folder / "main.tf").write_text(f"terraform {{\n{site.block}}}\n{SOURCE}{RESOURCES}")
        unit.apply("one")
        before = parse_state(site.open().get().data)
        ours = [_start(site) for _ in range(PROCESSES)]
        failures: list[str] = []
        theirs = [threading.Thread(target=_toggle, args=(unit, i, failures)) for i in range(PROCESSES)]
        for thread in theirs:
            thread.start()
        for thread in theirs:
            thread.join()
        said = [process.communicate(timeout=SECONDS)[0] for process in ours]
        after = parse_state(site.open().get().data)

        assert failures == [], failures
        assert [process.returncode for process in ours] == [0] * PROCESSES, said
        assert after.serial - before.serial == 2 * PROCESSES * TIMES
        assert after.lineage == before.lineage
        assert [i.tainted for i in after.instances() if "racer" in i.label] == [TIMES % 2 == 1] * PROCESSES

    def test_the_writer_refuses_what_terraform_refuses(self, site: Site, tmp_path: Path) -> None:
        unit = Unit(site)
        unit.apply("one")
        current = site.open().get().data
        serial = parse_state(current).serial
        place = Place(site.open(), Subject("x"), "the state")
        cases = {
            "older": with_serial(current, serial - 1),
            "same serial, other content": current.replace(b'"one"', b'"two"'),
            "other lineage": with_serial(current.replace(b'"lineage": "', b'"lineage": "x'), serial + 1),
            "newer": with_serial(current, serial + 1),
            "the same": current,
        }
        ours = {name: _refused(place, data) for name, data in cases.items()}
        theirs = {name: _terraform_refuses(unit, tmp_path, data) for name, data in cases.items() if name != "newer"}

        assert {name: refused for name, refused in ours.items() if name != "newer"} == theirs
        assert not ours["newer"]


def _start(site: Site) -> subprocess.Popen[str]:
    argv = [sys.executable, str(Path(__file__).with_name("racer.py")), site.type, str(site.folder)]
    paths = os.pathsep.join(p for p in sys.path if p)
    return subprocess.Popen(
        [*argv, json.dumps(site.config), str(TIMES), str(SECONDS)], env={**os.environ, **site.env, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _toggle(unit: Unit, number: int, failures: list[str]) -> None:
    """Taint and untaint a resource of our own: each is one lock, read, change, write, unlock."""
    deadline = time.monotonic() + SECONDS
    for turn in range(TIMES):
        command = "untaint" if turn % 2 else "taint"
        while (done := unit.run(command, "-no-color", f"terraform_data.racer{number}")).returncode:
            if "Error acquiring the state lock" not in done.stdout:
                failures.append(done.stdout)
                return
            if time.monotonic() > deadline:
                failures.append(f"the lock stayed held: {done.stdout}")
                return
            time.sleep(random.uniform(0.01, 0.1))


def _refused(place: Place, data: bytes) -> bool:
    try:
        draft(place, Intent("state push", lambda current: data))
    except StateError:
        return True
    return False


def _terraform_refuses(unit: Unit, folder: Path, data: bytes) -> bool:
    path = folder / f"pushed-{time.monotonic_ns()}"
    path.write_bytes(data)
    return unit.run("state", "push", "-no-color", str(path)).returncode != 0

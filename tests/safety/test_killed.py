"""Writers that die at any moment leave a log and backups that can be relied upon."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from driftgate.safety.audit import Event
from driftgate.safety.backups.archive import Condition
from driftgate.safety.open import open_audit, open_backups
from driftgate.safety.trail.log import AuditLog, lines
from driftgate.safety.trail.verify import verify
from driftgate.settings.schema import AuditSettings, BackupSettings

WRITER = """
import sys
from driftgate.safety.audit import Event
from driftgate.safety.backup import Subject
from driftgate.safety.open import open_audit, open_backups
from driftgate.settings.schema import AuditSettings, BackupSettings
backups = open_backups(BackupSettings(destination=sys.argv[1] + "/kept"), {})
audit = open_audit(AuditSettings(path=sys.argv[1] + "/log"), {})
print("ready", flush=True)
for serial in range(10_000):
    subject = Subject("s3://b/k", "app", "default", sys.argv[2], serial % 7)
    id_ = backups.save(b"state" * 20_000 + b"%d" % (serial % 7), subject, reason="test")
    audit.append(Event("act", subject, details={"backup": id_}))
    print(id_, flush=True)
"""


def test_writers_killed_at_any_moment(tmp_path: Path) -> None:
    chosen = random.Random(7)
    done: list[str] = []
    for round_ in range(6):
        argv = (sys.executable, "-c", WRITER, str(tmp_path))
        writers = [
            subprocess.Popen((*argv, f"lineage-{round_}-{n}"), stdout=subprocess.PIPE, text=True) for n in range(3)
        ]
        assert [writer.stdout.readline() for writer in writers if writer.stdout] == ["ready\n"] * 3
        time.sleep(chosen.uniform(0.02, 0.3))
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
        done += [line for writer in writers for line in writer.communicate(timeout=60)[0].split()]

    verdict = verify(lines(tmp_path / "log"))
    open_audit(AuditSettings(path=str(tmp_path / "log")), {}).append(Event("after"))
    backups = open_backups(BackupSettings(destination=str(tmp_path / "kept")), {})
    kept = backups.list()

    assert verdict.problem is None
    assert verdict.records >= len(done)
    assert verify(lines(tmp_path / "log")).records == verdict.records + 1
    assert {backups.check(k).condition for k in kept} == {Condition.WHOLE}
    assert {id_ for id_ in done if len(id_) == 32} <= {k.id for k in kept}


def test_a_log_cut_off_at_any_byte_goes_on_and_keeps_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for number in range(3):
        AuditLog(path).append(Event(f"act {number}"))
    whole = path.read_bytes()
    ends = [n for n, byte in enumerate(whole, 1) if byte == 10]

    for length in range(ends[0] - 3, len(whole)):
        path.write_bytes(whole[:length])
        AuditLog(path).append(Event("after"))
        verdict = verify(lines(path))
        complete = sum(end - 1 <= length for end in ends)

        assert (verdict.problem, verdict.records) == (None, complete + 1), length
        assert verdict.last
        assert verdict.last.action == "after"


@pytest.mark.parametrize("keep", [0, 1, 7, 100])
def test_a_backup_cut_off_is_found_and_made_good(tmp_path: Path, keep: int) -> None:
    from driftgate.safety.backup import Subject

    backups = open_backups(BackupSettings(destination=str(tmp_path)), {})
    subject = Subject("s3://b/k", "app", "default", "lin", 1)
    backups.save(b"state" * 1000, subject, reason="")
    (kept,) = backups.list()
    (tmp_path / kept.name).write_bytes((tmp_path / kept.name).read_bytes()[:keep])

    assert backups.check(kept).condition is Condition.DAMAGED
    backups.save(b"state" * 1000, subject, reason="")
    assert backups.check(backups.list()[0]).condition is Condition.WHOLE

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from driftgate.safety.audit import AuditError, Event
from driftgate.safety.backup import Subject
from driftgate.safety.redact import Redactor
from driftgate.safety.signing import generate_key
from driftgate.safety.trail import log as log_module
from driftgate.safety.trail.checkpoint import checkpoint_file, parse_checkpoints
from driftgate.safety.trail.log import AuditLog, checkpoint_now, lines
from driftgate.safety.trail.record import GENESIS, Circumstances, parse
from driftgate.safety.trail.verify import verify

WHEN = datetime(2026, 11, 26, 1, 2, 3, 4000, timezone(timedelta(hours=2)))
SUBJECT = Subject("s3://b/k", "live/app", "default", "lin", 7)


def audit(path: Path, **more: Any) -> AuditLog:
    return AuditLog(path, now=lambda: WHEN, **more)


def fill(path: Path, count: int, **more: Any) -> None:
    for number in range(count):
        audit(path, **more).append(Event(f"act {number + 1}"))


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert list(lines(tmp_path / "nothing")) == []


def test_what_a_record_says(tmp_path: Path) -> None:
    path = tmp_path / "deep/audit.jsonl"
    around = Circumstances({"user": "ada", "host": "h"}, "OPS-1", "run-7")
    audit(path, around=around).append(Event("state mv", SUBJECT, "ok", {"serial_before": 7, "serial_after": 8}))
    (record,) = [json.loads(line) for line in lines(path)]

    assert len(record.pop("hash")) == 64
    assert record == {
        "v": 1,
        "seq": 1,
        "time": "2026-11-25T23:02:03.004Z",
        "who": {"user": "ada", "host": "h"},
        "reason": "OPS-1",
        "run": "run-7",
        "action": "state mv",
        "subject": {"identity": "s3://b/k", "unit": "live/app", "workspace": "default", "lineage": "lin", "serial": 7},
        "outcome": "ok",
        "details": {"serial_before": 7, "serial_after": 8},
        "prev": GENESIS,
    }
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)] == [0o600, 0o700]


def test_records_are_chained(tmp_path: Path) -> None:
    fill(tmp_path / "log", 3)
    one, two, three = [parse(line.rstrip(b"\n")) for line in lines(tmp_path / "log")]

    assert one
    assert two
    assert three
    assert (two.prev, three.prev) == (one.hash, two.hash)
    assert [record.seq for record in (one, two, three)] == [1, 2, 3]


def test_secrets_are_masked(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add("correct-horse-battery")
    event = Event(
        "terraform apply",
        outcome="failed: correct-horse-battery",
        details={"password": "pa55word!x", "argv": ["import", "AKIAIOSFODNN7EXAMPLE"]},
    )
    audit(tmp_path / "log", redactor=redactor, around=Circumstances(reason="token=abcdef123456")).append(event)

    said = (tmp_path / "log").read_text()
    assert [s for s in ("correct-horse", "pa55word", "AKIA", "abcdef123456") if s in said] == []
    assert "terraform apply" in said


def test_details_that_are_no_json(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="`apply` cannot be recorded"):
        audit(tmp_path / "log").append(Event("apply", details={"x": object()}))

    assert list(lines(tmp_path / "log")) == []


WRITER = """
import sys
from pathlib import Path
from driftgate.safety.audit import Event
from driftgate.safety.trail.log import AuditLog
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    AuditLog(Path(sys.argv[1])).append(Event("act", details={"writer": sys.argv[2], "number": number, "pad": "x" * number * 50}))
"""


def test_20_processes_at_once_never_break_the_chain(tmp_path: Path) -> None:
    path, each = tmp_path / "log", 25
    writers = [
        subprocess.Popen((sys.executable, "-c", WRITER, str(path), str(n), str(each)), stdin=subprocess.PIPE, text=True)
        for n in range(20)
    ]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.close()
    assert [writer.wait(120) for writer in writers] == [0] * 20

    verdict = verify(lines(path))
    written = [json.loads(line)["details"] for line in lines(path)]
    assert (verdict.records, verdict.problem, verdict.notes) == (500, None, ())
    for n in range(20):
        assert [w["number"] for w in written if w["writer"] == str(n)] == list(range(each))


def test_threads_of_one_process_do_not_break_it_either(tmp_path: Path) -> None:
    log = audit(tmp_path / "log")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: log.append(Event(f"act {n}")), range(80)))

    assert (verify(lines(tmp_path / "log")).records, verify(lines(tmp_path / "log")).problem) == (80, None)


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        pytest.param(b'{"action":"half', 3, id="half a record"),
        pytest.param(b'{"acti\n{"actio', 3, id="cut off twice"),
        pytest.param(b"\0" * 5000, 3, id="zeros, as some file systems leave"),
    ],
)
def test_what_a_crash_cut_off_is_kept_and_attested(tmp_path: Path, fragment: bytes, kept: int) -> None:
    path = tmp_path / "log"
    fill(path, kept)
    with path.open("ab") as file:
        file.write(fragment)
    before = verify(lines(path))
    fill(path, 2)
    verdict = verify(lines(path))

    assert before.problem is None
    assert "cut off while it was written" in before.notes[0]
    assert (verdict.records, verdict.problem) == (kept + 2, None)
    assert verdict.notes == (f"before record {kept + 1} stand {len(fragment)} bytes of a record that was cut off",)
    assert fragment in path.read_bytes()


def test_a_first_record_that_a_crash_cut_off(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b'{"action"')
    fill(tmp_path / "log", 1)

    assert (verify(lines(tmp_path / "log")).records, verify(lines(tmp_path / "log")).problem) == (1, None)


def test_a_record_that_only_lacks_its_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "log"
    fill(path, 2)
    os.truncate(path, path.stat().st_size - 1)
    fill(path, 1)

    verdict = verify(lines(path))
    assert (verdict.records, verdict.problem, verdict.notes) == (3, None, ())


@pytest.mark.parametrize("content", [b"hello\n", b"hello\nworld\n"], ids=["one line", "two"])
@pytest.mark.parametrize("records", [0, 2])
def test_nothing_is_put_on_top_of_somebody_elses_lines(tmp_path: Path, records: int, content: bytes) -> None:
    path = tmp_path / "log"
    fill(path, records)
    with path.open("ab") as file:
        file.write(content)
    before = path.read_bytes()

    with pytest.raises(AuditError, match="damaged"):
        fill(path, 1)

    assert path.read_bytes() == before


def test_long_records_are_found_again(tmp_path: Path) -> None:
    for _ in range(3):
        audit(tmp_path / "log").append(Event("act", details={"words": "many " * 50_000}))

    assert (verify(lines(tmp_path / "log")).records, verify(lines(tmp_path / "log")).problem) == (3, None)


def test_a_log_moved_away_while_we_wait_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    fill(path, 2)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = threading.Thread(target=fill, args=(path, 1))
        waiting.start()
        path.rename(tmp_path / "old")
    waiting.join(30)

    assert (verify(lines(tmp_path / "old")).records, verify(lines(path)).records) == (2, 1)


def test_a_lock_that_never_comes_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "WAIT_SECONDS", 0.05)
    path = tmp_path / "log"
    fill(path, 1)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(AuditError, match="locked by another process"):
            fill(path, 1)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(AuditError, match="cannot write"):
        fill(tmp_path / "log", 1)

    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="cannot write"):
        fill(tmp_path, 1)
    with pytest.raises(AuditError, match="cannot read"):
        list(lines(tmp_path))


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    fill(path, 2)
    before = path.read_bytes()

    def full(descriptor: int, data: bytes) -> None:
        os.write(descriptor, bytes(data)[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_module, "write_all", full)
    with pytest.raises(AuditError, match="No space left on device"):
        fill(path, 1)

    assert path.read_bytes() == before


def test_checkpoints_are_made_on_the_way(tmp_path: Path) -> None:
    key, path = generate_key(), tmp_path / "log"
    fill(path, 7, signing_key=key, checkpoint_every=3)
    found, broken = parse_checkpoints(checkpoint_file(path).read_bytes())

    assert ([c.seq for c in found], broken) == ([3, 6], 0)
    assert stat.S_IMODE(checkpoint_file(path).stat().st_mode) == 0o600
    verdict = verify(lines(path), found, [key.public])
    assert (verdict.records, verdict.signed, verdict.problem) == (7, 6, None)


def test_a_checkpoint_that_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    key, path = generate_key(), tmp_path / "log"
    checkpoint_file(path).write_bytes(b'{"half')
    fill(path, 1, signing_key=key, checkpoint_every=1)

    found, broken = parse_checkpoints(checkpoint_file(path).read_bytes())
    assert ([c.seq for c in found], broken) == ([1], 1)


def test_the_clock_is_only_read_where_none_is_given(tmp_path: Path) -> None:
    AuditLog(tmp_path / "log").append(Event("act"))
    (line,) = lines(tmp_path / "log")

    assert abs(datetime.fromisoformat(json.loads(line)["time"]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_checkpoint_of_the_present_head(tmp_path: Path) -> None:
    key, path = generate_key(), tmp_path / "log"
    fill(path, 3)
    made = checkpoint_now(path, key, WHEN)
    found, _ = parse_checkpoints(checkpoint_file(path).read_bytes())

    assert (found, made.seq, made.time) == ([made], 3, "2026-11-25T23:02:03.004Z")
    assert verify(lines(path), found, [key.public]).signed == 3


def test_there_is_nothing_to_sign_in_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="no records yet"):
        checkpoint_now(tmp_path / "log", generate_key(), WHEN)


def test_a_checkpoint_that_cannot_be_kept(tmp_path: Path) -> None:
    fill(tmp_path / "log", 1)
    checkpoint_file(tmp_path / "log").mkdir()

    with pytest.raises(AuditError, match="cannot keep a checkpoint"):
        checkpoint_now(tmp_path / "log", generate_key(), WHEN)

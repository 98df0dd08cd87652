from __future__ import annotations

import stat
from pathlib import Path

import pytest

from driftgate.remediate.execute.journal import (
    JournalError,
    RunBusyError,
    find_run,
    new_run,
    opened,
    read,
    runs_in,
    steps_of,
)

RUN = "20261126T103829Z-4cfc13"


def test_no_runs(tmp_path: Path) -> None:
    assert runs_in(tmp_path / "none") == []
    with pytest.raises(JournalError, match="there is no run"):
        find_run(tmp_path, RUN)


def test_records_come_back_and_only_the_owner_may_read_them(tmp_path: Path) -> None:
    folder = new_run(tmp_path / "runs", RUN, b"{}")
    with opened(folder) as journal:
        journal.write("begun", x=1)
        journal.write("done", steps=(2, 3), serial=3)

    assert read(folder) == [{"event": "begun", "x": 1}, {"event": "done", "steps": [2, 3], "serial": 3}]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert find_run(tmp_path / "runs", "4cfc13") == folder


def test_a_record_is_found_by_each_of_its_steps(tmp_path: Path) -> None:
    with opened(new_run(tmp_path, RUN, b"{}")) as journal:
        journal.write("begun")
        journal.write("done", steps=(1, 2), serial=3)
        journal.write("done", steps=(4,), serial=4)

        assert [(found := journal.of("done", step)) and found["serial"] for step in (1, 2, 3, 4)] == [3, 3, None, 4]
        assert journal.of("applied", 1) is None
        assert steps_of("done", journal.records) == {1, 2, 4}


def test_a_line_that_a_kill_cut_off_is_none_and_breaks_nothing(tmp_path: Path) -> None:
    folder = new_run(tmp_path, RUN, b"{}")
    (folder / "journal.jsonl").write_bytes(b'{"event":"begun"}\n{"event":"do')

    with opened(folder) as journal:
        journal.write("done", steps=(1,))

    assert [record["event"] for record in read(folder)] == ["begun", "done"]


def test_two_processes_are_never_in_one_run(tmp_path: Path) -> None:
    folder = new_run(tmp_path, RUN, b"{}")

    with opened(folder), pytest.raises(RunBusyError, match="under way"), opened(folder):
        pass


def test_a_run_is_never_begun_twice(tmp_path: Path) -> None:
    new_run(tmp_path, RUN, b"{}")

    with pytest.raises(JournalError, match="cannot keep a journal"):
        new_run(tmp_path, RUN, b"{}")

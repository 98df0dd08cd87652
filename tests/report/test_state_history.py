from __future__ import annotations

from driftgate.report.state_history import history_table, history_tree
from driftgate.safety.backup import Subject
from driftgate.safety.backups.archive import Kept
from driftgate.safety.backups.label import Label
from driftgate.safety.redact import Redactor
from driftgate.state.history import Entry, History
from driftgate.state.snapshot import SnapshotMeta

SECRET = "correct-horse-battery"
KEPT = Kept(
    "v1/x", Label("0123456789abcdef" * 2, Subject("i", serial=2), "2026-11-20T10:00:05.000Z", f"before {SECRET}")
)
FOUND = History(
    (
        Entry("2026-11-21T08:00:00Z", SnapshotMeta(3, "l", "1.11.4"), 123_456, 1200, "ada", True, "xYz.1"),
        Entry("", SnapshotMeta(2, "l", "1.11.4"), 512, 1, backups=(KEPT,)),
        Entry("2026-11-19T08:00:00Z", None, 7, version="xYz.0", unread=f"it is not valid JSON: {SECRET}"),
    ),
    (f"a note with {SECRET}",),
)


def redactor() -> Redactor:
    found = Redactor()
    found.add(SECRET)
    return found


def test_nothing() -> None:
    assert history_table(History(()), Redactor()) == ""
    assert history_tree(History(()), Redactor()) == {"format_version": "1.0", "entries": [], "notes": []}


def test_table() -> None:
    assert (
        history_table(FOUND, redactor(), width=120)
        == """\
SERIAL   WRITTEN                     RESOURCES  SIZE    TERRAFORM  BY   BACKUP        VERSION
3 (now)  2026-11-21 08:00:00         1,200      123 kB  1.11.4     ada                xYz.1
2        before 2026-11-20 10:00:05  1          512 B   1.11.4          0123456789ab
?        2026-11-19 08:00:00         unread     7 B                                   xYz.0"""
    )


def test_empty_columns_are_left_out() -> None:
    only = History((Entry(meta=SnapshotMeta(1, "l", ""), current=True),))
    assert history_table(only, Redactor()) == "SERIAL   WRITTEN\n1 (now)"


def test_tree() -> None:
    tree = history_tree(FOUND, redactor())
    assert tree["entries"][0] == {
        "serial": 3, "lineage": "l", "terraform_version": "1.11.4", "current": True, "written": "2026-11-21T08:00:00Z",
        "replaced": None, "size": 123_456, "resources": 1200, "encrypted": False, "author": "ada", "version": "xYz.1", "backups": [], "unread": None,
    }  # fmt: skip
    assert tree["entries"][1]["backups"] == [
        {"id": "0123456789abcdef" * 2, "created": "2026-11-20T10:00:05.000Z", "reason": "before (sensitive)"}
    ]
    assert tree["entries"][2]["unread"] == "it is not valid JSON: (sensitive)"
    assert SECRET not in str(tree)

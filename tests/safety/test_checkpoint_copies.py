from __future__ import annotations

from pathlib import Path
from typing import Any

from aws_server import aws_env

from driftgate.safety.backups.destination import open_store
from driftgate.safety.checkpoint_copies import keep, kept
from driftgate.safety.signing import generate_key
from driftgate.safety.trail.checkpoint import make_checkpoint
from driftgate.safety.trail.record import Head

KEY = generate_key()
ONE, TWO = (make_checkpoint(Head(seq, f"{seq}" * 64), KEY, "2026-11-26T00:00:00.000Z") for seq in (1, 2))


def test_an_empty_place(tmp_path: Path) -> None:
    assert kept(open_store(str(tmp_path), {})) == ([], 0)


def test_copies_come_back_in_order(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), {})
    for checkpoint in (TWO, ONE, TWO):
        keep(checkpoint, store)
    store.put_new("v1/x", b"not ours")
    store.put_new("checkpoints/nonsense.json", b"nonsense")

    assert kept(store) == ([ONE, TWO], 1)


def test_in_a_bucket(aws: str, bucket: str, s3: Any) -> None:
    store = open_store(f"s3://{bucket}/runner-1", aws_env(aws))
    keep(ONE, store)

    assert kept(store) == ([ONE], 0)
    assert kept(open_store(f"s3://{bucket}/runner-2", aws_env(aws))) == ([], 0)

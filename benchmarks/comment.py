"""Redacting and commenting 5,000 findings, against writing the same report as JSON."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.row import Row

BUDGET = 1.0
SECRETS = 1_000
TIMES = 3


def rows() -> list[Row]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from report import samples

    from driftgate.report.formats import to_text
    from driftgate.report.json_report import to_json
    from driftgate.safety.findings import redact_report
    from driftgate.safety.redact import Redactor

    report = samples.large()

    def ours() -> None:
        taint = Redactor()
        for n in range(SECRETS):
            taint.add(f"secret-{n}-Xy{n * 7919}")
        to_text(redact_report(report, taint), "markdown")

    times = [(_seconds(ours), _seconds(lambda: to_json(report))) for _ in range(TIMES)]
    mine, rival = (sorted(column)[TIMES // 2] for column in zip(*times, strict=True))
    return [
        Row(
            "redact + comment 5,000 findings",
            mine,
            "writing them as JSON",
            rival,
            "s",
            f"≤ {BUDGET:.0f} s",
            mine <= BUDGET,
        )
    ]


def _seconds(work: object) -> float:
    assert callable(work)
    begun = time.process_time()
    work()
    return time.process_time() - begun

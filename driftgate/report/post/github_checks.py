"""Check runs on a commit of GitHub (https://docs.github.com/en/rest/checks/runs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from driftgate.report.ci.checks import Check
from driftgate.report.post.client import Client, understood

BATCH = 50
"""Annotations that GitHub takes in one request; those of the next are added to them."""


@dataclass(frozen=True, slots=True)
class CheckRuns:
    """The check runs of `repository` (`owner/name`)."""

    client: Client
    repository: str

    @understood()
    def create(self, check: Check) -> str:
        """Put it on its commit, and give its page. Of runs of one name GitHub shows the newest. Raises PostError."""
        first = {"name": check.name, "head_sha": check.sha, "status": "completed", "conclusion": check.conclusion,
                 "output": _output(check, 0), **({"details_url": check.url} if check.url else {})}  # fmt: skip
        made = self.client.send("POST", self._runs, first).tree
        for start in range(BATCH, len(check.annotations), BATCH):
            self.client.send("PATCH", f"{self._runs}/{int(made['id'])}", {"output": _output(check, start)})
        return str(made.get("html_url") or "")

    @property
    def _runs(self) -> str:
        return f"repos/{quote(self.repository, safe='/')}/check-runs"


def _output(check: Check, start: int) -> dict[str, Any]:
    batch = list(check.annotations[start : start + BATCH])
    return {"title": check.title, "summary": check.summary, "annotations": batch}

"""A report as a message to a chat or to any program: no value of an attribute, only names and what happened."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from driftgate.report.post.client import Client, PostError, connect
from driftgate.report.text import clip, clip_middle
from driftgate.report.view import ReportView, Row, plural

FORMAT_VERSION = "1.0"
ROWS = 100
_SLACK_ROWS = 10
_ICONS = {
    "critical": ":red_circle:", "high": ":large_orange_circle:", "medium": ":large_yellow_circle:",
    "low": ":large_blue_circle:", "info": ":white_circle:", "none": ":white_circle:", "clean": ":large_green_circle:",
    "failed": ":warning:",
}  # fmt: skip


def webhook_body(view: ReportView, sent: str, links: Mapping[str, str]) -> bytes:
    """The JSON that a webhook gets: the verdict, counts, and at most 100 findings, the gravest first."""
    tree = {
        "format_version": FORMAT_VERSION,
        "event": "drift.report",
        "sent": sent,
        "verdict": {"level": view.verdict.level, "headline": view.verdict.headline, "detail": view.verdict.detail},
        "by_severity": {str(severity): count for severity, count in view.by_severity},
        "units": len(view.units),
        "units_not_read": [unit.path for unit in view.failures],
        "findings": [_finding(row) for row in view.rows[:ROWS]],
        "findings_left_out": len(view.rows) - len(view.rows[:ROWS]),
        "links": dict(links),
    }
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, sent: str, body: bytes) -> str:
    """`sha256=…`: HMAC-SHA256 of `sent`, a full stop and the body. With the time in it an old message cannot be sent
    again."""
    return "sha256=" + hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()


def signed_headers(secret: str, sent: str, body: bytes) -> dict[str, str]:
    """The headers beside a webhook's body."""
    found = {"X-Driftgate-Event": "drift.report", "X-Driftgate-Sent": sent}
    return {**found, "X-Driftgate-Signature-256": signature(secret, sent, body)} if secret else found


def slack_body(view: ReportView, links: Mapping[str, str]) -> bytes:
    """Slack blocks (https://docs.slack.dev/block-kit/): the verdict and the ten gravest findings."""
    headline = f"{_ICONS[view.verdict.level]} *{_escaped(view.verdict.headline)}*\n{_escaped(view.verdict.detail)}"
    blocks: list[Any] = [_section(headline)]
    lines = [_slack_line(row) for row in view.rows[:_SLACK_ROWS]]
    left = len(view.rows) - len(lines)
    if lines:
        blocks.append(_section("\n".join([*lines, *([f"… and {plural(left, 'finding')} more"] if left else [])])))
    if links:
        shown = " · ".join(f"<{_url(url)}|{_escaped(label)}>" for label, url in links.items() if _url(url))
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": clip(shown, 2_000)}]})
    return json.dumps({"text": view.verdict.headline, "blocks": blocks}, ensure_ascii=False).encode()


def deliver(url: str, body: bytes, headers: Mapping[str, str], env: Mapping[str, str], sleep: Any) -> None:
    """Post `body` to `url`, whose path, name and password are secrets and never shown. Raises PostError."""
    parts = _parts(url)
    if parts.username:
        login = unquote(f"{parts.username}:{parts.password or ''}").encode()
        headers = {**headers, "Authorization": f"Basic {b64encode(login).decode()}"}
    host = parts.netloc.rpartition("@")[2]
    client: Client = connect(f"{parts.scheme}://{host}/", headers, env, sleep, webhook=True)
    client.send_bytes("POST", f"/{parts.path.lstrip('/')}" + (f"?{parts.query}" if parts.query else ""), body)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if parts.hostname and parts.port != 0:  # asking for the port judges it
            return parts
    except ValueError:
        pass
    raise PostError("the webhook's address is no URL", next_step="write https://host/path")


def _finding(row: Row) -> dict[str, Any]:
    return {
        "unit": row.unit,
        "workspace": row.workspace,
        "address": row.address,
        "class": str(row.cls),
        "severity": str(row.severity),
        "attributes": [attribute.path for attribute in row.attributes[:20]],
        "reason": row.why,
        "fingerprint": row.fingerprint,
        "source": row.source,
    }


def _slack_line(row: Row) -> str:
    icon = _ICONS["failed" if row.mark == "?" else str(row.severity)]
    where = f"`{_code(clip_middle(row.address, 100))}` in `{_code(clip_middle(row.unit, 60))}`"
    return f"{icon} {where}: {_escaped(clip(row.why or str(row.cls), 120))}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": clip(text, 2_900), "verbatim": True}}


def _escaped(text: str) -> str:
    """Text that calls nobody and links nothing: these three characters open everything in Slack."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"{character}\u200b" if character in "*_~`" else character for character in text)


def _code(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "ˋ")


def _url(url: str) -> str:
    return url if url.startswith("https://") and not set(url) & set("<>|\n ") else ""

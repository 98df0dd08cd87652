"""No states, plans or backups in a commit: they hold secrets in clear, and a state in git is a state without a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator

from driftgate.wrap.hooks.check import Commit, Problem

_NAMES = (
    # what it is, its name
    (
        "a Terraform state",
        re.compile(r"(?:^|/)errored\.tfstate$|\.tfstate$|\.tfstate\.(?!(?:tf|md|txt|j2|tmpl)$)[^/]+$"),
    ),
    ("a Terraform plan", re.compile(r"\.tfplan$|(?:^|/)tfplan$|\.tfplan\.json$")),
    ("a backup of a state", re.compile(r"\.tfstate\.(?:\d+\.)?backup$|\.tfstate\.zst(?:\.age)?$")),
    ("Terraform's working folder", re.compile(r"(?:^|/)\.terraform/")),
    ("a crash log", re.compile(r"(?:^|/)crash(?:\.\d+)?\.log$")),
)
_MAX = 64 * 1024 * 1024
_NEXT = {
    "no-state": "git rm --cached {0}, and add *.tfstate* to .gitignore; if it was ever pushed, rotate what it holds",
    "no-plan": "git rm --cached {0}, and add *.tfplan to .gitignore; a plan holds variables and states in clear",
}


def no_state(commit: Commit) -> Iterator[Problem]:
    """Files that are a state, plan or backup, by name or, whatever their name, by what they hold."""
    for file in commit.files:
        what = _by_name(file) or _by_content(commit, file)
        if what:
            rule = "no-plan" if "plan" in what else "no-state"
            yield Problem(rule, file, 0, f"this is {what}, it must not be committed", _NEXT[rule].format(file))


def _by_name(file: str) -> str:
    # The last that matches is the most exact.
    return next((what for what, name in reversed(_NAMES) if name.search(file)), "")


def _by_content(commit: Commit, file: str) -> str:
    path = commit.root / file
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
            if head.startswith(b"PK\x03\x04"):
                return "a Terraform plan" if b"tfplan" in head else ""
            if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                return ""
            data = head + stream.read(_MAX)
    except OSError:
        return ""
    if b'"terraform_version"' not in data:
        return ""
    if b'"lineage"' in data and b'"serial"' in data:
        return "a Terraform state by its content"
    if b'"format_version"' in data and (b'"planned_values"' in data or b'"resource_changes"' in data):
        return "a Terraform plan as JSON"
    return "Terraform's output of a state as JSON" if b'"values"' in data and b'"root_module"' in data else ""

"""Says what bytes are that should have been a state and are not."""

from __future__ import annotations

import json
import re

from driftgate.state.file import EncryptedStateError, StateError

CURRENT = 4
RESTORE = "restore an older one: `dg state history UNIT` lists what there is, `dg state rollback UNIT` stores one"
EMPTY = "if no first apply is under way right now, or was killed, a write was cut off: " + RESTORE
_MAGIC = (
    # how the bytes begin, what that is, what to do
    (
        b"PK\x03\x04",
        "a saved plan (or another zip archive)",
        "for a plan: `terraform show -json PLAN`, then `--plan-json`",
    ),
    (b"\x1f\x8b", "compressed with gzip", "decompress it, or pull it with `terraform state pull`"),
    (b"\xef\xbb\xbf", "text with a byte order mark, which Terraform refuses too", "remove the first three bytes"),
    (b"\xff\xfe", "UTF-16 text, which Terraform refuses too", "convert it to UTF-8"),
    (
        b"<",
        "an HTML or XML page",
        "something between here and the backend answered instead: proxy, login or error page",
    ),
)


def diagnose(data: bytes, source: str, error: Exception | None) -> StateError:
    """The error that names what `data` is; `error` is the decoder's, None when `data` decoded but is no state."""
    if not data:
        return StateError(f"{source} is empty (0 bytes)", next_step=EMPTY)
    if not data.strip():
        return StateError(f"{source} holds nothing but white space, which Terraform refuses", next_step=RESTORE)
    start = data[:512].lstrip()
    for magic, what, next_step in _MAGIC:
        if start.startswith(magic):
            return StateError(f"{source} is not a state but {what}", next_step=next_step)
    try:
        document = json.loads(data)
    except RecursionError:
        return StateError(f"{source} is nested too deep to be a state", next_step=RESTORE)
    except ValueError as broken:
        return _broken(data, source, error or broken)
    if not isinstance(document, dict):
        return _not_a_state(source, f"a JSON {type(document).__name__}")
    return _other_document(document, source, error)


def _broken(data: bytes, source: str, error: Exception) -> StateError:
    if isinstance(error, UnicodeDecodeError):
        return StateError(f"{source} is not valid UTF-8", next_step=RESTORE)
    if "truncated" in str(error):
        where = _position(data, len(data))
        return StateError(f"{source} is cut off: the JSON ends in the middle at {where}", next_step=RESTORE)
    found = re.search(r"^(?:JSON is malformed: )?(.*?) \((?:byte|line \d+ column \d+ \(char) (\d+)\)?\)$", str(error))
    what, where = (found[1], _position(data, int(found[2]))) if found else (str(error), "an unknown place")
    return StateError(f"{source} is not valid JSON: {what} at {where}", next_step=RESTORE)


def _position(data: bytes, offset: int) -> str:
    line = data.count(b"\n", 0, offset) + 1
    return f"byte {offset} (line {line})"


def _other_document(document: dict[str, object], source: str, error: Exception | None) -> StateError:
    """What a JSON object is that is no state: known kinds first."""
    version = document.get("version")
    if "encryption_version" in document or "encrypted_data" in document:
        return EncryptedStateError(
            f"{source} is encrypted by OpenTofu",
            next_step="name the unit whose code configures it, or set TF_ENCRYPTION; or use `tofu state pull`",
        )
    if version == 3 and "backend" in document:
        return StateError(
            f"{source} is not a state but the backend settings that `terraform init` keeps in .terraform",
            next_step="name the unit's folder instead",
        )
    if "format_version" in document:
        return _shown(document, source)
    if "version" not in document:
        return _not_a_state(source, "JSON without a `version`")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return _not_a_state(source, f"JSON with version {json.dumps(version)}")
    if version > CURRENT:
        return StateError(
            f"{source} is in state format {version}; driftgate reads up to {CURRENT}", next_step="update driftgate"
        )
    return StateError(f"{source} is a damaged state: {error}", next_step=RESTORE)


def _shown(document: dict[str, object], source: str) -> StateError:
    if {"resource_changes", "planned_values", "resource_drift"} & document.keys():
        return StateError(
            f"{source} is not a state but a JSON plan", next_step="give it to `dg drift scan --plan-json FILE`"
        )
    return StateError(
        f"{source} is not a state but the output of `terraform show -json`", next_step="use `terraform state pull`"
    )


def _not_a_state(source: str, what: str) -> StateError:
    return StateError(
        f"{source} is not a state but {what}",
        next_step="for a file: name one that `terraform state pull` printed; for a unit: " + RESTORE,
    )

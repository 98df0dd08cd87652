"""What secret values look like: key shapes, randomness, and the everyday values that are none."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")


def looks_random(text: str) -> bool:
    """Whether `text` is one long word with the entropy of a generated key."""
    if _HEX.fullmatch(text):
        return True
    if not _RANDOM.fullmatch(text) or is_plain(text):
        return False
    kinds = sum(any(test(c) for c in text) for test in (str.isupper, str.islower, str.isdigit))
    return kinds == 3 and entropy(text) >= 3.5


_ODD = re.compile(r"[!$%^&*+~#?@=|;<>]")
_ADDRESSED = re.compile(r"://|[^@\s]+@[\w-]+\.\w")


def looks_chosen(text: str) -> bool:
    """Whether `text` is one word as people choose passwords: letters, digits and odd punctuation, no URL or e-mail."""
    kinds = (any(map(str.isalpha, text)), any(map(str.isdigit, text)), _ODD.search(text) is not None)
    return len(text) >= 8 and all(kinds) and not any(map(str.isspace, text)) and not _ADDRESSED.search(text)


def keys_in(text: str) -> Iterator[str]:
    """The key-shaped parts of `text`."""
    if may_hold_key(text):
        for match in KEY_SHAPES.finditer(text):
            yield next((part for part in match.groupdict().values() if part), match[0])


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


_PLAIN = re.compile(
    r"arn:[\w-]*:[\w-]*:[\w-]*:\d*:[\w+=,.@:/*-]+"  # ARNs
    r"|[a-z]{2}(?:-[a-z]+)+-\d[a-z]?"  # regions and zones
    r"|(?:[a-z]+-)+[0-9a-f]{8,17}"  # resource IDs: sg-0a1b2c3d
    r"|(?:db|cache|search|dax|kafka|ml)?\.?[a-z]{1,4}\d[a-z0-9-]*\.[a-z0-9]+"  # instance types
    r"|v?\d+(?:\.\d+){1,3}(?:/\d+)?"  # versions, addresses, CIDR ranges
    r"|[0-9a-f:]*::[0-9a-f:]*(?:/\d+)?"  # IPv6
    r"|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"  # dates
    r"|\d{12}"  # AWS accounts
)
_WORDS = frozenset(
    re.findall(
        r"\w+",
        "true false null none enabled disabled enable disable default production prod staging stage development"
        " testing public private internal external admin administrator postgres postgresql mysql mariadb oracle master"
        " primary secondary replica user username password passwd secret secrets token tokens string number object"
        " required optional allowed denied active inactive available pending running stopped created deleted updated"
        " standard premium basic general network subnet security bucket cluster service services instance example"
        " terraform driftgate sensitive changed value values change changes resource resources variable variables"
        " unknown absent missing aws_iam amazon google azurerm localhost backup latest stable monthly weekly hourly"
        " critical medium attribute attributes address output outputs module modules region account provider",
    )
)


def is_plain(text: str) -> bool:
    """Whether `text` is an everyday word or identifier that must stay readable even if some mark covers it."""
    return text.lower() in _WORDS or bool(_PLAIN.fullmatch(text))


def is_arn(text: str) -> bool:
    """Whether `text` is one ARN and nothing else."""
    return text.startswith("arn:") and bool(_PLAIN.fullmatch(text))


# Strings that are secrets by their own shape. Where a group `s` stands only that part is masked.
_KEY_SHAPES: tuple[str, ...] = (
    r"-----BEGIN [A-Z0-9 ]+-----(?:[\s\S]{0,16384}?-----END [A-Z0-9 ]+-----|(?:[A-Za-z0-9+/=\s]|\\[nr])*)",
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}",
    r"\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}|hooks\.slack\.com/services/(?P<s1>[A-Za-z0-9/_-]+)",
    r"\beyJ[A-Za-z0-9_-]{6,}\.eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?",
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}",
    r"\bAIza[0-9A-Za-z_-]{30,}|\bya29\.[0-9A-Za-z_-]{10,}|\bhv[sbr]\.[A-Za-z0-9_-]{16,}|\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{30,}|\bdop_v1_[0-9a-f]{30,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bAGE-SECRET-KEY-1[A-Z0-9]+",
    r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>]*:(?P<s2>[^\s/@\"'<>]+)@",
    r"(?i:\b(?:bearer|basic)) (?P<s3>[A-Za-z0-9._~+/-]{12,}=*)",
    r"(?i:\b(?:x-amz-(?:signature|credential|security-token)|sig|sharedaccesssignature|accountkey)=)(?P<s4>[^\s&;\"'\\]{6,})",
    r"(?i:(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)\w*)"
    r"(?:\\?[\"'] ?[:=] ?\\?[\"']|=[\"']?)(?P<s5>(?!\(sensitive)[^\s\"'&;,\\<>]{4,})",
    r"(?i:(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key)): (?P<s6>(?=\S*[0-9A-Z!$%^*])(?!\(sensitive)"
    r"[^\s\"'&;,\\<>]{6,})",
)
KEY_SHAPES = re.compile("|".join(_KEY_SHAPES))
# One cheap look that rules out nearly every text before the costly expression runs.
_HINTS = re.compile(
    r"-----B|A[KSBC][IC]A|gh[pousr]_|github_pat|glpat-|xox|xapp-|slack\.com|eyJ|[srp]k[_-]|AIza|ya29|hv[sbr]\.|npm_|pypi-|dop_v1"
    r"|SG\.|AGE-|://|(?i:bearer |basic |sig|accountkey|x-amz|passw|pwd|secret|token|api.?key|access.?key|private.?key)"
)


def may_hold_key(text: str) -> bool:
    """A quick no for texts in which KEY_SHAPES cannot match."""
    return _HINTS.search(text) is not None


def json_tree(text: str) -> Any:
    """The object or array that `text` spells, None for any other text."""
    if text[:1] not in ("{", "[") and not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

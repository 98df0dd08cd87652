"""Which attribute names hold secrets. Predicates on the names of a path; nothing is masked here."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

Names = tuple[str, ...]


class Secrecy(Enum):
    """What a name says about its value."""

    PLAIN = auto()
    SUSPICIOUS = auto()  # a secret if it looks random
    ENVIRONMENT = auto()  # an environment variable of a function or container
    SECRET = auto()


_SEGMENT = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[\d+\]|([^.\[\]]+)')
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

# A secret wherever in the path the name stands: everything below `credentials` is one.
_SECRET = re.compile(
    r"passw(?:or)?d|passwd|passphrase|(?:^|_)pwd(?:$|_)|(?:^|_)pass$|secret|token|credential"
    r"|private_?key|api_?key|access_?key|auth_?key|account_?key|shared_?key|signing_?key|storage_?key"
    r"|master_key|client_key|encryption_key$|license_key|connection_?string|conn_?str|kube_?config|(?:^|_)sas(?:$|_)"
)
# A secret only as the last name of the path: `viewer_certificate[0].ssl_support_method` is none.
_SECRET_LEAF = re.compile(
    r"^user_?data(?:_base64)?$|^custom_?data$|startup_?script|^certificate$|certificate_(?:body|chain|pem|data)"
    r"|(?:^|_)cert(?:_pem)?$|^cloud_?init|^dsn$|database_url$|webhook_url$|^authorization$|^cookie$|bcrypt_hash"
)
# Names that speak about a secret without holding it.
_ABOUT = re.compile(
    r"^http_tokens$|^manage_master_user_password$"
    r"|(?:^|_)(?:arns?|names?|types?|versions?|length|polic(?:y|ies)|enabled|ttl|age|period|days|size"
    r"|algorithm|status|state|validity|units|date|at|expiry|expiration|count|rotation|path|region|on_change|usage|limit)$"
)
_ABOUT_ID = re.compile(r"(?<!secret)(?<!access_key)_ids?$|^ids?$")
# Names that hold a secret only when the value looks random.
_SUSPICIOUS = re.compile(r"(?:^|_)(?:key|keys|auth|sig|signature|salt|seed|session|license|webhook|value|pin)(?:$|_)")
_ENVIRONMENT = frozenset({"env", "env_vars", "environment_variable", "environment_variables", "app_settings"})
# In an object that is secret as a whole these hold no secret; masking their values everywhere would blank a report.
_ORDINARY = frozenset(
    re.findall(
        r"\w+",
        "id arn name name_prefix identifier region location zone availability_zone engine bucket description path type"
        " status state tags tags_all account_id owner_id namespace project host hostname port dbname db_name database"
        " username user scheme protocol role db_instance_identifier",
    )
)
_UPPER = re.compile(r"[A-Z][A-Z0-9_]*")

# The same few names stand in thousands of findings.
_remembered = lru_cache(maxsize=16_384)


@_remembered
def names_of(path: str) -> Names:
    """The names in an attribute path, without indices: `a[0].b["x.y"]` is `("a", "b", "x.y")`."""
    return tuple(match[1] or match[2] for match in _SEGMENT.finditer(path) if match[1] or match[2])


@_remembered
def secrecy(names: Names) -> Secrecy:
    """What the names of a path tell about the value that stands there."""
    if not names:
        return Secrecy.PLAIN
    folded = [_fold(name) for name in names]
    if _is_secret(folded):
        return Secrecy.SECRET
    if _is_environment(names, folded):
        return Secrecy.ENVIRONMENT
    suspicious = _SUSPICIOUS.search(folded[-1]) and not _ABOUT_ID.search(folded[-1])
    return Secrecy.SUSPICIOUS if suspicious else Secrecy.PLAIN


def _is_secret(folded: list[str]) -> bool:
    leaf = folded[-1]
    if _ABOUT.search(leaf) or _ABOUT_ID.search(leaf):
        return False
    return bool(_SECRET_LEAF.search(leaf)) or any(_SECRET.search(name) for name in folded)


def _is_environment(names: Names, folded: list[str]) -> bool:
    if names[-1] in ("name", "type"):
        return False
    if any(name in _ENVIRONMENT for name in folded[:-1]) or folded[-1] == "env":
        return True
    if "environment" not in folded[:-1]:
        return False
    below = names[folded.index("environment") + 1]
    return below in ("variables", "value") or bool(_UPPER.fullmatch(below))


def is_ordinary(name: object) -> bool:
    """Whether this name inside a secret object tells where or what it is, and not the secret itself."""
    return isinstance(name, str) and _fold(name) in _ORDINARY


def _fold(name: str) -> str:
    return _CAMEL.sub("_", name).replace("-", "_").lower()

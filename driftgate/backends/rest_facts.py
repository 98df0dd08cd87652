"""What can be said of every server that is asked over REST: how its states travel, and that it keeps no old ones."""

from __future__ import annotations

from collections.abc import Callable

from driftgate.backends.base import BackendError, Fact
from driftgate.backends.rest_proxy import is_this_machine
from driftgate.backends.rest_tls import Tls

NO_HISTORY = Fact("versioned", False, "the store keeps no old versions", "`dg backup create` keeps them")


def transport(url: str, tls: Tls) -> Fact:
    """Whether what is read and written at `url` can be read and forged on its way."""
    if not url.startswith("https://"):
        if is_this_machine(url):
            return Fact("transport", True, "in clear, but it does not leave this machine")
        return Fact("transport", False, "states and logins travel in clear", "use https:// for the address")
    if not tls.verify:
        return Fact(
            "transport", False, "the server's certificate is not verified",
            "name its CA in place of switching verification off",
        )  # fmt: skip
    return Fact("transport", True, "TLS, the server's certificate verified")


def asked(name: str, ask: Callable[[], Fact]) -> Fact:
    """What `ask` finds out, or why it could not."""
    try:
        return ask()
    except BackendError as error:
        return Fact(name, None, f"not known: {error.message}", error.next_step)


def rights(missing: list[str], login: str) -> Fact:
    """Whether we may do all that reading, locking and writing takes; `missing` names what we may not."""
    if missing:
        return Fact("rights", False, f"not granted: {', '.join(missing)}", login)
    return Fact("rights", True, "may read, lock and write")

"""Whom a REST backend trusts, and the certificate it shows."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.backends.base import BackendError


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS as a backend block asks for it, hashable.

    `authorities`, `certificate` and `key` are PEM texts. Authorities given replace the system's; those in the files
    `extra` are trusted besides the system's. `server_name` is the name to find in the server's certificate when it is
    not the host's.
    """

    verify: bool = True
    authorities: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    server_name: str = ""
    extra: tuple[Path, ...] = ()


SYSTEM_TLS = Tls()


def system_trust(env: Mapping[str, str]) -> tuple[Path, ...]:
    """The files that SSL_CERT_FILE and SSL_CERT_DIR (folders, by `:`) add to the system's authorities, as in Go."""
    files = [Path(env["SSL_CERT_FILE"])] if env.get("SSL_CERT_FILE") else []
    folders = [Path(name) for name in env.get("SSL_CERT_DIR", "").split(os.pathsep) if name]
    return (*files, *(path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())))


def context(tls: Tls) -> ssl.SSLContext:
    """The SSL context for `tls`. Raises BackendError when a certificate or key cannot be used."""
    try:
        made = _trusting(tls)
        if tls.certificate:
            _present(made, tls.certificate, tls.key)
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BackendError(
            f"the TLS settings cannot be used: {reason}",
            next_step="check the CA, the client certificate and its key: PEM, and the two of a pair",
        ) from None
    return made


def _trusting(tls: Tls) -> ssl.SSLContext:
    if tls.authorities and tls.verify:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.load_verify_locations(cadata=tls.authorities)
        return made
    made = ssl.create_default_context()
    # Python 3.13 turns this on; Go never asks it of a CA, and those of many clusters and offices do not pass.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not tls.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    for path in tls.extra if tls.verify else ():
        with suppress(ssl.SSLError, OSError):  # as Go: what is no certificate there is passed over
            made.load_verify_locations(path)
    return made


def _present(made: ssl.SSLContext, certificate: str, key: str) -> None:
    """The ssl module only takes files: they live for this call, in a folder that is the user's alone."""
    with tempfile.TemporaryDirectory(prefix="driftgate-") as folder:
        paths = [Path(folder, name) for name in ("certificate.pem", "key.pem")]
        for path, text in zip(paths, (certificate, key), strict=True):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(text)
        made.load_cert_chain(paths[0], paths[1] if key else None)

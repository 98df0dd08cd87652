"""Stores that answer with something else: a login page, a proxy, another service under the same address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from certificates import make_certificates
from contract.sites import new_lock
from loopback import Answer, Request, serve

from driftgate import process
from driftgate.backends.base import BackendError
from driftgate.backends.registry import open_backend
from driftgate.unit import BackendConfig

BODIES = [b"", b"null", b"[]", b"{}", b"[{}]", b"[null]", b'"x"', b"5", b'{"data": null, "metadata": null}', b"<html>"]
AWS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
S3 = {"bucket": "b", "key": "k", "use_path_style": True, "use_lockfile": True, "max_retries": 0}
BLOCKS: dict[str, Callable[[str], tuple[dict[str, Any], dict[str, str]]]] = {
    "consul": lambda url: ({"address": url, "path": "app"}, {}),
    "gcs": lambda url: ({"bucket": "b", "storage_custom_endpoint": url}, {"GOOGLE_OAUTH_ACCESS_TOKEN": "x"}),
    "kubernetes": lambda url: ({"host": url, "secret_suffix": "a"}, {}),
    "s3": lambda url: ({**S3, "endpoints": {"s3": url}}, AWS),
    "cloud": lambda url: (
        {"hostname": url.removeprefix("https://"), "organization": "o", "workspaces": {"name": "w"}, "token": "t"}, {}
    ),
}  # fmt: skip
ASKED: dict[str, Callable[[Any], object]] = {
    "read": lambda backend: backend.get(),
    "who holds it": lambda backend: backend.holder(),
    "lock": lambda backend: backend.unlock(backend.lock(new_lock())),
    "workspaces": lambda backend: getattr(backend, "workspaces", list)(),
    "versions": lambda backend: list(getattr(backend, "versions", list)()),
}


@pytest.fixture(params=BLOCKS)
def strange(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, list[bytes]]]:
    """A backend whose server answers everything with 200 and the one body in a list."""
    said, kind = [b""], str(request.param)

    def answer(asked: Request) -> Answer:
        if asked.path == "/.well-known/terraform.json" and not said[0].startswith(b"<"):
            return Answer(200, b'{"tfe.v2": "/api/v2/"}')
        return Answer(200, said[0], {"Content-Type": "application/json"})

    pem = make_certificates(tmp_path)
    with serve(answer, pem.server if kind == "cloud" else None) as url:
        config, env = BLOCKS[kind](url.replace("127.0.0.1", "localhost") if kind == "cloud" else url)
        env = {**env, "HOME": str(tmp_path), "SSL_CERT_FILE": str(pem.authority) if kind == "cloud" else ""}
        yield open_backend(BackendConfig(kind, config), unit_dir=Path(), env=env, runner=process.run), said


@pytest.mark.parametrize("asked", ASKED)
def test_a_strange_answer_is_no_bug_of_ours(strange: tuple[Any, list[bytes]], asked: str) -> None:
    backend, said = strange
    for body in BODIES:
        said[0] = body
        with suppress(BackendError):
            ASKED[asked](backend)


def test_facts_of_what_is_no_bucket_are_not_known() -> None:
    with serve(lambda asked: Answer(200, b"<a/>")) as url:
        config, env = BLOCKS["s3"](url)
        backend: Any = open_backend(BackendConfig("s3", config), unit_dir=Path(), env=env, runner=process.run)
        facts = {fact.name: fact.good for fact in backend.facts()}

    assert facts["encrypted"] is None
    assert True not in facts.values()

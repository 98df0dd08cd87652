"""The REST client, against servers on loopback that fail, redirect, throttle and ask for certificates."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from certificates import Certificates, make_certificates
from loopback import Answer, Request, serve

from driftgate.backends.base import BackendError
from driftgate.backends.rest import Rest, basic
from driftgate.backends.rest_proxy import Proxies
from driftgate.backends.rest_tls import Tls, system_trust

PASSWORD = "hunter22hunter22"


@dataclass
class Script:
    """Answers in turn, the last one for ever."""

    answers: list[Answer]
    seen: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        self.seen.append(request)
        return self.answers[min(len(self.seen), len(self.answers)) - 1]


def rest(**changed: object) -> Rest:
    return Rest(**{"where": "https://h/state", "login": "log in", "pause": 0.01, **changed})  # type: ignore[arg-type]


AGAIN = [
    pytest.param("GET", None, 503, 3, id="a read is repeated"),
    pytest.param("POST", None, 503, 1, id="a write is not"),
    pytest.param("POST", True, 502, 3, id="a harmless write is"),
    pytest.param("POST", None, 429, 3, id="a write that was only throttled is"),
    pytest.param("GET", None, 400, 1, id="a bad request is not"),
    pytest.param("GET", False, 500, 1, id="a read that is told not to"),
]


@pytest.mark.parametrize(("method", "repeat", "status", "times"), AGAIN)
def test_asks_again_only_where_that_does_no_harm(method: str, repeat: bool | None, status: int, times: int) -> None:
    script = Script([Answer(status)])
    with serve(script) as url, pytest.raises(BackendError, match=rf"the server answered {status}") as caught:
        rest().send(method, url, "read", repeat=repeat)

    assert len(script.seen) == times
    assert ("also when asked again" in caught.value.message) == (times > 1)


def test_a_read_that_succeeds_at_last_is_an_answer() -> None:
    with serve(Script([Answer(503), Answer(429, headers={"Retry-After": "0"}), Answer(200, b"x")])) as url:
        assert rest().send("GET", url, "read").data == b"x"


REFUSALS = [
    pytest.param(Answer(401, b"who?"), "the server wants a login, or does not accept it: who?", "log in", id="401"),
    pytest.param(Answer(403), "access denied", "log in", id="403"),
    pytest.param(Answer(418, b"<html>tea"), "the server answered 418$", "settings", id="a page is not quoted"),
    pytest.param(Answer(400, b"a\n b"), "the server answered 400: a b$", "settings", id="one line"),
    pytest.param(Answer(400, PASSWORD.encode()), r"the server answered 400: \*\*\*$", "settings", id="our own secret"),
    pytest.param(Answer(500), "the server answered 500$", "later", id="500"),
    pytest.param(
        Answer(307, headers={"Location": f"https://u:{PASSWORD}@n/?token={PASSWORD}"}),
        r"/s redirects to https://n/\?token=$",
        "set the address",
        id="a redirected write",
    ),
]


@pytest.mark.parametrize(("answer", "message", "next_step"), REFUSALS)
def test_refusals_become_one_line_with_a_next_step(answer: Answer, message: str, next_step: str) -> None:
    asking = rest(headers=(("Authorization", basic("me", PASSWORD)),), retries=0)
    with serve(lambda request: answer) as url, pytest.raises(BackendError) as caught:
        asking.send("POST", f"{url}/s", "write")

    with pytest.raises(BackendError, match=f"^cannot write https://h/state: .*{message}"):
        raise BackendError(caught.value.message)
    assert next_step in caught.value.next_step
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(asking)


def test_a_read_follows_a_redirect_but_not_with_the_login() -> None:
    asking = rest(headers=(("Authorization", basic("me", PASSWORD)),))
    elsewhere = Script([Answer(200, b"x")])
    with serve(elsewhere) as there, serve(Script([Answer(302, headers={"Location": f"{there}/new"})])) as here:
        assert asking.send("GET", here, "read").data == b"x"

    assert elsewhere.seen[0].path == "/new"
    assert "Authorization" not in elsewhere.seen[0].headers


def test_a_loop_of_redirects_ends() -> None:
    circle = Answer(302, headers={"Location": "/again"})
    with serve(lambda request: circle) as url, pytest.raises(BackendError, match="redirects to /again"):
        rest().send("GET", url, "read")


def test_nobody_there(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(BackendError) as caught:
            rest().send("GET", f"http://u:{PASSWORD}@{address}/s?token={PASSWORD}", "read")

    assert caught.value.message == f"cannot read https://h/state: no connection to {address} (Connection refused)"
    assert caplog.records == []  # urllib3 would log the URL with each retry
    assert "network" in caught.value.next_step


@pytest.mark.parametrize(("data", "said"), [(b"<html>", "is not JSON"), (b"[]", "is JSON, but not what was asked for")])
def test_what_is_not_the_json_asked_for_is_an_error(data: bytes, said: str) -> None:
    with serve(lambda request: Answer(200, data)) as url, pytest.raises(BackendError, match=said) as caught:
        rest().json(rest().send("GET", url, "read"), "read", lambda found: found["ID"])

    assert "a proxy or a login page" in caught.value.next_step


def test_a_login_that_no_header_may_hold_is_not_shown() -> None:
    """As of a token that was read from a file with its line break."""
    secret = rest(headers=(("X-Consul-Token", f"{PASSWORD}\n"),))
    with serve(Script([Answer()])) as url, pytest.raises(BackendError, match="no header may hold") as caught:
        secret.send("GET", url, "read")

    assert PASSWORD not in str(caught.value)
    assert caught.value.next_step == "log in"


def test_goes_through_a_proxy_with_its_login() -> None:
    proxy = Script([Answer(200, b"x")])
    with serve(proxy) as url:
        through = Proxies(http=url.replace("http://", f"http://me:{PASSWORD}@"))
        assert rest(proxies=through).send("GET", "http://nowhere.invalid/s", "read").data == b"x"

    assert proxy.seen[0].path == "http://nowhere.invalid/s"
    assert proxy.seen[0].headers["proxy-authorization"] == basic("me", PASSWORD)


def test_a_proxy_that_is_not_there() -> None:
    with pytest.raises(BackendError, match=r"no connection to nowhere\.invalid \(Connection refused\)"):
        rest(proxies=Proxies(http="http://127.0.0.1:1")).send("GET", "http://nowhere.invalid/s", "read")


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secured(pem: Certificates) -> Iterator[str]:
    """The URL of a server whose certificate only our own authority vouches for."""
    with serve(lambda request: Answer(200, b"x"), pem.server) as url:
        yield url


def test_an_unknown_authority_is_not_trusted(secured: str) -> None:
    with pytest.raises(BackendError, match=r"TLS failed .*certificate verify failed") as caught:
        rest().send("GET", secured, "read")

    assert "SSL_CERT_FILE" in caught.value.next_step


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
@pytest.mark.parametrize("trust", ["block", "SSL_CERT_FILE", "SSL_CERT_DIR", "none asked"])
def test_trusts_whom_it_is_told(secured: str, pem: Certificates, trust: str) -> None:
    tls = {
        "block": Tls(authorities=pem.authority.read_text()),
        "SSL_CERT_FILE": Tls(extra=system_trust({"SSL_CERT_FILE": str(pem.authority)})),
        "SSL_CERT_DIR": Tls(extra=system_trust({"SSL_CERT_DIR": f"/nowhere:{pem.authority.parent}"})),
        "none asked": Tls(verify=False),
    }[trust]

    assert rest(tls=tls).send("GET", secured, "read").data == b"x"


def test_the_name_in_the_certificate_can_be_another(pem: Certificates, secured: str) -> None:
    authority = pem.authority.read_text()
    with pytest.raises(BackendError, match="TLS failed"):
        rest(tls=Tls(authorities=authority, server_name="other")).send("GET", secured, "read")

    named = Tls(authorities=authority, server_name="localhost")
    assert rest(tls=named).send("GET", secured, "read").data == b"x"


def test_shows_its_certificate(pem: Certificates) -> None:
    trusting = Tls(authorities=pem.authority.read_text())
    shown = Tls(
        authorities=pem.authority.read_text(), certificate=pem.client.read_text(), key=pem.client_key.read_text()
    )
    with serve(lambda request: Answer(200, b"x"), pem.server, pem.authority) as url:
        with pytest.raises(BackendError):
            rest(tls=trusting).send("GET", url, "read")
        assert rest(tls=shown).send("GET", url, "read").data == b"x"

    assert pem.client_key.read_text() not in repr(shown)


@pytest.mark.parametrize(
    "tls", [Tls(authorities="none"), Tls(certificate="none"), Tls(certificate="none", key="none")], ids=str
)
def test_a_certificate_that_is_none(tls: Tls) -> None:
    with pytest.raises(BackendError, match="TLS settings cannot be used"):
        rest(tls=tls).send("GET", "https://127.0.0.1:1/", "read")

from __future__ import annotations

from collections.abc import Iterator

import pytest
from forges import TOKEN, FakeGitHub, answer, fake_github

from driftgate.report.post.client import Client, PostError, connect
from driftgate.report.post.github import github


@pytest.fixture
def forge() -> Iterator[FakeGitHub]:
    with fake_github() as forge:
        yield forge


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(forge: FakeGitHub, waits: list[float]) -> Client:
    return github(forge.url, TOKEN, {}, waits.append)


LIST = "repos/acme/infra/issues/7/comments"


def test_all_pages_are_read(client: Client, forge: FakeGitHub) -> None:
    for n in range(250):
        forge.add(f"comment {n}", "mallory")
    assert [c["body"] for c in client.pages(f"{LIST}?per_page=100")] == [f"comment {n}" for n in range(250)]
    assert len(forge.log) == 3


def test_a_list_without_an_end_is_not_taken_for_a_whole_one(client: Client, forge: FakeGitHub) -> None:
    again = answer(200, [{"body": "x"}], Link=f'<{forge.url}/{LIST}>; rel="next"')
    forge.fail("GET", "/comments", *[again] * 101)
    with pytest.raises(PostError, match=r"comments has more than 100 pages"):
        list(client.pages(LIST))


@pytest.mark.parametrize(
    ("limit", "waited"),
    [
        (answer(429, {"message": "slow down"}, Retry_After="3"), [3.0]),
        (answer(403, {"message": "You have exceeded a secondary rate limit."}), [4.0]),
        (answer(403, {"message": "API rate limit exceeded"}, x_ratelimit_remaining="0"), [4.0]),
        (answer(403, {"message": "no"}, Retry_After="7"), [7.0]),
    ],
    ids=["429", "secondary", "quota", "retry-after"],
)
def test_a_limit_is_waited_for_and_then_it_is_tried_again(
    client: Client, forge: FakeGitHub, waits: list[float], limit: object, waited: list[float]
) -> None:
    forge.fail("POST", "/comments", limit)  # type: ignore[arg-type]
    client.send("POST", LIST, {"body": "x"})
    assert waits == waited
    assert [comment["body"] for comment in forge.comments[7]] == ["x"]


def test_a_long_limit_is_not_waited_for(client: Client, forge: FakeGitHub, waits: list[float]) -> None:
    forge.fail("POST", "/comments", answer(429, {"message": "slow down"}, Retry_After="3600"))
    with pytest.raises(PostError, match=r"answered 429: slow down") as failed:
        client.send("POST", LIST, {"body": "x"})
    assert (failed.value.status, waits) == (429, [])


def test_waits_are_bounded_in_all(client: Client, forge: FakeGitHub, waits: list[float]) -> None:
    forge.fail("GET", "/comments", *[answer(429, None, Retry_After="50")] * 4)
    with pytest.raises(PostError):
        client.get(LIST)
    assert waits == [50.0]


def test_a_failing_server_is_asked_again_and_a_write_that_may_have_happened_is_not_repeated(
    client: Client, forge: FakeGitHub, waits: list[float]
) -> None:
    forge.fail("GET", "/comments", answer(502), answer(503))
    assert client.get(LIST).tree == []
    assert len(waits) == 2
    forge.fail("POST", "/comments", answer(502))
    with pytest.raises(PostError, match="502"):
        client.send("POST", LIST, {"body": "x"})
    assert len(forge.writes()) == 1


@pytest.mark.parametrize(
    ("status", "tree", "says"),
    [
        (401, {"message": "Bad credentials"}, "answered 401: Bad credentials"),
        (404, {"message": "Not Found"}, "answered 404: Not Found"),
        (422, {"message": "Validation\n::error::x"}, "answered 422: Validation ::error::x"),
        (418, ["odd"], "answered 418$"),
    ],
)
def test_a_refusal_says_what_the_service_said(
    client: Client, forge: FakeGitHub, status: int, tree: object, says: str
) -> None:
    forge.fail("GET", "/comments", answer(status, tree))
    with pytest.raises(PostError, match=says) as failed:
        client.get(LIST)
    assert failed.value.status == status
    assert TOKEN not in str(failed.value)


def test_the_token_does_not_follow_a_link_to_another_host(client: Client, forge: FakeGitHub) -> None:
    forge.fail("GET", "/comments", answer(200, [], Link='<https://evil.example/x>; rel="next"'))
    with pytest.raises(PostError, match=r"evil\.example, which may not see the token"):
        list(client.pages(LIST))


def test_the_token_does_not_follow_a_redirect_to_another_host(client: Client, forge: FakeGitHub) -> None:
    with fake_github() as other:
        other.users.clear()
        forge.fail(
            "GET", "/comments", answer(301, None, Location=f"{other.url}/user".replace("127.0.0.1", "localhost"))
        )
        with pytest.raises(PostError, match="401"):
            client.get(LIST)
        assert other.log == [("GET", "/user")]


def test_a_moved_repository_is_followed(client: Client, forge: FakeGitHub) -> None:
    forge.fail("GET", "/comments", answer(301, None, Location=f"{forge.url}/{LIST}"))
    assert client.get(LIST).tree == []


def test_nobody_there(waits: list[float]) -> None:
    with pytest.raises(PostError, match="cannot be reached"):
        connect("http://127.0.0.1:9", {}, {}, waits.append).get("user")


def test_no_token_in_clear_text() -> None:
    with pytest.raises(PostError, match="not https"):
        connect("http://github.example/api/v3", {}, {}, lambda _: None)


def test_what_is_not_json(client: Client, forge: FakeGitHub) -> None:
    from loopback import Answer

    forge.fail("GET", "/comments", Answer(200, b"<html>"))
    with pytest.raises(PostError, match="not JSON"):
        client.get(LIST)


@pytest.mark.parametrize(
    ("env", "proxied"),
    [
        ({}, False),
        ({"HTTPS_PROXY": "http://p:3128"}, True),
        ({"HTTPS_PROXY": "p:3128"}, True),
        ({"https_proxy": "http://p:3128", "NO_PROXY": ".github.test"}, False),
    ],
)
def test_the_proxy_of_the_environment(env: dict[str, str], proxied: bool) -> None:
    import urllib3

    made = connect("https://api.github.test", {}, env, lambda _: None)
    assert isinstance(made.pool, urllib3.ProxyManager) is proxied


def test_the_name_and_password_of_the_proxy() -> None:
    import urllib3

    made = connect("https://api.github.test", {}, {"HTTPS_PROXY": "http://me:p%40ss@p:3128"}, lambda _: None)
    assert isinstance(made.pool, urllib3.ProxyManager)
    assert made.pool.proxy_headers == {"proxy-authorization": "Basic bWU6cEBzcw=="}


@pytest.mark.parametrize(
    ("base", "env", "said"),
    [
        ("https://api.github.test", {"HTTPS_PROXY": "socks5://me:p4ss@p:1080"}, "a socks5 proxy cannot be used"),
        ("https://[::1", {}, "is no URL"),
    ],
)
def test_what_nobody_can_connect_to(base: str, env: dict[str, str], said: str) -> None:
    with pytest.raises(PostError, match=said) as refused:
        connect(base, {}, env, lambda _: None)
    assert "p4ss" not in str(refused.value)

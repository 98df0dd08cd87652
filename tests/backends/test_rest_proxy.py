from __future__ import annotations

import pytest

from driftgate.backends.rest_proxy import Proxies, proxies

BOTH = {"HTTP_PROXY": "http://p:1", "HTTPS_PROXY": "http://s:2"}
CASES = [
    pytest.param({}, "https://h/", "", id="none"),
    pytest.param(BOTH, "http://h/", "http://p:1", id="http"),
    pytest.param(BOTH, "https://h/", "http://s:2", id="https"),
    pytest.param({"https_proxy": "http://s:2"}, "https://h/", "http://s:2", id="lower case"),
    pytest.param({"HTTPS_PROXY": "s:2"}, "https://h/", "http://s:2", id="without a scheme"),
    pytest.param(BOTH, "http://localhost:8500/", "", id="this machine by name"),
    pytest.param(BOTH, "http://127.0.0.7:8500/", "", id="this machine by address"),
    pytest.param(BOTH, "http://[::1]:8500/", "", id="this machine in IPv6"),
    pytest.param({**BOTH, "NO_PROXY": "example.com"}, "https://a.example.com/", "", id="below a name listed"),
    pytest.param({**BOTH, "NO_PROXY": "example.com"}, "https://example.org/", "http://s:2", id="another name"),
    pytest.param({**BOTH, "NO_PROXY": "a, 10.0.0.0/8"}, "https://10.1.2.3/", "", id="in a network listed"),
    pytest.param({**BOTH, "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3/", "http://s:2", id="in another network"),
    pytest.param({**BOTH, "NO_PROXY": "*"}, "https://h/", "", id="all listed"),
]


@pytest.mark.parametrize(("env", "url", "proxy"), CASES)
def test_chooses(env: dict[str, str], url: str, proxy: str) -> None:
    assert proxies(env).through(url) == proxy


def test_nothing_asked_is_no_proxy() -> None:
    assert proxies({}) == Proxies()

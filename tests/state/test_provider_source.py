from __future__ import annotations

import pytest

from driftgate.state.file import StateError
from driftgate.state.provider_source import parse_config, parse_source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/aws", id="in full"),
        pytest.param("aws", "registry.terraform.io/hashicorp/aws", id="name"),
        pytest.param("acme/aws", "registry.terraform.io/acme/aws", id="namespace"),
        pytest.param("Registry.Acme.corp:8443/Acme/AWS", "registry.acme.corp:8443/acme/aws", id="case is folded"),
        pytest.param("registry.terraform.io/-/aws", "registry.terraform.io/-/aws", id="legacy"),
    ],
)
def test_parse_source(text: str, expected: str) -> None:
    assert parse_source(text) == expected


def test_opentofu_has_a_registry_of_its_own() -> None:
    assert parse_source("aws", "registry.opentofu.org") == "registry.opentofu.org/hashicorp/aws"


@pytest.mark.parametrize("text", ["", "a/b/c/d", "a//b", "a b", "provider.aws", "-a/b"])
def test_no_provider(text: str) -> None:
    with pytest.raises(StateError, match="is not a provider"):
        parse_source(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('provider["registry.terraform.io/hashicorp/aws"]', ("", "registry.terraform.io/hashicorp/aws", "")),
        ('provider["registry.terraform.io/hashicorp/aws"].west', ("", "registry.terraform.io/hashicorp/aws", ".west")),
        ('module.a["x.y"].provider["h/n/t"].w', ('module.a["x.y"].', "h/n/t", ".w")),
        ("provider.aws", ("", "registry.terraform.io/-/aws", "")),
        ("module.m.provider.aws.x", ("module.m.", "registry.terraform.io/-/aws", ".x")),
    ],
)
def test_parse_config(text: str, expected: tuple[str, str, str]) -> None:
    found = parse_config(text)
    assert found is not None
    assert (found.module, found.source, found.alias) == expected
    assert parse_config(str(found)) == found


@pytest.mark.parametrize("text", ["", "x", "provider", 'provider["'])
def test_no_config(text: str) -> None:
    assert parse_config(text) is None

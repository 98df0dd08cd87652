from __future__ import annotations

import os
from pathlib import Path

import pytest

from driftgate.tfexec import mirror
from driftgate.tfexec.mirror import cli_config, find_provider_mirror, provider_cache

AWS = "registry.terraform.io/hashicorp/aws"
TOFU_AWS = "registry.opentofu.org/hashicorp/aws"


def put(folder: Path, provider: str = AWS) -> Path:
    (folder / provider / "5.100.0" / "linux_amd64").mkdir(parents=True)
    return folder


def test_nothing_is_found_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = {"HOME": str(tmp_path / "home"), "TF_PLUGIN_CACHE_DIR": str(tmp_path / "empty")}
    put(tmp_path / "opt/other", "registry.terraform.io/hashicorp/random")

    assert find_provider_mirror(env, searched=[tmp_path / "opt", tmp_path / "absent"]) is None
    assert find_provider_mirror({}, searched=()) is None


@pytest.mark.parametrize(
    ("where", "env"),
    [
        ("anywhere", {"DG_TEST_PROVIDER_MIRROR": "{0}/anywhere"}),
        ("cache", {"TF_PLUGIN_CACHE_DIR": "{0}/cache"}),
        ("home/.cache/driftgate/providers", {"HOME": "{0}/home"}),
        ("xdg/driftgate/providers", {"XDG_CACHE_HOME": "{0}/xdg", "HOME": "{0}/home"}),
        ("cwd/terraform.d/plugins", {}),
        ("home/.terraform.d/plugins", {"HOME": "{0}/home"}),
        ("home/.local/share/terraform/plugins", {"HOME": "{0}/home"}),
        ("data/terraform/plugins", {"XDG_DATA_HOME": "{0}/data"}),
        ("share/terraform/plugins", {"XDG_DATA_DIRS": "{0}/nothing:{0}/share"}),
        ("opt", {}),
        ("opt/mirror", {}),
        ("opt/vendor/mirror", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_mirror_is_found_where_terraform_or_people_put_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, env: dict[str, str]
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    expected = put(tmp_path / where)

    found = find_provider_mirror(
        {name: value.format(tmp_path) for name, value in env.items()}, searched=[tmp_path / "opt"]
    )

    assert found == expected


def test_what_is_named_comes_first(tmp_path: Path) -> None:
    named, cached, opt = (put(tmp_path / name) for name in ("named", "cached", "opt"))
    env = {"DG_TEST_PROVIDER_MIRROR": str(named), "TF_PLUGIN_CACHE_DIR": str(cached)}

    assert find_provider_mirror(env, searched=[opt]) == named
    assert find_provider_mirror({"TF_PLUGIN_CACHE_DIR": str(cached)}, searched=[opt]) == cached


def test_each_tool_wants_its_own_registry(tmp_path: Path) -> None:
    put(tmp_path / "a"), put(tmp_path / "b", TOFU_AWS)

    assert find_provider_mirror({}, tool="terraform", searched=[tmp_path]) == tmp_path / "a"
    assert find_provider_mirror({}, tool="tofu", searched=[tmp_path]) == tmp_path / "b"


def test_the_search_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "one/two/three")
    assert find_provider_mirror({}, searched=[tmp_path]) is None, "too deep"

    put(tmp_path / "z")
    monkeypatch.setattr(mirror, "MOST_FOLDERS", 2)
    assert find_provider_mirror({}, searched=[tmp_path]) is None, "too many folders"


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/link").symlink_to(put(tmp_path / "far/away").parent)

    assert find_provider_mirror({}, searched=[tmp_path / "opt"]) is None


def test_a_folder_that_may_not_be_read_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "secret")

    def refuse(path: object) -> object:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)

    assert find_provider_mirror({}, searched=[tmp_path]) is None


def test_the_cache_is_in_the_users_cache_folder() -> None:
    assert provider_cache({"HOME": "/h"}) == Path("/h/.cache/driftgate/providers")
    assert provider_cache({"HOME": "/h", "XDG_CACHE_HOME": "/c"}) == Path("/c/driftgate/providers")


def test_without_a_mirror_everything_comes_from_registries() -> None:
    assert cli_config(None) == "provider_installation {\n  direct {}\n}\n"


def test_what_the_mirror_holds_never_comes_from_the_network(tmp_path: Path) -> None:
    put(tmp_path), put(tmp_path, "registry.terraform.io/hashicorp/random"), put(tmp_path, ".hidden.d/x/y")
    (tmp_path / "README.md").write_text("not a provider")

    assert cli_config(tmp_path) == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{tmp_path}"\n'
        '    include = ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/random"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/hashicorp/random"]\n'
        "  }\n"
        "}\n"
    )


def test_a_path_is_quoted_for_hcl() -> None:
    assert r'path    = "/a \"b\" $${c} %%{d} \\e"' in cli_config(Path(r'/a "b" ${c} %{d} \e'))

from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.wrap.ci import CiError
from driftgate.wrap.forge import branch_of, forge_of, remote_place

ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "acme/infra"}
PIPELINE = {"GITLAB_CI": "true", "CI_API_V4_URL": "https://git.acme.test/api/v4", "CI_PROJECT_ID": "42"}


@pytest.mark.parametrize(("url", "place"), [
    ("/srv/git/infra.git", ("", "")),
    ("file:///srv/git/infra.git", ("", "")),
    ("../infra", ("", "")),
    ("https://github.com/acme/infra.git", ("github.com", "acme/infra")),
    ("https://user:secret@GitHub.com/acme/infra", ("github.com", "acme/infra")),
    ("ssh://git@gitlab.com:2222/acme/group/infra.git", ("gitlab.com", "acme/group/infra")),
    ("git@github.com:acme/infra.git", ("github.com", "acme/infra")),
    ("github.com:acme/infra", ("github.com", "acme/infra")),
])  # fmt: skip
def test_where_a_remote_is(url: str, place: tuple[str, str]) -> None:
    assert remote_place(url) == place


@pytest.mark.parametrize(("url", "env", "said", "expected"), [
    ("git@github.com:acme/infra.git", {}, {}, ("github", "https://api.github.com", "acme/infra")),
    ("https://gitlab.com/a/b/infra.git", {}, {}, ("gitlab", "https://gitlab.com/api/v4", "a/b/infra")),
    ("git@code.test:acme/infra", {}, {"kind": "github"}, ("github", "https://code.test/api/v3", "acme/infra")),
    ("git@code.test:acme/infra", {}, {"kind": "gitlab"}, ("gitlab", "https://code.test/api/v4", "acme/infra")),
    ("/srv/infra.git", ACTIONS, {}, ("github", "https://api.github.com", "acme/infra")),
    ("https://git.acme.test/acme/infra", PIPELINE, {}, ("gitlab", "https://git.acme.test/api/v4", "42")),
    ("git@github.com:acme/infra", {}, {"repository": "b/c"}, ("github", "https://api.github.com", "b/c")),
], ids=["github", "gitlab", "an enterprise's", "one's own gitlab", "actions", "a pipeline", "as said"])  # fmt: skip
def test_which_forge(url: str, env: dict[str, str], said: dict[str, str], expected: tuple[str, str, str]) -> None:
    found = forge_of(url, env, _read, kind=said.get("kind"), repository=said.get("repository"))
    assert (found.kind, found.run.api, found.run.repository) == expected


@pytest.mark.parametrize(("url", "kind", "said"), [
    ("git@code.test:acme/infra", None, "it is not known whether code.test is GitHub or GitLab"),
    ("git@github.com.evil.test:acme/infra", None, "it is not known whether github.com.evil.test"),
    ("/srv/infra.git", "github", "does not say which repository it is"),
])  # fmt: skip
def test_what_is_not_known(url: str, kind: str | None, said: str) -> None:
    with pytest.raises(CiError, match=said):
        forge_of(url, {}, _read, kind=kind, repository=None)


@pytest.mark.parametrize(("url", "sent"), [
    ("https://github.com/acme/infra", True),
    ("https://github.com.evil.test/acme/infra", False),
    ("/srv/infra.git", False),
])  # fmt: skip
def test_the_token_goes_to_its_own_forge_only(url: str, sent: bool) -> None:
    assert forge_of(url, ACTIONS, _read, kind=None, repository=None).is_at(url) is sent


@pytest.mark.parametrize(("env", "branch"), [
    ({}, ""),
    ({"GITHUB_REF": "refs/heads/release/1"}, "release/1"),
    ({"GITHUB_REF": "refs/pull/7/merge"}, ""),
    ({"CI_COMMIT_BRANCH": "main"}, "main"),
])  # fmt: skip
def test_the_branch_of_a_run(env: dict[str, str], branch: str) -> None:
    assert branch_of(env) == branch


def _read(path: str) -> bytes:
    return Path(path).read_bytes()

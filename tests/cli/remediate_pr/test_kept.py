"""What a run sends, and what the next one makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fix_repo import BRANCH, Capture, FixRepo, clone_as_it_is, code, git, sent
from forges import TOKEN, FakeGitHub, fake_gitlab
from terraform_cli import needs_terraform

from driftgate.cli.main import main

pytestmark = needs_terraform


def test_nothing_drifted(repo: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    assert main(["remediate", "pr"]) == 0
    assert capsys.readouterr().out == "nothing to open\n"
    assert (list(repo.branches()), forge.writes()) == (["main"], [])


def test_a_branch_with_a_commit_for_each_unit_and_one_request(
    repo: FixRepo, forge: FakeGitHub, capsys: Capture
) -> None:
    repo.live = {"app": 2, "net": 3}
    (repo.work / "app/notes.txt").write_text("mine")
    (repo.work / "staged.txt").write_text("mine too")
    git(repo.work, "add", "staged.txt")
    before = clone_as_it_is(repo)

    assert main(["remediate", "pr"]) == 0
    assert repo.subjects(BRANCH) == ["Accept what is live in app", "Accept what is live in net"]
    assert (repo.text(BRANCH, "app/main.tf"), repo.text(BRANCH, "net/main.tf")) == (code(2).strip(), code(3).strip())
    (pull,) = forge.pulls
    assert capsys.readouterr().out == f"opened; pushed {BRANCH} {pull['html_url']}\n"
    assert (pull["base"], pull["draft"]) == ("main", False)
    assert pull["title"] == "Accept what is live in 2 attributes of 2 units"
    assert pull["body"].startswith("<!-- driftgate:v1 kind=fix name=main/all run=55 ")
    for part in ("`terraform_data.x`", "2 plans of a copy", "+  input = 3", "actions/runs/55"):
        assert part in pull["body"]
    assert clone_as_it_is(repo) == before


def elsewhere(repo: FixRepo) -> None:
    """main moves on, in another file."""
    repo.change("main", "README.md", "hello")


@pytest.mark.parametrize("meanwhile", [lambda repo: None, elsewhere], ids=["nothing happened", "main moved on"])
def test_the_same_again_sends_nothing(
    opened: FixRepo, forge: FakeGitHub, capsys: Capture, meanwhile: Callable[[FixRepo], None]
) -> None:
    meanwhile(opened)
    tip = opened.branches()[BRANCH]

    assert sent(opened, capsys) == "unchanged https://github.test/p/101"
    assert (opened.branches()[BRANCH], forge.writes()) == (tip, [])


def test_more_drift_updates_the_same_request(opened: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    opened.live["net"] = 9

    assert sent(opened, capsys) == f"updated; pushed {BRANCH} https://github.test/p/101"
    assert opened.subjects(BRANCH) == ["Accept what is live in app", "Accept what is live in net"]
    assert "`net`" in forge.pulls[0]["body"]


def test_main_changed_the_same_file(opened: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    """The clone is behind: what was proved here does not hold there. Pulled, the branch is made anew."""
    opened.change("main", "app/main.tf", "# new\n" + code(1))
    tip = opened.branches()[BRANCH]
    said = sent(opened, capsys, code=2)
    assert said.startswith("left as it is https://github.test/p/101 (app drifts still")
    assert opened.branches()[BRANCH] == tip

    git(opened.work, "pull", "-q", "--ff-only", "origin", "main")
    assert sent(opened, capsys) == f"updated; pushed {BRANCH} https://github.test/p/101"
    assert "`app/main.tf:3:11`" in forge.pulls[0]["body"]
    assert opened.text(BRANCH, "app/main.tf").startswith("# new")


@pytest.mark.parametrize("amend", [False, True], ids=["a commit of theirs", "ours, amended"])
def test_commits_of_people_are_not_overwritten(
    opened: FixRepo, forge: FakeGitHub, capsys: Capture, amend: bool
) -> None:
    theirs = opened.change(BRANCH, "app/main.tf", code(7), amend=amend)
    opened.live["app"] = 3

    said = sent(opened, capsys, code=1)
    assert f"{BRANCH} has a commit that dg did not make, which is not overwritten: {theirs[:10]} by" in said
    assert "or name another one with --branch" in said
    assert (opened.branches()[BRANCH], forge.writes()) == (theirs, [])

    opened.live = {}
    assert sent(opened, capsys).startswith(
        "left as it is https://github.test/p/101 (nothing is left to fix, but it has"
    )
    assert (opened.branches()[BRANCH], forge.pulls[0]["state"]) == (theirs, "open")


def test_what_people_closed_stays_closed_until_something_else_drifts(
    opened: FixRepo, forge: FakeGitHub, capsys: Capture
) -> None:
    forge.pulls[0]["state"] = "closed"
    assert sent(opened, capsys) == ("closed by people, and says the same: not opened again https://github.test/p/101")
    assert forge.writes() == []

    opened.live["app"] = 5
    assert sent(opened, capsys) == f"opened; pushed {BRANCH} https://github.test/p/102"
    assert [pull["state"] for pull in forge.pulls] == ["closed", "open"]


def test_drift_again_after_it_was_merged(opened: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    forge.pulls[0].update(state="closed", merged_at="2026-01-01T00:00:00Z")

    assert sent(opened, capsys) == "opened https://github.test/p/102"


def test_nothing_left_closes_it_and_removes_the_branch(opened: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    opened.live = {}

    assert sent(opened, capsys) == "closed https://github.test/p/101"
    (pull,) = forge.pulls
    assert (pull["state"], BRANCH in opened.branches()) == ("closed", False)
    assert "**Nothing is left to fix.**" in pull["body"]
    assert sent(opened, capsys) == "nothing to open"

    opened.live = {"app": 2}
    assert sent(opened, capsys) == f"opened; pushed {BRANCH} https://github.test/p/102"


def unread(repo: FixRepo) -> None:
    repo.broken, repo.live = {"app"}, {}


def unread_while_net_drifts(repo: FixRepo) -> None:
    repo.broken, repo.live = {"app"}, {"net": 3}


@pytest.mark.parametrize(("now", "words", "code", "why"), [
    pytest.param(unread, (), 1, "app was not read", id="the unit is not readable"),
    pytest.param(unread_while_net_drifts, (), 1, "it fixes app too, which this run did not read", id="another drifts"),
    pytest.param(lambda repo: repo.live.update(net=3), ("net",), 0, "it fixes app too", id="it was not asked for"),
])  # fmt: skip
def test_what_was_not_read_does_not_lose_its_fix(
    opened: FixRepo, forge: FakeGitHub, capsys: Capture, now: Callable[[FixRepo], None], words: tuple[str, ...],
    code: int, why: str,
) -> None:  # fmt: skip
    tip = opened.branches()[BRANCH]
    now(opened)

    said = sent(opened, capsys, *words, code=code)
    assert said.startswith("left as it is https://github.test/p/101")
    assert why in said
    assert (opened.branches()[BRANCH], forge.writes()) == (tip, [])


@pytest.mark.parametrize(("change", "why"), [
    ({"app/main.tf": "# mine\n" + code(1)}, "app/main.tf here is not as on the remote's branch"),
    ({"app/more.tf": "locals {}\n"}, "app/more.tf here is not as on the remote's branch"),
], ids=["changed", "untracked"])  # fmt: skip
def test_code_that_is_not_on_the_remote_is_left_out(
    repo: FixRepo, forge: FakeGitHub, capsys: Capture, change: dict[str, str], why: str
) -> None:
    repo.live = {"app": 2, "net": 2}
    for path, text in change.items():
        (repo.work / path).write_text(text)

    assert main(["remediate", "pr"]) == 2
    assert why in capsys.readouterr().err
    assert repo.subjects(BRANCH) == ["Accept what is live in net"]
    assert why.split(" ")[0] in forge.pulls[0]["body"]
    assert repo.planned == [["net"]], "what is left out is not planned"


def test_a_dry_run_shows_all_and_sends_nothing(repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/infra")
    repo.live = {"app": 2}

    said = sent(repo, capsys, "--dry-run", "--forge", "github")
    for part in (f"branch  {BRANCH}  (new)", "into    main ", "commit  Accept what is live in app", "+  input = 2",
                 "title   Accept what is live in 1 attribute of app", "**1 attribute is not as the code says.**"):  # fmt: skip
        assert part in said
    document = json.loads(sent(repo, capsys, "--dry-run", "--forge", "github", "-o", "json"))
    assert (document["format_version"], document["did"], document["pushed"]) == ("1.0", "dry run", False)
    assert [one["unit"] for one in document["commits"]] == ["app"]
    assert list(repo.branches()) == ["main"]


def test_a_secret_beside_the_change_is_in_no_body(repo: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    text = code(1).replace("}", '  triggers_replace = { password = "Tr0ub4dor&3-staple" }\n}')
    (repo.work / "app/main.tf").write_text(text)
    git(repo.work, "commit", "-qam", "a secret in the code")
    git(repo.work, "push", "-q", "origin", "main")
    repo.live, repo.secret = {"app": 2}, "Tr0ub4dor&3-staple"

    said = sent(repo, capsys, "--dry-run")
    assert sent(repo, capsys).startswith("opened")
    assert "Tr0ub4dor" in repo.text(BRANCH, "app/main.tf")
    assert "Tr0ub4dor" not in said + json.dumps(forge.pulls)


def test_two_runs_at_once_leave_one_request(repo: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    repo.live = {"app": 2}

    def racing(method: str, path: str) -> None:
        if method == "POST" and not forge.pulls:
            head = {"label": f"acme:{BRANCH}", "repo": {"full_name": "acme/infra"}}
            forge.pulls.append(
                {"number": 7, "state": "open", "head": head, "body": "", "html_url": "https://github.test/p/7"}
            )

    forge.before = racing
    assert sent(repo, capsys) == f"updated; pushed {BRANCH} https://github.test/p/7"
    assert len(forge.pulls) == 1


def test_somebody_pushes_meanwhile(opened: FixRepo, forge: FakeGitHub, capsys: Capture) -> None:
    opened.live["app"] = 3
    theirs: list[str] = []

    def racing(method: str, path: str) -> None:
        if not theirs:
            theirs.append(opened.change(BRANCH, "app/main.tf", code(7)))

    forge.before = racing
    said = sent(opened, capsys, code=1)
    assert "somebody pushed meanwhile: run again" in said
    assert opened.branches()[BRANCH] == theirs[0]


def test_on_gitlab(repo: FixRepo, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    with fake_gitlab() as forge:
        for name, value in {"CI_API_V4_URL": f"{forge.url}/api/v4", "GITLAB_CI": "true", "GITLAB_TOKEN": TOKEN,
                            "CI_PROJECT_ID": "acme/infra", "CI_COMMIT_BRANCH": "main"}.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        git(repo.work, "checkout", "-q", "--detach")
        repo.live = {"app": 2}
        assert sent(repo, capsys, "--draft") == f"opened; pushed {BRANCH} https://gitlab.test/m/101"
        (request,) = forge.requests
        assert (request["title"], request["target_branch"]) == (
            "Draft: Accept what is live in 1 attribute of app", "main",
        )  # fmt: skip
        assert sent(repo, capsys) == "unchanged https://gitlab.test/m/101"
        repo.live["net"] = 2
        assert sent(repo, capsys) == f"updated; pushed {BRANCH} https://gitlab.test/m/101"
        assert request["title"] == "Draft: Accept what is live in 2 attributes of 2 units"
        repo.live = {}
        assert sent(repo, capsys) == "closed https://gitlab.test/m/101"
        assert (request["state"], list(repo.branches())) == ("closed", ["main"])

"""`--changed-since`, on real git repos."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from driftgate.discover.changed import changed_files, changed_units
from driftgate.discover.units import discover
from driftgate.errors import RepoError

RESOURCE = 'resource "terraform_data" "x" {}\n'
FILES = {
    "app/main.tf": 'module "m" {\n  source = "../modules/m"\n}\n' + RESOURCE,
    "app/policies/x.json": "{}",
    "net/main.tf": RESOURCE + 'locals {\n  p = file("../policies/net.json")\n}\n',
    "dns/main.tf": 'terraform {\n  backend "s3" {}\n}\n' + RESOURCE,
    "modules/m/main.tf": 'module "n" {\n  source = "../n"\n}\n',
    "modules/n/main.tf": RESOURCE,
    "modules/n/user-data.sh": "",
    "policies/net.json": "{}",
    "config/dns.tfbackend": 'bucket = "b"\nkey = "k"\n',
    "shared/versions.txt": "",
    "docs/readme.md": "",
}


def git(root: Path, *arguments: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=root, env=env, check=True, capture_output=True)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "dns" / "versions.tf").symlink_to("../shared/versions.txt")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def changed(root: Path, ref: str = "HEAD") -> list[str]:
    return [str(unit.path) for unit in changed_units(root, discover(root, env={}), ref)]


def test_nothing_changed(work: Path) -> None:
    assert changed(work) == []


CHANGES = {
    "own file": ("net/main.tf", ["net"]),
    "own file of another kind": ("app/policies/x.json", ["app"]),
    "lock file": ("app/.terraform.lock.hcl", ["app"]),
    "a module": ("modules/m/main.tf", ["app"]),
    "a module's module": ("modules/n/main.tf", ["app"]),
    "a module's other file": ("modules/n/user-data.sh", ["app"]),
    "a file that the code names": ("policies/net.json", ["net"]),
    "a backend file": ("config/dns.tfbackend", ["dns"]),
    "what a link points to": ("shared/versions.txt", ["dns"]),
    "nobody's file": ("docs/readme.md", []),
    "a new unit, untracked": ("new/main.tf", ["new"]),
}


@pytest.mark.parametrize(("file", "expected"), CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("how", ["in the work tree", "staged", "committed"])
def test_what_a_change_touches(work: Path, file: str, expected: list[str], how: str) -> None:
    path = work / file
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + ("\n" if path.suffix != ".tf" else RESOURCE))
    if how != "in the work tree":
        git(work, "add", ".")
    if how == "committed":
        git(work, "commit", "-m", "second")

    assert changed(work, "HEAD~1" if how == "committed" else "HEAD") == expected


def test_deleted_and_renamed_files(work: Path) -> None:
    (work / "net" / "main.tf").rename(work / "net" / "other.tf")
    (work / "app" / "policies" / "x.json").unlink()

    assert changed(work) == ["app", "net"]
    assert changed_files(work, "HEAD") == {"net/main.tf", "net/other.tf", "app/policies/x.json"}


def test_changes_on_the_other_branch_do_not_count(work: Path) -> None:
    git(work, "checkout", "-b", "feature")
    git(work, "checkout", "main")
    (work / "net" / "main.tf").write_text("")
    git(work, "commit", "-am", "on main")
    git(work, "checkout", "feature")
    (work / "dns" / "main.tf").write_text(RESOURCE)

    assert changed(work, "main") == ["dns"]


def test_unrelated_histories_are_compared_directly(work: Path) -> None:
    git(work, "checkout", "--orphan", "other")
    (work / "dns" / "main.tf").write_text(RESOURCE)
    git(work, "commit", "-am", "orphan")

    assert changed(work, "main") == ["dns"]


def test_a_root_below_the_work_tree(work: Path) -> None:
    (work / "net" / "main.tf").write_text("")
    (work / "app" / "new.tf").write_text("")

    assert changed_files(work / "app", "HEAD") == {"new.tf"}


def test_git_variables_of_a_hook_do_not_mislead(
    work: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    (work / "net" / "main.tf").write_text("")

    assert changed_files(work, "HEAD") == {"net/main.tf"}


def test_looking_does_not_touch_the_index(work: Path) -> None:
    (work / "net" / "main.tf").touch()
    before = (work / ".git" / "index").read_bytes()

    assert changed_files(work, "HEAD") == frozenset()

    assert (work / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize("ref", ["nope", "--help", "-x", "HEAD:net/main.tf", ""])
def test_unknown_revisions(work: Path, ref: str) -> None:
    with pytest.raises(RepoError, match="git knows no revision"):
        changed_files(work, ref)


def test_not_a_git_work_tree(tmp_path: Path) -> None:
    with pytest.raises(RepoError, match="is not in a git work tree"):
        changed_files(tmp_path, "HEAD")


def test_git_is_missing(work: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    with pytest.raises(RepoError, match="git is not on PATH"):
        changed_files(work, "HEAD")


def test_other_failures_say_what_git_said(work: Path) -> None:
    (work / ".git" / "config").write_text("[broken")

    with pytest.raises(RepoError, match=r"git .* failed in"):
        changed_files(work, "HEAD")


def test_without_gitpython_s_git(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "git"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(RepoError, match="git is not on PATH"):
        changed_files(work, "HEAD")


TERRAGRUNT = {
    "root.hcl": 'locals {\n  account = read_terragrunt_config(find_in_parent_folders("account.hcl"))\n}\ninputs = local.account.locals\n',
    "a/account.hcl": 'locals {\n  text = file("note.txt")\n}\n',
    "a/note.txt": "x",
    "a/net/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\nterraform {\n  source = "../../modules//tg"\n}\n',
    "b/account.hcl": "locals {\n}\n",
    "b/net/terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n',
    "b/env/terragrunt.hcl": 'inputs = { a = get_env("A") }\n',
    "modules/tg/main.tf": RESOURCE,
    "modules/other/main.tf": RESOURCE,
}
TERRAGRUNT_CHANGES = {
    "own file": ("a/net/terragrunt.hcl", ["a/net"]),
    "another file of its folder": ("b/net/extra.txt", ["b/net"]),
    "the root": ("root.hcl", ["a/net", "b/net"]),
    "a file that the root reads for it": ("a/account.hcl", ["a/net"]),
    "a file that such a file opens": ("a/note.txt", ["a/net"]),
    "its module": ("modules/tg/main.tf", ["a/net"]),
    "a module that no unit runs": ("modules/other/main.tf", ["modules/other"]),
}


@pytest.mark.parametrize(("path", "units"), TERRAGRUNT_CHANGES.values(), ids=TERRAGRUNT_CHANGES)
def test_terragrunt_units(tmp_path: Path, path: str, units: list[str]) -> None:
    for name, text in TERRAGRUNT.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    with (tmp_path / path).open("a") as file:
        file.write("# changed\n")

    assert changed(tmp_path) == units

"""Which folders are units, what each says of its backend, and that one broken unit hides no other."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from driftgate.discover.root import no_units, repo_of, repo_root
from driftgate.discover.units import discover, shared_states
from driftgate.errors import RepoError
from driftgate.unit import Unit

RESOURCE = 'resource "terraform_data" "x" {}\n'
S3 = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    region = "us-east-1"\n  }\n}\n'


def paths(root: Path, **options: object) -> list[str]:
    return [str(unit.path) for unit in discover(root, env={}, **options)]  # type: ignore[arg-type]


NOT_UNITS = {
    "no source at all": {"docs/readme.md": "", "main.py": ""},
    "only variables and outputs": {"a/v.tf": 'variable "v" {}\noutput "o" { value = 1 }', "a/terraform.tfvars": "v=1"},
    "a module that another calls": {"m/main.tf": RESOURCE},
    "a module that needs its providers passed": {
        "p/main.tf": RESOURCE + "terraform {\n required_providers {\n  aws = { configuration_aliases = [aws.x] }\n }\n}"
    },
    "what init fetched": {".terraform/modules/vpc/main.tf": RESOURCE, "a/.terraform/modules/x/main.tf": S3},
    "node_modules": {"node_modules/x/main.tf": RESOURCE},
    "a hidden folder": {".cache/main.tf": RESOURCE},
    "editor's backups": {"a/.main.tf": RESOURCE, "a/main.tf~": RESOURCE, "a/#main.tf#": RESOURCE},
    "OpenTofu's tests and variables only": {"a/x.tfvars": "a = 1", "a/x.tftest.hcl": ""},
}


@pytest.mark.parametrize("files", NOT_UNITS.values(), ids=NOT_UNITS)
def test_no_unit(write: Callable[..., Path], files: Mapping[str, str]) -> None:
    caller = {"root/main.tf": 'module "m" {\n source = "../m"\n}\n'}

    assert paths(write({**files, **caller})) == ["root"]


UNITS = {
    "a backend block": {"u/main.tf": S3},
    "a cloud block": {"u/main.tf": "terraform {\n  cloud {}\n}"},
    "a state store": {"u/main.tf": 'terraform {\n  state_store "x" {\n    provider "p" {}\n  }\n}'},
    "no one's source": {"u/main.tf": RESOURCE},
    "called, but with provider configuration": {"m/main.tf": RESOURCE + 'provider "aws" {\n  region = "x"\n}'},
    "called, but with tfvars": {"m/main.tf": RESOURCE, "m/terraform.tfvars": ""},
    "called, but initialised": {"m/main.tf": RESOURCE, "m/.terraform/environment": "default"},
    "called, but with a backend": {"m/main.tf": S3},
    "only data": {"u/main.tf": 'data "terraform_remote_state" "x" {\n  backend = "local"\n}'},
    "OpenTofu only": {"u/main.tofu": RESOURCE},
    "the root itself": {"main.tf": RESOURCE},
}


@pytest.mark.parametrize("files", UNITS.values(), ids=UNITS)
def test_unit(write: Callable[..., Path], files: Mapping[str, str]) -> None:
    caller = {"root/main.tf": 'module "m" {\n source = "../m"\n}\n' + RESOURCE}
    folders = {str(PurePosixPath(name).parent).partition("/.terraform")[0] for name in files}

    assert paths(write({**files, **caller})) == sorted(folders | {"root"})


def test_a_provider_that_only_passes_on_is_no_evidence(write: Callable[..., Path]) -> None:
    root = write({
        "m/main.tf": RESOURCE + 'provider "aws" {}\nprovider "aws" {\n  alias = "x"\n}',
        "root/main.tf": 'module "m" {\n  source = "../m"\n}',
    })  # fmt: skip

    assert paths(root) == ["root"]


def test_a_module_that_nobody_calls_is_a_unit_with_a_doubt(only: Callable[..., Unit]) -> None:
    unit = only({"main.tf": RESOURCE})

    assert "no module here calls it" in unit.undecided[0]
    assert unit.backend.type == "local"
    assert unit.backend.source == "default"


def test_the_tool(write: Callable[..., Path]) -> None:
    root = write({
        "a/main.tf": RESOURCE,
        "b/main.tofu": RESOURCE,
        "c/main.tf": RESOURCE,
        "c/.terraform.lock.hcl": 'provider "registry.opentofu.org/hashicorp/aws" {}',
        "d/e/main.tf": RESOURCE,
        "d/.opentofu-version": "1.8.0",
        "d/f/main.tf": RESOURCE,
        "d/f/.terraform-version": "1.9.0",
    })  # fmt: skip

    tools = {str(unit.path): unit.tool for unit in discover(root, env={})}

    assert tools == {"a": "terraform", "b": "tofu", "c": "tofu", "d/e": "tofu", "d/f": "terraform"}
    assert {unit.tool for unit in discover(root, env={}, tool="tofu")} == {"tofu"}


def test_a_broken_unit_names_file_line_and_column_and_hides_no_other(write: Callable[..., Path]) -> None:
    root = write({"bad/main.tf": 'resource "a" "b" {\n  x = \n}\n', "bad/backend.tf": S3, "good/main.tf": RESOURCE})

    bad, good = discover(root, env={})

    assert bad.error is not None
    assert bad.error.startswith("bad/main.tf:2:")
    assert bad.location is not None  # the file with the backend is whole
    assert good.error is None


def test_a_broken_unit_whose_backend_may_be_in_the_broken_file_has_no_location(only: Callable[..., Unit]) -> None:
    unit = only({"main.tf": "resource {{{"})

    assert unit.backend.type == "unknown"
    assert unit.location is None
    assert unit.undecided == ()


def test_a_broken_module_is_the_error_of_the_units_that_call_it(write: Callable[..., Path]) -> None:
    root = write({
        "u/main.tf": 'module "a" {\n  source = "../a"\n}', "a/main.tf": 'module "b" {\n  source = "../b"\n}',
        "b/main.tf": "x = [", "v/main.tf": RESOURCE,
    })  # fmt: skip

    u, v = discover(root, env={})

    assert u.error is not None
    assert u.error.startswith("b/main.tf:1:")
    assert v.error is None


def test_files_that_cannot_be_read_are_errors(write: Callable[..., Path]) -> None:
    root = write({"a/main.tf": RESOURCE, "b/main.tf": RESOURCE})
    (root / "a" / "latin.tf").write_bytes(b'# caf\xe9\nlocals { a = "\xe9" }')
    (root / "b" / "dangling.tf").symlink_to("nowhere.tf")

    a, b = discover(root, env={})

    assert a.error == "a/latin.tf:1:1: not UTF-8 text (byte 5)"
    assert b.error is not None
    assert b.error.startswith("b/dangling.tf: cannot be read")


def test_comments_may_be_in_any_encoding_as_for_terraform(only: Callable[..., Unit], repo: Path) -> None:
    (repo / "latin.tf").write_bytes(
        b'# caf\xe9\nterraform {\n  backend "s3" { // \xe9\n    /* \xe9 */ bucket = "b"\n}\n}\n'
    )

    unit = only({"main.tf": RESOURCE})

    assert unit.error is None
    assert unit.backend.config == {"bucket": "b"}


def test_a_folder_that_cannot_be_read_is_shown(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"a/main.tf": RESOURCE, "secret/main.tf": RESOURCE})
    scandir = os.scandir

    def denying(path: str) -> object:  # tests may run as root, whom no permission stops
        if path.endswith("/secret"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denying)

    units = discover(root, env={})

    assert [(str(unit.path), unit.error) for unit in units] == [
        ("a", None),
        ("secret", "cannot read the folder: Permission denied"),
    ]
    assert units[1].location is None


def test_links_to_folders_are_not_followed(write: Callable[..., Path]) -> None:
    root = write({"u/main.tf": 'module "m" {\n  source = "./link"\n}', "m/main.tf": RESOURCE})
    (root / "u" / "link").symlink_to(root / "m", target_is_directory=True)
    (root / "loop").symlink_to(root, target_is_directory=True)

    assert paths(root) == ["u"]


def test_linked_files_count(write: Callable[..., Path]) -> None:
    root = write({"shared/backend.txt": S3, "u/main.tf": RESOURCE})
    (root / "u" / "backend.tf").symlink_to(root / "shared" / "backend.txt")

    (unit,) = discover(root, env={})

    assert unit.backend.type == "s3"


def test_under_limits_the_units_not_what_is_known(write: Callable[..., Path]) -> None:
    reader = 'data "terraform_remote_state" "n" {\n  backend = "s3"\n  config = { bucket = "b", key = "k" }\n}\n'
    root = write({"net/main.tf": S3, "app/main.tf": reader, "app/sub/main.tf": RESOURCE, "apple/main.tf": RESOURCE})

    units = discover(root, env={}, under=[root / "app"])

    assert [str(unit.path) for unit in units] == ["app", "app/sub"]
    assert units[0].dependencies[0].unit == PurePosixPath("net")


def test_a_hidden_folder_is_looked_into_when_asked_for(write: Callable[..., Path]) -> None:
    root = write({".infra/a/main.tf": RESOURCE, "b/main.tf": RESOURCE})

    assert paths(root, under=[root / ".infra"]) == [".infra/a"]


def test_two_units_with_one_state(write: Callable[..., Path]) -> None:
    root = write({"b/main.tf": S3, "a/main.tf": S3, "c/main.tf": RESOURCE})

    assert shared_states(discover(root, env={})) == [("s3://b/k", (PurePosixPath("a"), PurePosixPath("b")))]


def test_unreadable_root() -> None:
    with pytest.raises(RepoError, match="cannot read the folder"):
        discover(Path("/nowhere/at/all"), env={})


def test_repo_root_is_the_nearest_git_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / ".git").write_text("gitdir: elsewhere")  # as in a worktree or submodule

    assert repo_root(inner) == tmp_path.resolve()
    assert repo_root(Path("/")) == Path("/")


def test_repo_of(repo: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (repo / "a").mkdir()
    (repo / "f").write_text("")

    assert repo_of([repo / "a"], repo) == (repo, [repo / "a"])
    assert repo_of([], repo / "a") == (repo, [])
    for path, why in ((repo / "f", "is a file"), (repo / "none", "does not exist")):
        with pytest.raises(RepoError, match=why):
            repo_of([path], repo)
    with pytest.raises(RepoError, match="is not in the repo"):
        repo_of([repo / "a", tmp_path_factory.mktemp("other")], repo)
    assert "not a git repo" in no_units(tmp_path_factory.mktemp("bare"), []).message

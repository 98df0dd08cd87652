"""When a unit had better be planned without Terragrunt, though it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.terragrunt.files import Files
from driftgate.terragrunt.outlook import Outlook, outlook
from driftgate.terragrunt.session import Session

MODULE = 'terraform {\n  source = "../../modules//m"\n}\n'
NET = 'dependency "net" {\n  config_path  = "../net"\n  mock_outputs = { id = "m" }\n}\n'
OBSTACLES = {
    "none": (MODULE, ""),
    "a hook": (
        'terraform {\n  source = "../../modules//m"\n  after_hook "h" {\n    commands = ["apply"]\n    execute = ["x"]\n  }\n}\n',
        "live/app/terragrunt.hcl has after_hook: allow what it runs with --allow-exec",
    ),
    "run_cmd in an included file": (
        MODULE + 'include "root" {\n  path = find_in_parent_folders("cmd.hcl")\n}\n',
        "cmd.hcl has run_cmd(): allow what it runs with --allow-exec",
    ),
    "its own path": (MODULE + "inputs = { file = [get_terragrunt_dir()] }\n", "its inputs hold the path of this repo"),
    "its own path in what is generated": (
        MODULE + 'generate "x" {\n  path = "x.tf"\n  if_exists = "skip"\n  contents = "# ${get_repo_root()}"\n}\n',
        "its generate hold the path of this repo",
    ),
    "excluded": (
        MODULE + 'exclude {\n  if = true\n  actions = ["plan"]\n}\n',
        "Terragrunt would leave it out of a run",
    ),
    "not excluded": (MODULE + 'exclude {\n  if = false\n  actions = ["plan"]\n}\n', ""),
    "a module outside": (
        'terraform {\n  source = "../../../other//m"\n}\n',
        "it reads {outside}/other/m, outside of the repo",
    ),
    "broken": (MODULE + "inputs = nope.x\n", ""),
}


def lay_out(folder: Path, app: str) -> Session:
    root = folder / "repo"
    for name in ("repo/.git", "repo/live/app", "repo/live/net", "repo/modules/m", "other/m"):
        (folder / name).mkdir(parents=True)
    (root / "cmd.hcl").write_text('locals {\n  x = run_cmd("date")\n}\n')
    (root / "live/net/terragrunt.hcl").write_text("")
    (root / "live/app/terragrunt.hcl").write_text(app)
    return Session(Files(root.as_posix()), {})


def look(session: Session) -> Outlook:
    return outlook(session, f"{session.files.root}/live/app", lock_file=".terraform.lock.hcl")


@pytest.mark.parametrize(("app", "obstacle"), OBSTACLES.values(), ids=OBSTACLES)
def test_obstacles(app: str, obstacle: str, tmp_path: Path) -> None:
    session = lay_out(tmp_path, app)

    assert look(session).obstacle == obstacle.replace("{outside}", str(tmp_path))


def test_what_may_run_is_no_obstacle(tmp_path: Path) -> None:
    session = lay_out(tmp_path, OBSTACLES["a hook"][0])
    session.execute = lambda command, folder: "x"

    assert look(session).obstacle == ""


def test_mocks_dependencies_and_lock_file(tmp_path: Path) -> None:
    session = lay_out(tmp_path, MODULE + NET + "inputs = { id = dependency.net.outputs.id }\n")
    (tmp_path / "repo/modules/m/.terraform.lock.hcl").touch()

    found = look(session)

    assert (found.mocked, found.dependencies, found.pinned) == ({"net"}, {"live/net": "net"}, True)
    assert found.in_place, "live/net is its own module"


def test_a_unit_with_a_module_of_another_folder_is_not_planned_in_place(tmp_path: Path) -> None:
    assert not look(lay_out(tmp_path, MODULE)).in_place

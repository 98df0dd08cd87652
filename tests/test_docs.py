"""The docs cannot rot: commands in them are run, tables are generated, links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from driftgate.remediate.adopt.import_ids import FORMATS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")
COMMANDS = sorted(
    {
        (page.name, line[2:])
        for page in PAGES
        for block in CONSOLE.findall(page.read_text())
        for line in block.splitlines()
        if line.startswith("$ dg ")
    }
)


def build_sample_repo(root: Path) -> None:
    """A repo as the docs speak of it: two units on local state, one applied; `terraform_data` needs no provider."""
    for unit in ("live/network", "live/app"):
        (root / unit).mkdir(parents=True)
        (root / unit / "main.tf").write_text('resource "terraform_data" "x" {\n  input = "v"\n}\n')
    (root / "live/db").mkdir()
    (root / "live/db/terragrunt.hcl").write_text('terraform {\n  source = "../../modules//db"\n}\n')
    (root / "modules/db").mkdir(parents=True)
    (root / "modules/db/main.tf").write_text('resource "terraform_data" "x" {}\n')
    subprocess.run(("git", "init", "-q", "-b", "main"), cwd=root, check=True)
    subprocess.run(("git", "add", "."), cwd=root, check=True)
    author = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run(("git", *author, "commit", "-qm", "sample"), cwd=root, check=True)
    subprocess.run(("git", "clone", "-q", "--bare", ".", f"{root}-remote.git"), cwd=root, check=True)
    subprocess.run(("git", "remote", "add", "origin", f"{root}-remote.git"), cwd=root, check=True)
    for unit in ("live/network", "live/app"):
        for command in (("init",), ("apply", "-auto-approve")):
            subprocess.run(("terraform", *command), cwd=root / unit, check=True, capture_output=True)
    shown = subprocess.run(
        "terraform plan -out p >/dev/null && terraform show -json p > ../../plan.json && rm p",
        shell=True, cwd=root / "live/app", check=True, capture_output=True,
    )  # fmt: skip
    assert shown.returncode == 0
    scan = (sys.executable, "-m", "driftgate", "drift", "scan", "-o", "json", "--out", "drift.json")
    subprocess.run(scan, cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    root = tmp_path_factory.mktemp("sample")
    build_sample_repo(root)
    return root


def test_the_docs_show_commands() -> None:
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize(("page", "command"), [c for c in COMMANDS if not c[1].startswith("dg demo")], ids=" ".join)
def test_every_command_in_the_docs_runs(sample: Path, page: str, command: str) -> None:
    argv = [sys.executable, "-m", "driftgate", *shlex.split(command, comments=True)[1:]]

    done = subprocess.run(argv, cwd=sample, capture_output=True, text=True, check=False, env=dict(os.environ))

    assert done.returncode in (0, 2), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [target for target in LINK.findall(page.read_text()) if not (page.parent / target).exists()]

    assert dead == []


@pytest.mark.parametrize(
    ("page", "made_by"),
    [
        ("cli.md", "reference"),
        ("configuration.md", "configuration"),
        ("terragrunt.md", "terragrunt"),
        ("ci/github-action.md", "action"),
    ],
)
def test_generated_pages_are_current(page: str, made_by: str) -> None:
    code = f"import sys; sys.path.insert(0, 'docs'); import generate; sys.stdout.write(generate.{made_by}())"
    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == (ROOT / "docs" / page).read_text(), "run `python docs/generate.py`"


def test_the_table_of_import_ids_is_as_long_as_the_page_says() -> None:
    assert f"of {len(FORMATS)} types of AWS" in (ROOT / "docs/remediation.md").read_text()


def test_no_path_or_host_of_a_developers_machine_is_committed() -> None:
    tracked = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, text=True, check=False).stdout
    suspicious = re.compile(r"(?<![\w./-])/(?:root|work|farm|home/\w+)/|tf-plugins")
    files = [ROOT / name for name in tracked.split("\0") if name and not name.endswith((".png", ".svg"))]

    hits = [
        str(f)
        for f in files
        if f.is_file() and f != Path(__file__) and suspicious.search(f.read_text(errors="replace"))
    ]

    assert hits == []

"""action.yml as the runner would run it: its `run` steps in order, on a pull request, against a stand-in for GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aws_server import aws_env, start_aws
from forges import TOKEN, FakeGitHub, answer, fake_github
from wrap.hooks.conftest import git, write

from driftgate.demo.layout import ROOT_MODULES
from driftgate.demo.recorded import plan_file

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
SECONDS = 600


@dataclass
class Runner:
    """A job's folder, event and forge; `temp` holds what the runner would."""

    root: Path
    temp: Path
    forge: FakeGitHub
    event: dict[str, Any]
    event_name: str = "pull_request"
    env: dict[str, str] = field(default_factory=dict)
    token: str = TOKEN

    def run(self, *, install: bool = False, **given: str) -> subprocess.CompletedProcess[str]:
        """The action with these inputs; without `install` this environment's dg is used. Gives the last step's process."""
        if not install:
            bin = self.temp / "driftgate-venv/bin"
            bin.mkdir(parents=True, exist_ok=True)
            (bin / "dg").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m driftgate "$@"\n')
            (bin / "dg").chmod(0o755)
        steps = [step for step in STEPS if "run" in step and (install or step.get("id") == "driftgate")]
        for step in steps:
            done = self._step(step, {name.replace("_", "-"): value for name, value in given.items()})
            if done.returncode != 0:
                break
        return done

    def _step(self, step: dict[str, Any], given: dict[str, str]) -> subprocess.CompletedProcess[str]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "expressions in scripts are injections"
        env = {
            **os.environ,
            **self._runner_env(),
            **{k: self._resolved(v, given) for k, v in step.get("env", {}).items()},
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.root, env=env, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip

    def _runner_env(self) -> dict[str, str]:
        event = self.temp / "event.json"
        event.write_text(json.dumps(self.event))
        names = {
            "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_API_URL": self.forge.url,
            "GITHUB_BASE_REF": self.event.get("pull_request", {}).get("base", {}).get("ref", ""),
            "GITHUB_EVENT_NAME": self.event_name, "GITHUB_EVENT_PATH": str(event), "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_REPOSITORY": "acme/infra", "GITHUB_RUN_ID": "55", "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_WORKSPACE": str(self.root), "RUNNER_TEMP": str(self.temp),
        }  # fmt: skip
        return {**names, **self.env}

    def _resolved(self, text: str, given: dict[str, str]) -> str:
        known = {"steps.python.outputs.python-path": sys.executable, "github.token": self.token}

        def value(match: re.Match[str]) -> str:
            if match[1].startswith("inputs."):
                name = match[1].removeprefix("inputs.")
                return given.get(name, self._resolved(str(ACTION["inputs"][name]["default"]), given))
            return known[match[1]]

        return EXPRESSION.sub(value, text)

    @property
    def outputs(self) -> dict[str, str]:
        text = (self.temp / "output").read_text()
        return {name: value for name, _, value in re.findall(r"^([\w-]+)<<(\S+)\n(.*?)\n?^\2$", text, re.M | re.S)}

    @property
    def summary(self) -> str:
        return (self.temp / "summary.md").read_text()


def pull(head: str = "acme/infra") -> dict[str, Any]:
    base = {"ref": "main", "repo": {"full_name": "acme/infra"}}
    return {"pull_request": {"number": 7, "head": {"repo": {"full_name": head}, "sha": "c0ffee"}, "base": base}}


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """A checkout of a pull request to a repo with one unit, whose recorded plan has drift in it."""
    origin, root, temp = tmp_path / "origin", tmp_path / "work", tmp_path / "runner"
    origin.mkdir()
    temp.mkdir()
    git(origin, "init", "-q", "-b", "main")
    write(
        origin,
        {
            "live/network/main.tf": 'resource "terraform_data" "x" {}\n',
            "plan.json": plan_file(ROOT_MODULES[0]).read_bytes(),
        },
    )
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "base")
    git(origin, "checkout", "-qb", "feature")
    write(origin, {"live/network/new.tf": "# changed\n"})
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "change")
    git(tmp_path, "clone", "-q", f"file://{origin}", str(root))
    with fake_github() as forge:
        yield Runner(root, temp, forge, pull())


RECORDED = "--plan-json live/network=plan.json"


def test_every_input_reaches_the_step_and_every_output_comes_from_it() -> None:
    step = next(step for step in STEPS if step.get("id") == "driftgate")
    passed = {EXPRESSION.fullmatch(value)[1].removeprefix("inputs.") for value in step["env"].values()}  # type: ignore[index]
    assert passed == set(ACTION["inputs"])
    assert all(out["value"] == f"${{{{ steps.driftgate.outputs.{name} }}}}" for name, out in ACTION["outputs"].items())


def test_inner_actions_are_pinned_by_commit() -> None:
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in STEPS if "uses" in step)


def test_a_pull_request_with_drift(runner: Runner) -> None:
    done = runner.run(extra_args=RECORDED, sarif_file="out/drift.sarif", html_file="drift.html")
    assert done.returncode == 2, done.stderr
    (comment,) = runner.forge.comments[7]
    assert "Drift: " in comment["body"]
    assert "Drift: " in runner.summary
    assert runner.outputs["has-drift"] == "true"
    assert int(runner.outputs["drift-count"]) > 3
    assert (runner.outputs["exit-code"], runner.outputs["blocked"]) == ("2", "true")
    assert runner.outputs["comment-url"] == comment["html_url"]
    assert json.loads(Path(runner.outputs["report-json"]).read_text())["format_version"] == "1.0"
    assert json.loads((runner.root / "out/drift.sarif").read_text())["version"] == "2.1.0"
    assert (runner.root / "drift.html").read_text().startswith("<!DOCTYPE html>")
    log = done.stdout
    token = re.search(r"^::stop-commands::([0-9a-f]{32})$", log, re.M)
    assert token is not None
    assert 1 <= len(re.findall(r"^::(?:error|warning|notice) ", log.split(f"::{token[1]}::")[1], re.M)) <= 10


def test_what_is_secret_is_masked_before_anything_is_printed(runner: Runner) -> None:
    change = {"actions": ["update"], "before": {"password": "canary-old-1"}, "after": {"password": "canary-new-2"}}
    resource = {"address": "aws_db_instance.x", "mode": "managed", "type": "aws_db_instance", "change": change}
    plan = {"format_version": "1.2", "resource_drift": [resource], "resource_changes": []}
    write(runner.root, {"plan.json": json.dumps(plan)})
    done = runner.run(extra_args=RECORDED)
    masked, _, printed = done.stdout.partition("::stop-commands::")
    assert "::add-mask::canary-new-2\n" in masked
    rest = printed + done.stderr + runner.summary + (runner.temp / "output").read_text() + str(runner.forge.comments)
    assert "canary-" not in rest


def test_a_request_cannot_approve_itself(runner: Runner) -> None:
    write(runner.root, {
        ".driftgate.toml": '[drift]\nfail_on = "none"\n[report]\ntemplate_dir = "t"\n',
        ".driftignore": "*  # all is well\n",
        "t/pr_comment.md.j2": "all is well",
    })  # fmt: skip
    assert runner.run(extra_args=RECORDED).returncode == 2
    assert "all is well" not in runner.forge.comments[7][0]["body"]


def test_what_the_base_branch_says_counts(runner: Runner) -> None:
    origin = runner.root.parent / "origin"
    git(origin, "checkout", "-q", "main")
    write(origin, {".driftignore": "*  # the base branch says so\n"})
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "ignore")
    git(runner.root, "fetch", "-q")
    assert runner.run(extra_args=RECORDED).returncode == 0
    assert runner.forge.comments[7] == []
    assert runner.outputs["has-drift"] == "false"


def test_a_token_that_may_not_write_loses_nothing_and_changes_no_exit_code(runner: Runner) -> None:
    runner.forge.read_only.add(TOKEN)
    done = runner.run(extra_args=RECORDED, fail_on="none")
    assert (done.returncode, "not posted" in done.stderr) == (0, True)
    assert "Drift: " in runner.summary
    assert "| Severity |" not in done.stdout


def test_a_fork_s_code_is_refused_where_there_are_secrets(runner: Runner) -> None:
    runner.event, runner.event_name = pull("mallory/infra"), "pull_request_target"
    done = runner.run(extra_args=RECORDED)
    assert done.returncode == 1
    assert "a fork's code" in done.stderr
    assert runner.forge.log == []


def test_a_comment_on_a_request_does_not_run_its_code_nor_believe_its_settings(runner: Runner) -> None:
    runner.event_name = "issue_comment"
    runner.event = {"issue": {"number": 7, "pull_request": {}}, "repository": {"default_branch": "main"}}
    write(runner.root, {".driftignore": "*  # all is well\n"})
    refused = runner.run(extra_args=RECORDED)
    assert (refused.returncode, "a fork's code" in refused.stderr) == (1, True)
    assert runner.run(extra_args=RECORDED, i_understand_fork_risk="true").returncode == 2


def test_a_part_that_could_not_be_read_does_not_cost_the_joined_report() -> None:
    jobs = yaml.safe_load((ROOT / "examples/github/matrix.yml").read_text())["jobs"]
    (upload,) = [step for step in jobs["scan"]["steps"] if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == jobs["report"]["if"] == "${{ !cancelled() }}"


def test_the_second_job_for_forks_finds_the_request_by_its_commit(runner: Runner) -> None:
    assert runner.run(extra_args=RECORDED, report_json="drift.json", comment="never", fail_on="none").returncode == 0
    assert runner.forge.comments[7] == []
    sha = "a" * 40
    head = {"full_name": "mallory/infra", "owner": {"login": "mallory"}}
    runner.event = {
        "workflow_run": {"head_repository": head, "head_branch": "patch-1", "head_sha": sha, "pull_requests": []},
        "repository": {"full_name": "acme/infra"},
    }
    runner.event_name = "workflow_run"
    runner.forge.pulls = [
        {"number": 6, "head": {"label": "mallory:patch-1", "sha": "b" * 40}},
        {"number": 7, "head": {"label": "mallory:patch-1", "sha": sha}},
    ]
    write(runner.root, {".driftgate.toml": '[report]\ntemplate_dir = "t"\n', "t/pr_comment.md.j2": "all is well"})
    done = runner.run(command="comment", report_json="drift.json", marker="fork")
    assert done.returncode == 0, done.stderr
    (comment,) = runner.forge.comments[7]
    assert "all is well" not in comment["body"], "an artifact can bring settings along"


def test_a_file_that_cannot_be_written_costs_neither_comment_nor_outputs(runner: Runner) -> None:
    done = runner.run(extra_args=RECORDED, sarif_file="plan.json/drift.sarif", fail_on="none")
    assert done.returncode == 1
    assert "dg: error: cannot write plan.json/drift.sarif: " in done.stderr
    assert len(runner.forge.comments[7]) == 1
    assert runner.outputs["has-drift"] == "true"


def test_a_ledger_that_cannot_be_used_costs_neither_comment_nor_outputs(runner: Runner) -> None:
    done = runner.run(extra_args=RECORDED, ledger="plan.json/ledger", fail_on="none")
    assert done.returncode == 1
    assert "dg: error: " in done.stderr
    assert "plan.json/ledger" in done.stderr
    assert "a bug" not in done.stderr
    assert len(runner.forge.comments[7]) == 1
    assert (runner.outputs["has-drift"], runner.outputs["exit-code"]) == ("true", "1")


def test_a_report_of_another_step_is_not_this_one_s(runner: Runner) -> None:
    assert runner.run(extra_args=RECORDED, fail_on="none").returncode == 0
    done = runner.run(extra_args=f"{RECORDED} --out elsewhere.json", fail_on="none")
    assert (done.returncode, "drift.json: No such file" in done.stderr) == (1, True)


def test_a_folder_that_is_not_there_is_named(runner: Runner) -> None:
    done = runner.run(working_directory="nowhere")
    assert (done.returncode, "a bug" in done.stderr) == (1, False)
    assert "dg: error: the input working-directory names nowhere" in done.stderr


def test_a_check_run_beside_the_comment(runner: Runner) -> None:
    done = runner.run(extra_args=RECORDED, check="true", fail_on="none")
    assert done.returncode == 0, done.stderr
    (check,) = runner.forge.checks
    assert (check["head_sha"], check["conclusion"]) == ("c0ffee", "neutral")
    assert {one["path"] for one in check["output"]["annotations"]} <= {"live/network/main.tf", "live/network/new.tf"}
    assert len(runner.forge.comments[7]) == 1
    assert runner.outputs["blocked"] == "false"


def test_settings_of_the_config_input_are_those_of_the_base_branch(runner: Runner) -> None:
    write(runner.root, {"ci/dg.toml": '[drift]\nfail_on = "none"\n'})
    done = runner.run(extra_args=RECORDED, config="ci/dg.toml")
    assert (done.returncode, "ci/dg.toml is not in the base branch" in done.stderr) == (1, True)
    origin = runner.root.parent / "origin"
    git(origin, "checkout", "-q", "main")
    write(origin, {"ci/dg.toml": '[drift]\nfail_on = "none"\n'})
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "settings")
    git(runner.root, "fetch", "-q")
    write(runner.root, {"ci/dg.toml": '[drift]\nfail_on = "info"\n'})
    assert runner.run(extra_args=RECORDED, config="ci/dg.toml").returncode == 0


def test_issues_of_a_schedule(runner: Runner) -> None:
    runner.event, runner.event_name = {"schedule": "17 3 * * *"}, "schedule"
    done = runner.run(extra_args=RECORDED, issues="true", comment="never", fail_on="none")
    assert done.returncode == 0, done.stderr
    assert [issue["title"] for issue in runner.forge.issues] == ["Drift in live/network"]
    assert runner.forge.comments[7] == []


def test_a_rate_limit_costs_the_comment_only(runner: Runner) -> None:
    runner.forge.fail("GET", "/user", answer(403, {"message": "secondary rate limit"}, Retry_After="3600"))
    runner.forge.fail("POST", "/comments", answer(429, {"message": "slow down"}, Retry_After="3600"))
    assert runner.run(extra_args=RECORDED, fail_on="none").returncode == 0
    assert "Drift: " in runner.summary


@pytest.mark.acceptance
@pytest.mark.xdist_group("pre-commit")
def test_the_whole_action_with_a_state_on_s3(runner: Runner) -> None:
    """Installs from the checkout by hash, then plans a unit whose state is in a bucket, behind setup-terraform's wrapper."""
    terraform = subprocess.run(("which", "terraform"), capture_output=True, text=True, check=False).stdout.strip()
    if not terraform:
        pytest.skip("terraform is not on PATH")
    with start_aws() as endpoint:
        runner.env = aws_env(endpoint)
        make_bucket(endpoint)
        write(
            runner.root,
            {
                "live/network/backend.tf": 'terraform {\n  backend "s3" {\n    bucket         = "states"\n    key            = "net"\n    use_path_style = true\n    use_lockfile   = true\n  }\n}\n'
            },
        )
        env = {**os.environ, **runner.env}
        for command in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
            subprocess.run(
                (terraform, *command), cwd=runner.root / "live/network", env=env, check=True, capture_output=True
            )
        wrapper = runner.temp / "wrapper"
        write(wrapper, {"terraform": "#!/bin/sh\necho 'the wrapper must not be run' >&2\nexit 9\n"})
        (wrapper / "terraform").chmod(0o755)
        (wrapper / "terraform-bin").symlink_to(terraform)
        runner.env |= {"TERRAFORM_CLI_PATH": str(wrapper), "PATH": f"{wrapper}:{os.environ['PATH']}", **pip_cache()}
        done = runner.run(install=True, comment="always")
    if "pip" in done.stderr and "No matching distribution" in done.stderr:
        pytest.skip("pip cannot install here: there is no package index")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "### 🟢 No drift" in runner.forge.comments[7][0]["body"]
    assert runner.outputs["exit-code"] == "0"


def make_bucket(endpoint: str) -> None:
    import boto3

    s3 = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )
    s3.create_bucket(Bucket="states")


def pip_cache() -> dict[str, str]:
    """pip's cache where the user keeps it: a test has a home of its own."""
    import pwd

    cache = Path(pwd.getpwuid(os.getuid()).pw_dir, ".cache/pip")
    return {"PIP_CACHE_DIR": str(cache)} if cache.is_dir() else {}


def test_the_lock_holds_everything_that_driftgate_needs() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["aws"]]
    locked = {
        line.split("==")[0].lower()
        for line in (ROOT / "action/requirements.txt").read_text().splitlines()
        if "==" in line
    }
    missing = [item for item in wanted if re.split(r"[<>=\[;]", item)[0].strip().lower() not in locked]
    assert missing == [], "run `make lock`"

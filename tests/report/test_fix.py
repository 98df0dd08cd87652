from __future__ import annotations

import shlex
from dataclasses import replace

from report import samples

from driftgate.report.build import view_of
from driftgate.report.fix import fixes, what_to_do


def test_nothing_to_fix() -> None:
    assert fixes(view_of(samples.clean()), 5) == ()
    assert fixes(view_of(samples.failed()), 5) == ()


def test_ready_commands_by_class() -> None:
    found = {fix.title: fix.commands for fix in fixes(view_of(samples.mixed()), 5)}
    assert found == {
        "Revert: put live/app (prod) back as the code says": (
            "TF_WORKSPACE=prod terraform -chdir=live/app plan -out=fix.tfplan -target=aws_sqs_queue.jobs",
            "TF_WORKSPACE=prod terraform -chdir=live/app apply fix.tfplan",
        ),
        "Give up: forget in live/app (prod) what is gone, after removing it from the code": (
            "TF_WORKSPACE=prod terraform -chdir=live/app state rm aws_sqs_queue.jobs",
        ),
        "Revert: put live/network back as the code says": (
            "terraform -chdir=live/network plan -out=fix.tfplan -target=aws_iam_role_policy.reader "
            "-target=aws_s3_bucket_versioning.logs '-target=module.web.aws_security_group.web[\"blue\"]'",
            "terraform -chdir=live/network apply fix.tfplan",
        ),
    }


def test_accepting_what_the_code_does_not_set() -> None:
    outside = replace(samples.BUCKET, cls=samples.OUTSIDE)
    unit = replace(samples.NETWORK, path=".", tool="tofu", findings=(outside,))
    (fix,) = fixes(view_of(samples.report(unit)), 5)
    assert fix.commands == ("tofu apply -refresh-only -target=aws_s3_bucket_versioning.logs",)


def test_a_terragrunt_unit_is_run_in_its_folder() -> None:
    unit = replace(
        samples.NETWORK, tool="terragrunt", workspace="prod", findings=(replace(samples.BUCKET, workspace="prod"),)
    )
    commands = [command for fix in fixes(view_of(samples.report(unit)), 5) for command in fix.commands]
    assert commands[-1] == "(cd live/network && TF_WORKSPACE=prod terragrunt apply fix.tfplan)"


def test_many_resources_are_planned_as_a_whole() -> None:
    assert all("-target" not in command for fix in fixes(view_of(samples.large(5_000)), 5) for command in fix.commands)


def test_names_cannot_run_anything() -> None:
    for fix in fixes(view_of(samples.hostile()), 5):
        for command in fix.commands:
            words = shlex.split(command)
            assert words[0] == "terraform"
            assert words[1].startswith("-chdir=live/")
            assert len(words) <= 5


def test_what_a_revert_would_destroy_is_said_and_not_offered() -> None:
    row = next(row for row in view_of(samples.mixed()).rows if row.type == "aws_db_instance")
    assert what_to_do(row) == "careful: reverting would destroy and re-create it"
    assert not any(
        "aws_db_instance" in command for fix in fixes(view_of(samples.mixed()), 5) for command in fix.commands
    )


def test_every_kind_of_row_says_what_to_do() -> None:
    assert all(what_to_do(row) for row in view_of(samples.mixed()).rows)

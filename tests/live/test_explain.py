from __future__ import annotations

import pytest

from driftgate.live.explain import explain
from driftgate.tfexec.events import Diagnostic


def error(summary: str, detail: str = "", file: str | None = None, line: int | None = None) -> Diagnostic:
    return Diagnostic("error", summary, detail, None, file, line)


CASES = [
    pytest.param(
        [error('Failed to get existing workspaces: S3 bucket "b" does not exist.', "The referenced…")],
        'S3 bucket "b" does not exist', "correct `bucket`", id="missing bucket"),
    pytest.param(
        [error("Missing Required Value", 'The attribute "bucket" is required by the backend.'),
         error("Missing Required Value", 'The attribute "key" is required by the backend.')],
        "the backend configuration is incomplete: no `bucket` (and 1 more)", "--backend-config", id="partial backend"),
    pytest.param(
        [error("Unsupported state file format", "The state file could not be parsed as JSON: syntax error at byte offset 24.")],
        "the state is not valid JSON (syntax error at byte offset 24)", "backup", id="truncated state"),
    pytest.param(
        [error("Unsupported state file format", 'The state file does not have a "version" attribute, which is required')],
        "the state is empty, encrypted or not a Terraform state: Unsupported", "dg state pull", id="encrypted state"),
    pytest.param([error("Error: No valid credential sources found")], "no credentials found: ", "AWS_PROFILE", id="no credentials"),
    pytest.param([error("x", "api error ExpiredToken: The security token is expired")], "the credentials are expired", "sign in again", id="expired"),
    pytest.param([error("reading S3", "StatusCode: 403, AccessDenied")], "access denied: reading S3", "get-caller-identity", id="denied"),
    pytest.param(
        [error("No value for required variable", 'The root module input variable "region" is not set, and has no default… variable "region" {', "vars.tf", 4)],
        "vars.tf:4: variable `region` has no value", "TF_VAR_region", id="variable"),
    pytest.param(
        [error("Failed to query available provider packages", "Could not retrieve the list of available versions for provider hashicorp/null: provider…")],
        "provider hashicorp/null cannot be found", "mirror", id="no provider"),
    pytest.param([error("Something else", "entirely\n new")], "Something else: entirely new", "terraform plan", id="unknown"),
    pytest.param([], "terraform failed and did not say why", "terraform plan", id="silence"),
]  # fmt: skip


@pytest.mark.parametrize(("errors", "cause", "next_step"), CASES)
def test_explain(errors: list[Diagnostic], cause: str, next_step: str) -> None:
    said, todo = explain(errors, "live/app")

    assert said.startswith(cause) or cause in said
    assert next_step in todo
    assert "\n" not in said
    assert len(said) < 340


def test_a_long_story_is_cut() -> None:
    said, _ = explain([error("x" * 1000)], "u")

    assert len(said) == 300

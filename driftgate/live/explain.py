"""Terraform's diagnostics as one line of cause and the next step: what an engineer would want to read at 2 a.m."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.tfexec.events import Diagnostic


@dataclass(frozen=True, slots=True)
class Rule:
    """What Terraform says (a pattern over summary and detail), the cause in our words, the next step.

    A cause with a group (`\\1`) says it all; any other only classifies, and Terraform's own words follow it.
    """

    says: str
    cause: str
    next_step: str


_RULES = (
    Rule(
        'S3 bucket "([^"]+)" does not exist',
        r'S3 bucket "\1" does not exist',
        "create it or correct `bucket` in the backend block",
    ),
    Rule(
        "NoSuchBucket",
        "the state bucket does not exist",
        "create it or correct `bucket` in the backend block",
    ),
    Rule(
        'attribute "([^"]+)" is required by the backend',
        r"the backend configuration is incomplete: no `\1`",
        "name the missing settings with `--backend-config FILE`",
    ),
    Rule(
        "ExpiredToken|token (?:has|is) expired|SSO session.*expired|InvalidClientTokenId|security token.*invalid",
        "the credentials are expired or invalid",
        "sign in again (`aws sso login`, a fresh token) and repeat",
    ),
    Rule(
        "No valid credential sources found|no EC2 IMDS role found|Unable to locate credentials",
        "no credentials found",
        "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is attached",
    ),
    Rule(
        "AccessDenied|UnauthorizedOperation|StatusCode: 403|not authorized to perform|Forbidden",
        "access denied",
        "check who you are (`aws sts get-caller-identity`) and what that identity may read",
    ),
    Rule(
        r"No value for required variable.*?variable \"([^\"]+)\"",
        r"variable `\1` has no value",
        r"give it with `--var-file FILE`, a terraform.tfvars or TF_VAR_\1",
    ),
    Rule(
        r"could not be parsed as JSON: (.*?)(?:\.|$)",
        r"the state is not valid JSON (\1)",
        "restore it from a backup or an older version of the object",
    ),
    Rule(
        'does not have a "version" attribute',
        "the state is empty, encrypted or not a Terraform state",
        "look at it with `dg state pull`; an OpenTofu-encrypted state needs `--tool tofu`",
    ),
    Rule(
        r"Could not retrieve the list of available versions for provider ([^\s:]+)",
        r"provider \1 cannot be found",
        "check the network, or name a mirror in the Terraform CLI configuration (TF_CLI_CONFIG_FILE)",
    ),
    Rule(
        "Provider dependency changes detected|does not match any of the checksums|dependency lock file",
        "the dependency lock file does not cover what the code needs on this platform",
        "run `terraform providers lock` (or `init`) and commit .terraform.lock.hcl",
    ),
    Rule(
        "connection refused|no such host|i/o timeout|connection reset|context deadline exceeded",
        "the service cannot be reached",
        "check the network, the region and the endpoint",
    ),
    Rule(
        "Moved resource instances excluded by targeting",
        "the code moves resources, and until that is applied nothing can be planned alone",
        "apply what the `moved` blocks say first: `terraform plan` shows it",
    ),
    Rule(
        "Saved plan|terraform init|tofu init|initialization required",
        "the unit needs `init`",
        "run `terraform init` in it and repeat",
    ),
)
_COMPILED = tuple((re.compile(rule.says, re.IGNORECASE | re.DOTALL), rule) for rule in _RULES)
_LIMIT = 300


def explain(errors: Sequence[Diagnostic], unit: str, tool: str = "terraform") -> tuple[str, str]:
    """The cause of a unit's failure in one line, and what to do next.

    The cause keeps the words that Terraform used where a rule only classifies; more errors are counted.
    """
    first = errors[0] if errors else Diagnostic("error", f"{tool} failed and did not say why")
    said = one_line(f"{first.summary}: {first.detail}" if first.detail else first.summary)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = f"{first.file}:{first.line}: " if first.file and first.line else ""
    for pattern, rule in _COMPILED:
        match = pattern.search(said)
        if match:
            text = match.expand(rule.cause) if "\\1" in rule.cause else f"{rule.cause}: {said}"
            return _cut(f"{where}{text}") + more, match.expand(rule.next_step)
    return _cut(f"{where}{said}") + more, f"run `{tool} plan` in {unit} to see more"


def one_line(text: str) -> str:
    """`text` on one line, single spaces."""
    return " ".join(text.split())


def _cut(text: str) -> str:
    return text if len(text) <= _LIMIT else f"{text[: _LIMIT - 1]}…"

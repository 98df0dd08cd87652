"""Units that cannot be read, each for one reason, and what `dg drift scan` must say about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

S3 = """terraform {{
  backend "s3" {{
    bucket       = "{bucket}"
    key          = "{key}"
    region       = "us-east-1"
    use_lockfile = true
  }}
}}
"""
RESOURCE = """
resource "terraform_data" "it" {
  input = "value"
}
"""
STATE = json.dumps(
    {"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "9f", "outputs": {}, "resources": []},
    indent=2,
)
ENCRYPTED = json.dumps(
    {
        "serial": 3,
        "lineage": "9f",
        "meta": {"key_provider.pbkdf2.mine": "eyJzYWx0IjoiYSJ9"},
        "encrypted_data": "c2VjcmV0c2VjcmV0c2VjcmV0",
        "encryption_version": "v0",
    }
)
BUCKET = "bad-state"


@dataclass(frozen=True)
class BadUnit:
    """A unit at `path` with its `files`; `state` is put into the bucket under the unit's name.

    `cause` and `next_step` are regular expressions that the two lines must match.
    """

    path: str
    files: dict[str, str] = field(hash=False)
    cause: str
    next_step: str
    state: str | None = None


def in_bucket(name: str, bucket: str = BUCKET) -> str:
    return S3.format(bucket=bucket, key=f"{name}.tfstate") + RESOURCE


BROKEN = 'resource "terraform_data" "it" {\n  input = [1,\n  }\n}\n'
UNDECLARED = RESOURCE.replace('"value"', "var.nowhere")
NO_VALUE = 'variable "size" {\n  type = number\n}\n' + RESOURCE.replace('"value"', "var.size")
PROVIDER = """
terraform {
  required_providers {
    nothing = { source = "acme/nothing" }
  }
}

resource "nothing_at_all" "it" {}
"""
MODULE = 'module "gone" {\n  source = "../../modules/gone"\n}\n' + RESOURCE

CUT_OFF = r"cut off|truncated|not valid JSON|unexpected end"

# fmt: off
BAD_UNITS = (
    BadUnit("bad/broken-hcl", {"main.tf": BROKEN}, r"bad/broken-hcl/main\.tf:3:3\b", r"correct"),
    BadUnit("bad/broken-json", {"main.tf.json": '{"resource": {"terraform_data": '},
            r"bad/broken-json/main\.tf\.json:1:", r"correct"),
    BadUnit("bad/undeclared", {"main.tf": UNDECLARED}, r"main\.tf:3\b.*undeclared", r"terraform|correct"),
    BadUnit("bad/no-value", {"main.tf": NO_VALUE}, r"`?size`?", r"--var-file"),
    BadUnit("bad/no-module", {"main.tf": MODULE}, r"\.\./\.\./modules", r"terraform|correct|source"),
    BadUnit("bad/no-provider", {"main.tf": PROVIDER}, r"acme/nothing", r"network|mirror|source"),
    BadUnit("bad/incomplete-backend", {"main.tf": 'terraform {\n  backend "s3" {}\n}\n' + RESOURCE},
            r"bucket|key", r"--backend-config"),
    BadUnit("bad/no-bucket", {"main.tf": in_bucket("no-bucket", "nobody-made-this")},
            r"nobody-made-this.* (not exist|no )|no .*nobody-made-this", r"bucket"),
    BadUnit("bad/truncated", {"main.tf": in_bucket("truncated")}, CUT_OFF, r"restore", STATE[:-40]),
    BadUnit("bad/zero-bytes", {"main.tf": in_bucket("zero-bytes")}, r"empty|zero|0 bytes", r"restore", ""),
    BadUnit("bad/encrypted", {"main.tf": in_bucket("encrypted")}, r"encrypted", r"state pull", ENCRYPTED),
    BadUnit("bad/truncated-local", {"main.tf": RESOURCE, "terraform.tfstate": STATE[:-40]}, CUT_OFF, r"restore"),
    BadUnit("bad/zero-bytes-local", {"main.tf": RESOURCE, "terraform.tfstate": ""}, r"empty|zero|0 bytes", r"restore"),
    BadUnit("bad/encrypted-local", {"main.tf": RESOURCE, "terraform.tfstate": ENCRYPTED}, r"encrypted", r"state pull"),
    BadUnit("bad/not-a-state", {"main.tf": RESOURCE, "terraform.tfstate": "[]\n"}, r"not a (Terraform )?state", r"."),
)
# fmt: on
GOOD_UNITS = {"good/local": RESOURCE, "good/remote": in_bucket("good")}

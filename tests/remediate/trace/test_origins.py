"""Where values come from: one case for each way, each with the one literal that has to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from remediate.repos import after, lay, traced

from driftgate.finding import Mark
from driftgate.remediate.trace.site import CannotTraceError

A = "aws_x.a"

CASES = [
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 5 # why\n}\n'}, A, "size", 9,
                 "main.tf", "size = 5 # why", "size = 9 # why", id="literal"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = "5"\n}\n'}, A, "size", 9,
                 "main.tf", '"5"', '"9"', id="text stays text"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 5\n}\n'}, A, "size", "9",
                 "main.tf", "= 5", "= 9", id="number stays number"),
    pytest.param({"main.tf": 'locals {\n  env = "dev"\n}\nresource "aws_x" "a" {\n  tier = local.env\n}\n'}, A, "tier", "prod",
                 "main.tf", '"dev"', '"prod"', id="local"),
    pytest.param({"main.tf": 'locals {\n  tags = {\n    Team = "a" # c\n    Env  = "x"\n  }\n}\nresource "aws_x" "a" {\n  tags = local.tags\n}\n'}, A, "tags.Team", "b",
                 "main.tf", 'Team = "a" # c', 'Team = "b" # c', id="key of a local"),
    pytest.param({"main.tf": 'variable "n" {\n  default = 1\n}\nresource "aws_x" "a" {\n  size = var.n\n}\n'}, A, "size", 2,
                 "main.tf", "default = 1", "default = 2", id="variable default"),
    pytest.param({"main.tf": 'variable "n" {\n  default = 1\n}\nresource "aws_x" "a" {\n  size = var.n\n}\n', "terraform.tfvars": "n = 3\n"}, A, "size", 2,
                 "terraform.tfvars", "n = 3", "n = 2", id="tfvars before default"),
    pytest.param({"main.tf": 'variable "n" {}\nresource "aws_x" "a" {\n  size = var.n\n}\n', "terraform.tfvars": "n = 3\n", "b.auto.tfvars": "n = 5\n", "a.auto.tfvars": "n = 4\n"}, A, "size", 2,
                 "b.auto.tfvars", "n = 5", "n = 2", id="the last auto.tfvars wins"),
    pytest.param({"main.tf": 'module "m" {\n  source = "./m"\n  size   = 1\n}\n', "m/main.tf": 'variable "size" {}\nresource "aws_x" "a" {\n  size = var.size\n}\n'}, f"module.m.{A}", "size", 2,
                 "main.tf", "size   = 1", "size   = 2", id="module argument"),
    pytest.param({"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": 'variable "size" {\n  default = 1\n}\nresource "aws_x" "a" {\n  size = var.size\n}\n'}, f"module.m.{A}", "size", 2,
                 "m/main.tf", "default = 1", "default = 2", id="default in a child module"),
    pytest.param({"main.tf": 'module "m" {\n  source = "./m"\n}\n', "m/main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'}, f"module.m.{A}", "size", 2,
                 "m/main.tf", "size = 1", "size = 2", id="literal in a child module"),
    pytest.param({"main.tf": 'module "m" {\n  source = "./m"\n}\nresource "aws_x" "a" {\n  size = module.m.size\n}\n', "m/main.tf": 'output "size" {\n  value = 1\n}\n'}, A, "size", 2,
                 "m/main.tf", "value = 1", "value = 2", id="output of a child module"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  for_each = {\n    blue = { size = 1 }\n    red  = { size = 1 }\n  }\n  size = each.value.size\n}\n'}, f'{A}["red"]', "size", 2,
                 "main.tf", "red  = { size = 1 }", "red  = { size = 2 }", id="for_each entry"),
    pytest.param({"main.tf": 'locals {\n  all = { red = { size = 1 } }\n}\nmodule "m" {\n  source   = "./m"\n  for_each = local.all\n  size     = each.value.size\n}\n', "m/main.tf": 'variable "size" {}\nresource "aws_x" "a" {\n  size = var.size\n}\n'}, f'module.m["red"].{A}', "size", 2,
                 "main.tf", "{ red = { size = 1 } }", "{ red = { size = 2 } }", id="for_each of a module"),
    pytest.param({"main.tf": 'locals {\n  sizes = { prod = 3, dev = 1 }\n}\nresource "aws_x" "a" {\n  size = local.sizes["prod"]\n}\n'}, A, "size", 4,
                 "main.tf", "prod = 3", "prod = 4", id="index"),
    pytest.param({"main.tf": 'locals {\n  e = "prod"\n  sizes = { prod = 3, dev = 1 }\n}\nresource "aws_x" "a" {\n  size = lookup(local.sizes, local.e, 7)\n}\n'}, A, "size", 4,
                 "main.tf", "prod = 3", "prod = 4", id="lookup"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = true ? 1 : 2\n}\n'}, A, "size", 4,
                 "main.tf", "true ? 1 : 2", "true ? 4 : 2", id="conditional"),
    pytest.param({"main.tf": 'locals {\n  common = { Team = "a" }\n}\nresource "aws_x" "a" {\n  tags = merge(local.common, {\n    Name = "x"\n  })\n}\n'}, A, "tags.Team", "b",
                 "main.tf", 'Team = "a"', 'Team = "b"', id="merge: the part that has the key"),
    pytest.param({"main.tf": 'locals {\n  common = { Team = "a" }\n}\nresource "aws_x" "a" {\n  tags = merge(local.common, {\n    Name = "x"\n  })\n}\n'}, A, "tags.Owner", "ann",
                 "main.tf", 'Name = "x"\n', 'Name  = "x"\n    Owner = "ann"\n', id="merge: a new key"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  tags = {\n    Name = "x"\n    Old  = "y"\n  }\n}\n'}, A, "tags.Old", Mark.ABSENT,
                 "main.tf", '    Old  = "y"\n', "", id="a key that is gone"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'}, A, "tags.Owner", "ann",
                 "main.tf", "  size = 1\n", '  size = 1\n  tags = {\n    Owner = "ann"\n  }\n', id="a new argument"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  tags = { A = "1" }\n}\n'}, A, "tags_all.B", "2",
                 "main.tf", '{ A = "1" }', '{ A = "1", B = "2" }', id="a tag on top of the default ones"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 1\n  flag = true\n}\n'}, A, "flag", None,
                 "main.tf", "  flag = true\n", "", id="an argument that is unset"),
    pytest.param({"main.tf": 'locals {\n  env = "dev"\n}\nresource "aws_x" "a" {\n  name = "${local.env}-web"\n}\n'}, A, "name", "dev-api",
                 "main.tf", "-web", "-api", id="fixed part of a template"),
    pytest.param({"main.tf": 'locals {\n  env = "dev"\n}\nresource "aws_x" "a" {\n  name = "${local.env}-web"\n}\n'}, A, "name", "prod-web",
                 "main.tf", '"dev"', '"prod"', id="interpolated part of a template"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  policy = jsonencode({\n    Statement = [{\n      Action = "s3:Get*" # c\n      Effect = "Allow"\n    }]\n  })\n}\n'}, A, "policy", '{"Statement":[{"Action":"s3:*","Effect":"Allow"}]}',
                 "main.tf", '"s3:Get*" # c', '"s3:*" # c', id="jsonencode"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  policy = <<-EOT\n    {\n      "Action": "s3:Get*",\n      "Effect": "Allow"\n    }\n  EOT\n}\n'}, A, "policy", '{"Action":"s3:*","Effect":"Allow"}',
                 "main.tf", '"Action": "s3:Get*"', '"Action": "s3:*"', id="JSON in a heredoc keeps its layout"),
    pytest.param({"main.tf": 'locals {\n  b = "arn:b"\n}\nresource "aws_x" "a" {\n  policy = <<-EOT\n    {\n      "Action": "s3:Get*",\n      "$${aws:k}": 1,\n      "Resource": "${local.b}/$${aws:username}/*"\n    }\n  EOT\n}\n'}, A, "policy", '{"Action":"s3:*","${aws:k}":1,"Resource":"arn:b/${aws:username}/*"}',
                 "main.tf", '"s3:Get*"', '"s3:*"', id="JSON in a heredoc with escaped interpolations"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  policy = templatefile("p.json", { b = "arn:b" })\n}\n', "p.json": '{\n  "Action": "s3:Get*",\n  "Id": ${jsonencode(b)},\n  "Resource": "${b}/$${aws:username}/*"\n}\n'}, A, "policy", '{"Action":"s3:${aws:x}","Id":"arn:b","Resource":"arn:b/${aws:username}/*"}',
                 "p.json", "s3:Get*", "s3:$${aws:x}", id="JSON in a template file with escaped interpolations"),
    pytest.param({"main.tf.json": '{"resource": {"aws_x": {"a": {"tags": {"$${k}": "x", "u": "$${v}", "A": "1"}}}}}'}, A, "tags", {"${k}": "x", "u": "${v}", "A": "${2}"},
                 "main.tf.json", '"1"', '"$${2}"', id="JSON configuration with escaped interpolations"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  ids = toset(["a", "b"])\n}\n'}, A, "ids", ["a", "b", "c"],
                 "main.tf", '["a", "b"]', '["a", "b", "c"]', id="toset"),
    pytest.param({"main.tf": 'locals {\n  base = ["a"]\n}\nresource "aws_x" "a" {\n  ids = concat(local.base, ["b"])\n}\n'}, A, "ids", ["a", "c"],
                 "main.tf", '["b"]', '["c"]', id="concat"),
    pytest.param({"main.tf": 'variable "n" {\n  default = null\n}\nresource "aws_x" "a" {\n  size = coalesce(var.n, 5)\n}\n'}, A, "size", 6,
                 "main.tf", "5)", "6)", id="coalesce"),
    pytest.param({"main.tf": 'variable "m" {\n  default = { a = { b = "" } }\n}\nresource "aws_x" "a" {\n  name = try(var.m.x.y, var.m.a.b, "z")\n}\n'}, A, "name", "n",
                 "main.tf", 'b = ""', 'b = "n"', id="try: the first that does not fail, empty or not"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  account = 12\n}\n'}, A, "account", "0012",
                 "main.tf", "12", '"0012"', id="text that no number is"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n', "override.tf": 'resource "aws_x" "a" {\n  size = 2\n}\n'}, A, "size", 3,
                 "override.tf", "size = 2", "size = 3", id="override"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  versioning {\n    status = "Enabled"\n  }\n}\n'}, A, "versioning[0].status", "Suspended",
                 "main.tf", '"Enabled"', '"Suspended"', id="nested block"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  rule {\n    days = 1\n    then {\n      class = "A"\n    }\n  }\n}\n'}, A, "rule[0].then[0].class", "B",
                 "main.tf", '"A"', '"B"', id="block in a block"),
    pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = 1\n}\n'}, A, "rule", [{"days": 3, "mode": "", "on": True}],
                 "main.tf", "  size = 1\n", "  size = 1\n\n  rule {\n    days = 3\n    on   = true\n  }\n", id="a new block"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "address", "path", "value", "file", "old", "new"), CASES)
def test_the_literal_changes_and_nothing_else(
    tmp_path: Path, files: dict[str, str], address: str, path: str, value: Any, file: str, old: str, new: str
) -> None:
    lay(tmp_path, files)

    assert files[file].count(old) == 1
    assert after(traced(tmp_path, address, path, value)) == (file, files[file].replace(old, new))


@pytest.mark.parametrize(
    ("files", "address", "path", "value", "reason"),
    [
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = aws_y.b.size\n}\n'}, A, "size", 2, "from another resource", id="another resource"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = data.aws_y.b.size\n}\n'}, A, "size", 2, "from a data source", id="data source"),
        pytest.param({"main.tf": 'variable "n" {}\nresource "aws_x" "a" {\n  size = var.n\n}\n'}, A, "size", 2, "given on the command line", id="variable without a value"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  count = 2\n  size = count.index\n}\n'}, f"{A}[1]", "size", 7, "the instance's number", id="count.index"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  for_each = toset(["k"])\n  size = each.key\n}\n'}, f'{A}["k"]', "size", "z", "another key makes another instance", id="each.key"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = [for s in ["a"] : upper(s)]\n}\n'}, A, "size", ["B"], "cannot be turned round", id="for"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = md5("a")\n}\n'}, A, "size", "B", "cannot be turned round", id="function"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = try(aws_y.b.size, 2)\n}\n'}, A, "size", 3, "no argument of try() is known", id="try of what a run knows"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  size = aws_y.b.on ? 1 : 2\n}\n'}, A, "size", 3, "the condition is not known", id="unknown condition"),
        pytest.param({"main.tf": 'module "m" {\n  source = "hashicorp/x/aws"\n}\n'}, f"module.m.{A}", "size", 3, "is not in the repo", id="remote module"),
        pytest.param({"main.tf": ""}, A, "size", 3, "the code has no aws_x.a", id="no such block"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  dynamic "rule" {\n    for_each = aws_y.b.ids\n    content {\n      p = rule.value\n    }\n  }\n}\n'}, A, "rule[0].p", 3, "whose for_each is not known", id="dynamic"),
        pytest.param({"main.tf.json": '{"resource": {"aws_x": {"a": {"size": 1}}}}'}, A, "name", "x", "is JSON", id="a new argument in JSON"),
        pytest.param({"main.tf.json": '{"resource": {"aws_x": {"a": {"name": "%{ if true }a%{ endif }b"}}}}'}, A, "name", "ac", "JSON with interpolations", id="a directive in JSON"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n  tags = merge(aws_y.b.tags, { A = "1" })\n}\n'}, A, "tags.B", "2", "of merge() holds is not known", id="merge with unknowns"),
        pytest.param({"main.tf": 'resource "aws_x" "a" {\n}\n'}, A, "size", None, "the code does not set size", id="nothing to unset"),
        pytest.param({"main.tf": 'locals {\n  a = local.b\n  b = local.a\n}\nresource "aws_x" "a" {\n  size = local.a\n}\n'}, A, "size", 1, "too many steps", id="circle"),
    ],
)  # fmt: skip
def test_what_cannot_be_traced_says_why(
    tmp_path: Path, files: dict[str, str], address: str, path: str, value: Any, reason: str
) -> None:
    lay(tmp_path, files)

    with pytest.raises(CannotTraceError) as caught:
        traced(tmp_path, address, path, value)
    assert reason in caught.value.message


def test_the_environment_is_no_source_to_edit(tmp_path: Path) -> None:
    lay(tmp_path, {"main.tf": 'variable "n" {\n  default = 1\n}\nresource "aws_x" "a" {\n  size = var.n\n}\n'})

    with pytest.raises(CannotTraceError, match="comes from the environment"):
        traced(tmp_path, A, "size", 2, env={"TF_VAR_n": "3"})


GROUP = """resource "aws_sg" "a" {
  name = "web"

  # from the office
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }

  ingress {
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
"""


def rule(port: int, *cidrs: str) -> dict[str, Any]:
    return {
        "from_port": port, "to_port": port, "protocol": "tcp", "cidr_blocks": list(cidrs), "description": "",
        "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("live", "old", "new"),
    [
        pytest.param(
            [rule(22, "0.0.0.0/0"), rule(80, "10.0.0.0/8"), rule(443, "10.0.0.0/8")],
            "    cidr_blocks = [\"10.0.0.0/8\"]\n  }\n}\n",
            "    cidr_blocks = [\"10.0.0.0/8\"]\n  }\n\n  ingress {\n    cidr_blocks = [\"0.0.0.0/0\"]\n    from_port   = 22\n    protocol    = \"tcp\"\n    to_port     = 22\n  }\n}\n",
            id="one more",
        ),
        pytest.param(
            [rule(443, "10.0.0.0/8")],
            "\n  ingress {\n    from_port   = 80\n    to_port     = 80\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\"]\n  }\n",
            "",
            id="one gone",
        ),
        pytest.param(
            [rule(80, "10.0.0.0/8", "192.168.0.0/16"), rule(443, "10.0.0.0/8")],
            "    to_port     = 80\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\"]\n",
            "    to_port     = 80\n    protocol    = \"tcp\"\n    cidr_blocks = [\"10.0.0.0/8\", \"192.168.0.0/16\"]\n",
            id="one changed",
        ),
    ],
)  # fmt: skip
def test_blocks_are_matched_with_what_is_live(tmp_path: Path, live: list[dict[str, Any]], old: str, new: str) -> None:
    lay(tmp_path, {"main.tf": GROUP})

    assert GROUP.count(old) == 1
    assert after(traced(tmp_path, "aws_sg.a", "ingress", live)) == ("main.tf", GROUP.replace(old, new))

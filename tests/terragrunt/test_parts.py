from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from driftgate.discover.outputs import state_outputs
from driftgate.discover.terragrunt import generate_stacks
from driftgate.discover.units import discover
from driftgate.hcl.values import EvaluationError, Unknown
from driftgate.state.file import StateError
from driftgate.terragrunt.catalogue import CONSTRUCTS, markdown
from driftgate.terragrunt.config import open_unit
from driftgate.terragrunt.files import Files
from driftgate.terragrunt.json_blocks import BLOCKS
from driftgate.terragrunt.materialise import SIGNATURE, materialise
from driftgate.terragrunt.sections import SECTIONS
from driftgate.terragrunt.session import Session

LOCAL = 'remote_state {\n  backend = "local"\n  config  = { path = "${get_terragrunt_dir()}/my.tfstate" }\n}\n'


def write(root: Path, files: dict[str, str]) -> Path:
    (root / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_every_construct_is_in_the_table() -> None:
    known = {*SECTIONS, *BLOCKS[""]}

    assert sorted(CONSTRUCTS) == sorted(known)
    assert markdown().count("\n| `") > 160


STATE = '{"version": 4, "serial": 1, "lineage": "l", "outputs": {"id": {"value": [1, "a"], "type": "dynamic"}}, "resources": []}'


def test_outputs_come_from_the_state_and_each_is_read_once(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/terragrunt.hcl": LOCAL, "a/my.tfstate": STATE})
    heard: list[object] = []
    outputs = state_outputs(Session(Files(root.as_posix()), {}), on_state=heard.append)

    assert [outputs(f"{root}/a"), outputs(f"{root}/a")] == [{"id": [1, "a"]}] * 2
    assert len(heard) == 1


def test_outputs_of_a_unit_without_a_state(tmp_path: Path) -> None:
    session = Session(Files(write(tmp_path, {"a/terragrunt.hcl": LOCAL}).as_posix()), {})

    assert state_outputs(session)(f"{tmp_path}/a") is None


def test_outputs_are_where_feature_flags_and_commands_say(tmp_path: Path) -> None:
    path = '"${get_terragrunt_dir()}/${feature.env.value}.${run_cmd("suffix")}"'
    text = f'feature "env" {{\n  default = "dev"\n}}\nremote_state {{\n  backend = "local"\n  config = {{ path = {path} }}\n}}\n'
    root = write(tmp_path, {"a/terragrunt.hcl": text, "a/prod.tfstate": STATE})
    session = Session(Files(root.as_posix()), {}, features={"env": "prod"}, execute=lambda command, folder: "tfstate")

    assert state_outputs(session)(f"{root}/a") == {"id": [1, "a"]}


def test_outputs_of_a_unit_that_a_stack_would_generate(tmp_path: Path) -> None:
    stack = 'unit "net" {\n  source = "../catalog/net"\n  path = "net"\n}\n'
    root = write(tmp_path, {
        "live/terragrunt.stack.hcl": stack,
        "catalog/net/terragrunt.hcl": LOCAL.replace("terragrunt_dir()}", "repo_root()}/live"),
        "live/my.tfstate": STATE,
    })  # fmt: skip
    session = Session(Files(root.as_posix()), {})
    generate_stacks(session, env={})

    assert state_outputs(session)(f"{root}/live/.terragrunt-stack/net") == {"id": [1, "a"]}


def test_outputs_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/terragrunt.hcl": LOCAL, "b/terragrunt.hcl": "inputs = {", "c/terragrunt.hcl": ""})

    def refuse(unit: object) -> None:
        raise StateError("no way")

    outputs = state_outputs(Session(Files(root.as_posix()), {}), read=refuse)
    reasons = [found.reason for name in "abc" if isinstance(found := outputs(f"{root}/{name}"), Unknown)]

    assert reasons == [
        "the state of a was not read: no way",
        'the state of b was not found: b/terragrunt.hcl:1:10: "{" is never closed',
        "the state of c was not found: no remote_state, and no generated backend: the state is where the module says",
    ]


def laid_out(root: Path, tree: Path, unit: str = "u", env: dict[str, str] | None = None) -> object:
    return materialise(open_unit(Session(Files(root.as_posix()), env or {}), f"{root}/{unit}"), tree)


MODULE = 'variable "a" {}\n'
LAYOUTS = {
    "generated with its signature": (
        'generate "g" {\n  path = "g.tf"\n  if_exists = "overwrite"\n  contents = "x"\n}\n',
        {"g.tf": f"# {SIGNATURE}\nx"},
    ),
    "with another comment": (
        'generate "g" {\n  path = "g.txt"\n  if_exists = "skip"\n  contents = "x"\n  comment_prefix = "; "\n}\n',
        {"g.txt": f"; {SIGNATURE}\nx"},
    ),
    "without a signature": (
        'generate "g" {\n  path = "g.tf"\n  if_exists = "skip"\n  contents = "x"\n  disable_signature = true\n}\n',
        {"g.tf": "x"},
    ),
    "skipped": (
        'generate "g" {\n  path = "main.tf"\n  if_exists = "skip"\n  contents = "x"\n}\n',
        {"main.tf": MODULE},
    ),
    "over what is there": (
        'generate "g" {\n  path = "main.tf"\n  if_exists = "overwrite"\n  contents = "x"\n}\n',
        {"main.tf": f"# {SIGNATURE}\nx"},
    ),
    "null, which no variable of the environment can be": (
        'inputs = { a = null, b = "x" }\n',
        {".terragrunt-null-vars.auto.tfvars.json": '{"a":null}'},
    ),
    "no null": ('inputs = { b = "x" }\n', {".terragrunt-null-vars.auto.tfvars.json": None}),
    "disabled": (
        'generate "g" {\n  path = "g.tf"\n  if_exists = "skip"\n  contents = "x"\n  disable = true\n}\n',
        {"g.tf": None},
    ),
    "a backend": (
        'remote_state {\n  backend = "s3"\n  config = { bucket = "b", key = "k", encrypt = true }\n'
        '  generate = { path = "backend.tf", if_exists = "overwrite" }\n}\n',
        {"backend.tf": f'# {SIGNATURE}\nterraform {{\n  backend "s3" {{\n    bucket = "b"\n    encrypt = true\n    key = "k"\n  }}\n}}\n'},
    ),
    "a backend with a path of Windows": (
        'remote_state {\n  backend = "local"\n  config = { path = "C:\\\\bin\\\\${"f"}" }\n'
        '  generate = { path = "backend.tf", if_exists = "overwrite", disable_signature = true }\n}\n',
        {"backend.tf": 'terraform {\n  backend "local" {\n    path = "C:\\\\bin\\\\f"\n  }\n}\n'},
    ),
    "a backend with encryption": (
        'remote_state {\n  backend = "s3"\n  config = { bucket = "b" }\n  encryption = { key_provider = "pbkdf2", passphrase = "p" }\n'
        '  generate = { path = "backend.tf", if_exists = "overwrite", disable_signature = true }\n}\n',
        {"backend.tf": 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n  encryption {\n    key_provider "pbkdf2" "default" {\n      passphrase = "p"\n    }\n    method "aes_gcm" "default" {\n      keys = key_provider.pbkdf2.default\n    }\n    state {\n      method = method.aes_gcm.default\n    }\n    plan {\n      method = method.aes_gcm.default\n    }\n  }\n}\n'},
    ),
    "the unit's own files over the module's": ("", {"other.tf": "# unit", "beside/x.tf": "# beside"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_layout(tmp_path: Path, text: str, expected: dict[str, str | None]) -> None:
    root = write(tmp_path / "repo", {}) if (tmp_path / "repo").mkdir() else tmp_path / "repo"
    write(root, {
        "modules/m/main.tf": MODULE,
        "modules/m/other.tf": "# module",
        "modules/shared/s.tf": "# shared",
        "u/terragrunt.hcl": 'terraform {\n  source = "../modules//m"\n}\n' + text,
        "u/other.tf": "# unit",
        "u/beside/x.tf": "# beside",
    })  # fmt: skip

    found = laid_out(root, tmp_path / "tree")

    folder = found.folder  # type: ignore[attr-defined]
    assert folder == tmp_path / "tree/m"
    assert (folder / "../shared/s.tf").read_text() == "# shared"
    assert {name: (folder / name).read_text() if (folder / name).exists() else None for name in expected} == expected
    assert (root / "modules/m/main.tf").read_text() == MODULE


def test_inputs_and_arguments(tmp_path: Path) -> None:
    text = """
terraform {
  source = "../m"
  extra_arguments "vars" {
    commands           = ["plan", "apply"]
    required_var_files = ["need.tfvars"]
    optional_var_files = ["here.tfvars", "gone.tfvars"]
    env_vars           = { TF_VAR_x = "1", COUNT = 2 }
  }
  extra_arguments "other" {
    commands = ["apply"]
    env_vars = { NO = run_cmd("x") }
  }
  extra_arguments "on the line" {
    commands  = ["plan"]
    arguments = ["-lock-timeout=1m", "-var", "a=1"]
  }
  before_hook "b" {
    commands = ["plan"]
    execute  = ["rm", "-rf", "/"]
  }
  after_hook "only for apply" {
    commands = ["apply"]
    execute  = ["true"]
  }
}
exclude {
  if      = true
  actions = ["plan", "apply"]
}
remote_state {
  backend = "s3"
  config  = { bucket = "b", key = "k", encrypt = true }
}
inputs = {
  text    = "plain"
  list    = ["a", 1]
  map     = { b = true }
  unknown = run_cmd("x")
}
"""
    root = write(
        tmp_path,
        {"m/main.tf": MODULE, "u/terragrunt.hcl": text, "u/here.tfvars": "", "u/.terraform.lock.hcl": "# lock"},
    )

    found = laid_out(root, tmp_path / "tree")

    assert found.env == {  # type: ignore[attr-defined]
        "TF_VAR_text": "plain", "TF_VAR_list": '["a",1]', "TF_VAR_map": '{"b":true}', "TF_VAR_x": "1", "COUNT": "2",
    }  # fmt: skip
    assert found.var_files == (f"{root}/u/need.tfvars", f"{root}/u/here.tfvars")  # type: ignore[attr-defined]
    assert found.init_items == ("bucket=b", "encrypt=true", "key=k")  # type: ignore[attr-defined]
    assert found.notes == (  # type: ignore[attr-defined]
        'extra_arguments "on the line": its -var and -var-file arguments were not given to the plan',
        "hooks were not run: b",
        "its exclude block keeps it out of Terragrunt's runs",
    )
    assert (found.folder / ".terraform.lock.hcl").read_text() == "# lock"  # type: ignore[attr-defined]


def test_what_the_environment_sets_goes_before_inputs(tmp_path: Path) -> None:
    text = 'inputs = { a = "input", b = "input", c = run_cmd("x") }\n'
    module = 'variable "a" {}\nvariable "c" {}\n'
    root = write(tmp_path, {"u/terragrunt.hcl": text, "u/main.tf": module})

    found = laid_out(root, tmp_path / "tree", env={"TF_VAR_a": "by hand", "TF_VAR_c": ""})

    assert found.env == {"TF_VAR_b": "input"}  # type: ignore[attr-defined]


def test_what_looks_like_a_template_inside_an_input_stays_text(tmp_path: Path) -> None:
    """terraform reads lists and maps as HCL, so Terragrunt escapes them (util.AsTerraformEnvVarJSONValue), once."""
    text = 'inputs = {\n  a = ["$${aws:username}", "$$${b}"]\n  b = { c = "$${d} $e" }\n  f = "$${g}"\n}\n'
    root = write(tmp_path, {"u/terragrunt.hcl": text})

    found = laid_out(root, tmp_path / "tree")

    wanted = {"TF_VAR_a": '["$${aws:username}","$${b}"]', "TF_VAR_b": '{"c":"$${d} $e"}', "TF_VAR_f": "${g}"}
    assert found.env == wanted  # type: ignore[attr-defined]


REFUSED = {
    "module elsewhere": ('terraform {\n  source = "git::https://example.com/m"\n}\n', "is not on this disk"),
    "registry module": ('terraform {\n  source = "tfr:///a/b/c?version=1.0.0"\n}\n', "is not on this disk"),
    "no such module": ('terraform {\n  source = "../nope"\n}\n', "there is no module at nope"),
    "unknown module": ('terraform {\n  source = run_cmd("x")\n}\n', "terraform.source is not known: run_cmd()"),
    "unknown input": ('terraform {\n  source = "../m"\n}\ninputs = { a = run_cmd("x") }\n', "input `a` is not known: run_cmd()"),
    "unknown inputs": ('terraform {\n  source = "../m"\n}\ninputs = jsondecode(run_cmd("x"))\n', "inputs are not known"),
    "unknown backend": (
        'remote_state {\n  backend = "s3"\n  config = { bucket = run_cmd("x") }\n  generate = { path = "b.tf", if_exists = "skip" }\n}\n',
        "remote_state: `bucket` is not known",
    ),
    "encryption without a provider": (
        'remote_state {\n  backend = "s3"\n  config = {}\n  encryption = { passphrase = "p" }\n  generate = { path = "b.tf", if_exists = "skip" }\n}\n',
        "encryption: it needs a `key_provider`",
    ),
    "unknown contents": (
        'generate "g" {\n  path = "g.tf"\n  if_exists = "skip"\n  contents = run_cmd("x")\n}\n',
        'generate "g" is not known',
    ),
    "an unknown entry of generate": ('generate = { g = run_cmd("x") }\n', 'generate "g" is not known'),
    "an unknown backend type": (
        'remote_state {\n  backend = run_cmd("x")\n  config = {}\n}\n',
        "remote_state: `backend` is not known",
    ),
    "an unknown remote_state": ('remote_state = jsondecode(run_cmd("x"))\n', "remote_state: `remote_state` is not known"),
    "a setting for init that is not known": (
        'remote_state {\n  backend = "s3"\n  config = { bucket = "b", key = run_cmd("x") }\n}\n',
        "remote_state: `key` is not known",
    ),
    "unknown whether the backend is generated": (
        'remote_state {\n  backend = "s3"\n  config = {}\n  generate = jsondecode(run_cmd("x"))\n}\n',
        "remote_state: `generate` is not known",
    ),
    "unknown where the backend is generated": (
        'remote_state {\n  backend = "s3"\n  config = {}\n  generate = { path = run_cmd("x"), if_exists = "skip" }\n}\n',
        "remote_state: `generate` is not known",
    ),
    "an unknown variable for plan": (
        'terraform {\n  extra_arguments "e" {\n    commands = ["plan"]\n    env_vars = { TF_VAR_a = run_cmd("x") }\n  }\n}\n',
        'extra_arguments "e" is not known',
    ),
    "an unknown variable file for plan": (
        'terraform {\n  extra_arguments "e" {\n    commands = ["plan"]\n    required_var_files = [run_cmd("x")]\n  }\n}\n',
        'extra_arguments "e" is not known',
    ),
    "unknown whether arguments are for plan": (
        'terraform {\n  extra_arguments "e" {\n    commands = jsondecode(run_cmd("x"))\n  }\n}\n',
        'extra_arguments "e" is not known',
    ),
    "what was not generated": (
        'terraform {\n  source = "../m"\n}\ngenerate "g" {\n  path = "main.tf"\n  if_exists = "overwrite_terragrunt"\n  contents = ""\n}\n',
        "main.tf exists already and was not generated",
    ),
    "what exists": (
        'terraform {\n  source = "../m"\n}\ngenerate "g" {\n  path = "main.tf"\n  if_exists = "error"\n  contents = ""\n}\n',
        "main.tf exists already",
    ),
    "an unknown rule": (
        'generate "g" {\n  path = "g.tf"\n  if_exists = "maybe"\n  contents = ""\n}\n',
        'unknown if_exists "maybe"',
    ),
    "a path out of the module": (
        'generate "g" {\n  path = "../../../g.tf"\n  if_exists = "skip"\n  contents = ""\n}\n',
        "leads out of the module",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_laid_out(tmp_path: Path, text: str, problem: str) -> None:
    root = write(tmp_path, {"m/main.tf": MODULE, "u/terragrunt.hcl": text})

    with pytest.raises(EvaluationError) as raised:
        laid_out(root, tmp_path / "tree")

    assert problem in raised.value.problem


def test_links_in_a_circle_and_odd_files_stop_nothing(tmp_path: Path) -> None:
    root = write(tmp_path, {"live/a/terragrunt.hcl": "", "live/b/terragrunt.hcl/x": "", "latin/terragrunt.hcl": ""})
    (root / "live/a/loop").symlink_to(root / "live")
    (root / "latin/terragrunt.hcl").write_bytes(b'# \xe9\ninputs = { a = "\xe9" }\n')
    (root / "dangling").mkdir()
    (root / "dangling/terragrunt.hcl").symlink_to(root / "nowhere")
    (root / "pipe").mkdir()
    os.mkfifo(root / "pipe/terragrunt.hcl")

    found = {str(unit.path): unit.error for unit in discover(root, env={})}

    assert found["live/a"] is None
    assert found["latin"] == "latin/terragrunt.hcl:1:1: not UTF-8 text (byte 2)"
    assert "cannot be read" in (found["dangling"] or "")
    assert "no regular file" in (found["pipe"] or "")


IDENTITY = '{"Account": "123", "Arn": "arn:x", "UserId": "u"}'
EXECUTED = {
    "run_cmd": ('run_cmd("--terragrunt-quiet", "echo", "a b")', "echo a b"),
    "sops": ('sops_decrypt_file("s.yaml")', "sops --decrypt {ROOT}/u/s.yaml"),
    "account": ("get_aws_account_id()", "123"),
    "arn": ("get_aws_caller_identity_arn()", "arn:x"),
    "user": ("get_aws_caller_identity_user_id()", "u"),
    "alias": ("get_aws_account_alias()", ""),
}


@pytest.mark.parametrize(("expression", "expected"), EXECUTED.values(), ids=EXECUTED)
def test_what_may_be_executed_is_executed_once(tmp_path: Path, expression: str, expected: str) -> None:
    root = write(tmp_path, {"u/terragrunt.hcl": f"inputs = {{ a = {expression}, b = {expression} }}\n"})
    ran: list[tuple[str, ...]] = []

    def execute(command: Sequence[str], folder: str) -> str:
        ran.append((*command, folder))
        return IDENTITY if "sts" in command else "None" if "iam" in command else " ".join(command)

    session = Session(Files(root.as_posix()), {}, execute=execute)
    wanted = expected.replace("{ROOT}", root.as_posix())

    assert open_unit(session, f"{root}/u").section("inputs") == {"a": wanted, "b": wanted}
    assert len(ran) == 1
    assert ran[0][-1] == f"{root}/u"


def test_an_identity_that_is_none_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path, {"u/terragrunt.hcl": "inputs = { a = get_aws_account_id() }\n"})
    session = Session(Files(root.as_posix()), {}, execute=lambda command, folder: "not JSON")

    with pytest.raises(EvaluationError, match="gave no identity"):
        open_unit(session, f"{root}/u").section("inputs")


def test_what_was_evaluated_without_outputs_does_not_stick(tmp_path: Path) -> None:
    text = (
        'dependency "a" {\n  config_path  = "../a"\n  mock_outputs = { id = "mock" }\n}\n'
        'generate "g" {\n  path = "g.txt"\n  if_exists = "skip"\n  contents = dependency.a.outputs.id\n}\n'
    )
    root = write(tmp_path, {"a/terragrunt.hcl": "", "u/terragrunt.hcl": text})
    first = Session(Files(root.as_posix()), {})
    assert open_unit(first, f"{root}/u").section("generate")["g"]["contents"] == "mock"  # type: ignore[index]

    second = first.with_outputs(lambda folder: {"id": "real"})

    found = materialise(open_unit(second, f"{root}/u"), tmp_path / "tree")
    assert (found.folder / "g.txt").read_text().endswith("real")
    assert found.notes == ()

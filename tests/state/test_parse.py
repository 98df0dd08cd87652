from __future__ import annotations

import base64
import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_cli import apply, needs_terraform, terraform

from driftgate.address import Address
from driftgate.state.file import EncryptedStateError, StateError
from driftgate.state.parse import outer_meta, parse_meta, parse_state
from driftgate.state.snapshot import SnapshotMeta

INSTANCE: dict[str, Any] = {"schema_version": 0, "attributes": {"id": "a"}}


def resource(*instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": "aws_x", "name": "y", "provider": "p", "instances": list(instances), **more}


def document(*resources: dict[str, Any], **more: Any) -> bytes:
    base = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "outputs": {}}
    return json.dumps({**base, "resources": list(resources), **more}).encode()


MODULE = """
variable "secret" {
  type      = object({ pw = string, open = string, list = list(string) })
  sensitive = true
}
resource "terraform_data" "inside" {
  for_each = { "a" = 1, "b/c" = 2 }
  input    = { pw = var.secret.pw, list = ["x", var.secret.list[0]], open = "o" }
}
output "id" {
  value = terraform_data.inside["a"].id
}
"""
ROOT = """
module "m" {
  source   = "./m"
  for_each = { "k.1" = 1 }
  secret   = { pw = "hunter2hunter2", open = "o", list = ["topsecretvalue"] }
}
resource "terraform_data" "n" {
  count = 11
  input = 12345678901234567890123456
}
output "pw" {
  value     = "hunter2hunter2"
  sensitive = true
}
output "ratio" {
  value = 0.1
}
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a state that the real terraform wrote."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on PATH")
    folder = tmp_path_factory.mktemp("real")
    (folder / "m").mkdir()
    (folder / "m/main.tf").write_text(MODULE)
    apply(folder, ROOT)
    return folder


def test_real_state_lists_the_addresses_that_terraform_lists(real: Path) -> None:
    state = parse_state((real / "terraform.tfstate").read_bytes())

    assert sorted(map(str, (i.address for i in state.instances()))) == sorted(
        terraform(real, "state", "list").decode().split()
    )


def test_real_state_keeps_everything(real: Path) -> None:
    data = (real / "terraform.tfstate").read_bytes()
    state = parse_state(data)
    stored = json.loads(data)

    assert state.data is data
    assert state.meta == SnapshotMeta(stored["serial"], stored["lineage"], stored["terraform_version"])
    assert parse_meta(data) == state.meta
    assert [i.attributes for i in state.instances()] == [
        i["attributes"] for r in stored["resources"] for i in r["instances"]
    ]
    big = next(i for i in state.instances() if i.address == Address.parse("terraform_data.n[10]"))
    assert big.attributes["input"]["value"] == 12345678901234567890123456


def test_real_state_marks_what_is_sensitive(real: Path) -> None:
    state = parse_state((real / "terraform.tfstate").read_bytes())
    inside = next(i for i in state.instances() if i.address.name == "inside")

    assert sorted(inside.sensitive_paths) == [("input", "list", 1), ("input", "pw")]
    assert {name: bool(output.sensitive) for name, output in state.outputs.items()} == {"pw": True, "ratio": False}
    assert bytes(state.outputs["ratio"].value) == b"0.1"


def test_a_null_is_as_good_as_nothing() -> None:
    data = b'{"version":4,"serial":null,"lineage":null,"outputs":null,"resources":['
    data += b'{"mode":"managed","type":"t","name":"n",'
    data += b'"instances":[{"attributes":null,"sensitive_attributes":null,"dependencies":null,"index_key":null}]},'
    data += b'{"mode":"data","type":"t","name":"n","instances":null}]}'
    state = parse_state(data)
    (only,) = state.instances()

    assert (state.serial, state.lineage, dict(state.outputs)) == (0, "", {})
    assert (str(only.address), only.attributes, only.sensitive_paths, only.dependencies) == ("t.n", {}, (), ())


def test_the_least_that_terraform_takes_for_a_state() -> None:
    state = parse_state(b'{"version": 4}')

    assert (state.resources, dict(state.outputs), state.meta) == ((), {}, SnapshotMeta(0, "", ""))


@pytest.mark.parametrize(
    ("instance", "more", "label"),
    [
        pytest.param({}, {}, "aws_x.y", id="plain"),
        pytest.param({}, {"mode": "data"}, "data.aws_x.y", id="data"),
        pytest.param({"index_key": 10}, {}, "aws_x.y[10]", id="count"),
        pytest.param({"index_key": 0.0}, {}, "aws_x.y[0]", id="count, rewritten by another JSON writer"),
        pytest.param({"index_key": "0"}, {}, 'aws_x.y["0"]', id="for_each key that looks like a number"),
        pytest.param({"index_key": 'a"b'}, {}, 'aws_x.y["a\\"b"]', id="quote in a key"),
        pytest.param(
            {}, {"module": 'module.a["x.y"].module.b[0]'}, 'module.a["x.y"].module.b[0].aws_x.y', id="modules"
        ),
        pytest.param({"deposed": "0123abcd"}, {}, "aws_x.y (deposed 0123abcd)", id="deposed"),
    ],
)
def test_labels(instance: dict[str, Any], more: dict[str, Any], label: str) -> None:
    (found,) = parse_state(document(resource({**INSTANCE, **instance}, **more))).instances()

    assert found.label == label


def test_what_an_instance_tells() -> None:
    stored = {
        **INSTANCE,
        "status": "tainted",
        "dependencies": ["aws_a.b"],
        "create_before_destroy": True,
        "identity": {},
    }
    (found,) = parse_state(document(resource(stored))).instances()

    assert (found.tainted, found.deposed, found.dependencies) == (True, "", ("aws_a.b",))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param([], (), id="none"),
        pytest.param([[{"type": "get_attr", "value": "pw"}]], (("pw",),), id="attribute"),
        pytest.param(
            [[{"type": "get_attr", "value": "l"}, {"type": "index", "value": {"value": 2, "type": "number"}}]],
            (("l", 2),),
            id="index",
        ),
        pytest.param(
            [[{"type": "get_attr", "value": "l"}, {"type": "index", "value": {"value": 2.0, "type": "number"}}]],
            (("l", 2),),
            id="index as a float",
        ),
        pytest.param(
            [[{"type": "get_attr", "value": "m"}, {"type": "index", "value": {"value": "k", "type": "string"}}]],
            (("m", "k"),),
            id="map key",
        ),
        pytest.param([[{"type": "index", "value": "k"}]], (("k",),), id="plain value"),
    ],
)
def test_sensitive_paths(stored: list[Any], expected: tuple[Any, ...]) -> None:
    (found,) = parse_state(document(resource({**INSTANCE, "sensitive_attributes": stored}))).instances()

    assert found.sensitive_paths == expected


@pytest.mark.parametrize(
    ("instance", "read"),
    [
        ({"attributes": [1]}, lambda i: i.attributes),
        ({"sensitive_attributes": {"a": 1}}, lambda i: i.sensitive_paths),
    ],
    ids=["attributes", "sensitive_attributes"],
)
def test_a_damaged_part_is_found_when_it_is_read_and_names_the_resource(instance: Any, read: Any) -> None:
    (found,) = parse_state(document(resource({**INSTANCE, **instance}))).instances()

    with pytest.raises(StateError, match=r"of aws_x\.y cannot be read"):
        read(found)


def test_a_module_that_is_no_address() -> None:
    (found,) = parse_state(document(resource(INSTANCE, module="modul.a"))).instances()

    with pytest.raises(StateError, match=r"`modul\.a` is not a module address"):
        found.label  # noqa: B018


def test_unknown_fields_of_newer_versions_are_no_error() -> None:
    state = parse_state(
        document(resource({**INSTANCE, "future": [1]}, future=1), future={}, terraform_version="999.0.0")
    )

    assert len(list(state.instances())) == 1


BACKEND_FILE = b'{"version": 3, "serial": 1, "lineage": "l", "backend": {"type": "s3", "config": {}, "hash": 1}'
ENCRYPTED = json.dumps(
    {"serial": 4, "lineage": "abc", "meta": {"key_provider.pbkdf2.k": base64.b64encode(b"{}").decode()},
     "encrypted_data": "AAAA", "encryption_version": "v0"}
).encode()  # fmt: skip
NO_STATES = [
    pytest.param(b" \n", "holds nothing but white space", "restore", id="white space"),
    pytest.param(b'{"version": 4, "serial": 1,', r"is cut off: .* byte 27 \(line 1\)", "restore", id="truncated"),
    pytest.param(
        b'{\n "version": 4,\n "lineage": "ab',
        r"is cut off: .* byte 32 \(line 3\)",
        "restore",
        id="truncated in a string",
    ),
    pytest.param(b'{\n "version": 4,,\n}', r"not valid JSON: .*at byte 16 \(line 2\)", "restore", id="malformed"),
    pytest.param(b'{"version": 4} x', r"not valid JSON: trailing characters at byte 16", "restore", id="two documents"),
    pytest.param(b'{"version": 4, "lineage": "\xff\xfe"}', "not valid UTF-8", "restore", id="not UTF-8"),
    pytest.param(b"hello", "not valid JSON", "restore", id="prose"),
    pytest.param(b"[1, 2]", "not a state but a JSON list", "state pull", id="list"),
    pytest.param(b"{}", "not a state but JSON without a `version`", "state pull", id="empty object"),
    pytest.param(b'{"version": "4"}', 'JSON with version "4"', "state pull", id="version as text"),
    pytest.param(b'{"version": 0}', "JSON with version 0", "state pull", id="version 0"),
    pytest.param(b'{"version": 5, "resources": 1}', "in state format 5; driftgate reads up to 4", "update", id="newer"),
    pytest.param(b'{"version": 4, "serial": -1}', r"damaged state: .*\$\.serial", "restore", id="negative serial"),
    pytest.param(b'{"version": 4, "serial": 1.5}', r"damaged state: .*\$\.serial", "restore", id="broken serial"),
    pytest.param(
        b'{"version": 4, "resources": [{}]}', "damaged state: .*mode", "restore", id="resource without a mode"
    ),
    pytest.param(b'{"version": 4, "resources": {}}', "damaged state", "restore", id="resources as a map"),
    pytest.param(BACKEND_FILE + b"}", "the backend settings that `terraform init` keeps", "folder", id="backend file"),
    pytest.param(
        BACKEND_FILE + b', "modules": [{"path": ["root"], "outputs": {}, "resources": {}}]}',
        "the backend settings",
        "folder",
        id="backend file of terraform 0.11",
    ),
    pytest.param(ENCRYPTED, "is encrypted by OpenTofu", "tofu state pull", id="encrypted"),
    pytest.param(b'{"format_version":"1.2","planned_values":{}}', "a JSON plan", "--plan-json", id="JSON plan"),
    pytest.param(b'{"format_version":"1.0","values":{}}', "`terraform show -json`", "state pull", id="show -json"),
    pytest.param(b"PK\x03\x04rest", "a saved plan", "--plan-json", id="saved plan"),
    pytest.param(b"\x1f\x8b\x08rest", "compressed with gzip", "decompress", id="gzip"),
    pytest.param(b"\xef\xbb\xbf{}", "byte order mark", "remove", id="BOM"),
    pytest.param(b"\xff\xfe{\0", "UTF-16", "convert", id="UTF-16"),
    pytest.param(b"\n<!DOCTYPE html><html>", "an HTML or XML page", "proxy", id="HTML"),
    pytest.param(b'{"version":4,"x":' + b"[" * 100_000, "nested too deep|cut off", "restore", id="deep"),
]


@pytest.mark.parametrize(("data", "message", "next_step"), NO_STATES)
@pytest.mark.parametrize("read", [parse_state, parse_meta])
def test_says_what_the_bytes_are_that_are_no_state(data: bytes, message: str, next_step: str, read: Any) -> None:
    if read is parse_meta and b"resources" in data and b'"version": 4' in data:
        pytest.skip("the meta is read without the resources")
    with pytest.raises(StateError, match=f"^x.tfstate .*(?:{message})") as caught:
        read(data, "x.tfstate")

    assert next_step in caught.value.next_step
    assert "\n" not in str(caught.value)


def test_an_encrypted_state_tells_its_serial_and_lineage() -> None:
    with pytest.raises(EncryptedStateError):
        parse_state(ENCRYPTED)

    assert outer_meta(ENCRYPTED) == SnapshotMeta(4, "abc", "")
    assert outer_meta(ENCRYPTED.replace(b'"lineage": "abc"', b'"lineage": null')) == SnapshotMeta(4, "", "")


def test_a_damaged_encrypted_state_is_said_to_be_one() -> None:
    with pytest.raises(StateError, match=r"x\.tfstate is a damaged encrypted state"):
        outer_meta(ENCRYPTED.replace(b'"serial": 4', b'"serial": "4"'), "x.tfstate")


@needs_terraform
def test_a_real_saved_plan_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('output "a" {\n value = 1\n}\n')
    terraform(tmp_path, "plan", "-out", "p")

    with pytest.raises(StateError, match="is not a state but a saved plan"):
        parse_state((tmp_path / "p").read_bytes())
    with pytest.raises(StateError, match="is not a state but a JSON plan"):
        parse_state(terraform(tmp_path, "show", "-json", "p"))


REFUSED_BY_TERRAFORM = [
    b" \n",
    b"{}",
    b'{"version":4',
    b'{"version":"4"}',
    b'{"version":5}',
    b'{"version":4,"serial":-1}',
    b'{"version":4,"serial":1.5}',
    b"\xef\xbb\xbf" + document(),
    ENCRYPTED,
]


@needs_terraform
@pytest.mark.parametrize("data", REFUSED_BY_TERRAFORM)
def test_terraform_refuses_it_too(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "terraform.tfstate").write_bytes(data)
    result = subprocess.run(["terraform", "state", "pull"], cwd=tmp_path, capture_output=True, check=False)

    assert result.returncode != 0
    with pytest.raises(StateError):
        parse_state(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(
        st.characters(exclude_categories=["Cs"])
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(
    attributes=st.lists(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=4), max_size=4),
    serial=st.integers(0, 2**64 - 1),
)
def test_nothing_of_a_state_is_lost(attributes: list[dict[str, Any]], serial: int) -> None:
    data = document(
        *(resource({**INSTANCE, "attributes": a, "index_key": i}) for i, a in enumerate(attributes)), serial=serial
    )
    state = parse_state(data)

    assert state.serial == serial
    assert [i.attributes for i in state.instances()] == attributes
    assert [i.address.key for i in state.instances()] == list(range(len(attributes)))


WHOLE = document(
    resource({**INSTANCE, "sensitive_attributes": [[{"type": "get_attr", "value": "id"}]]}),
    outputs={"o": {"value": 1, "type": "number"}},
)


@given(end=st.integers(1, len(WHOLE) - 1))
def test_a_state_that_is_cut_off_anywhere_is_an_error(end: int) -> None:
    with pytest.raises(StateError, match=rf"cut off: .* byte {end}"):
        parse_state(WHOLE[:end])


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_is_a_state_or_a_state_error_and_never_anything_else(at: int, byte: int) -> None:
    data = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    with suppress(StateError):
        for instance in parse_state(data).instances():
            assert isinstance(instance.label, str)
            assert isinstance(instance.attributes, dict)
            assert isinstance(instance.sensitive_paths, tuple)

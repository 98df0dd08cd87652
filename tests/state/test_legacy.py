"""States of Terraform before 0.12, with the real terraform as the judge of how they are upgraded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terraform_cli import needs_terraform, terraform

from driftgate.state.file import StateError, StateFile
from driftgate.state.parse import parse_state

LINEAGE = "5d2b3f1e-9a77-4c52-8f0b-0c2b8b7d9e11"


def thing(id_: str = "x1", /, **more: Any) -> dict[str, Any]:
    return {"id": id_, "attributes": {"id": id_, "name": "n"}, "meta": {}, "tainted": False, **more}


def instance(type_: str = "aws_instance", **more: Any) -> dict[str, Any]:
    return {"type": type_, "depends_on": [], "primary": thing(), "deposed": [], "provider": "", **more}


def module(resources: dict[str, Any], path: tuple[str, ...] = ("root",), outputs: dict[str, Any] | None = None) -> Any:
    return {"path": list(path), "outputs": outputs or {}, "resources": resources, "depends_on": []}


def state(version: int, *modules: Any, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"version": version, "serial": 9, "modules": list(modules)}
    if version > 1:
        base |= {"terraform_version": "0.11.14", "lineage": LINEAGE}
    return {**base, **more}


def output(value: Any, sensitive: bool = False, type_: str = "string") -> dict[str, Any]:
    return {"sensitive": sensitive, "type": type_, "value": value}


CASES = [
    pytest.param(state(3), id="v3 without modules"),
    pytest.param(state(3, module({})), id="v3 empty"),
    pytest.param(state(3, module({"aws_instance.web": instance()})), id="v3 one resource"),
    pytest.param(
        state(3, module({f"aws_instance.web.{i}": instance(primary=thing(f"x{i}")) for i in (10, 2, 0)})), id="v3 count"
    ),
    pytest.param(state(3, module({"data.aws_ami.a": instance("aws_ami")})), id="v3 data"),
    pytest.param(state(3, module({"data.aws_ami.a.1": instance("aws_ami")})), id="v3 counted data"),
    pytest.param(
        state(3, module({"aws_instance.w": instance(primary=thing(tainted=True), deposed=[thing("o1"), thing("o2")])})),
        id="v3 tainted and deposed",
    ),
    pytest.param(
        state(3, module({"aws_instance.w": instance(primary=None, deposed=[thing("o1")])})), id="v3 only deposed"
    ),
    pytest.param(
        state(3, module({}), module({"aws_x.a": instance("aws_x")}, ("root", "m", "n"))), id="v3 modules in modules"
    ),
    pytest.param(
        state(3, module({"aws_x.a": instance("aws_x", primary={"id": "i", "attributes": {}, "meta": {}})})),
        id="v3 id only outside the attributes",
    ),
    pytest.param(
        state(3, module({"aws_x.a": instance("aws_x", primary=thing(meta={"schema_version": "3", "e2b": {}}))})),
        id="v3 schema version",
    ),
    pytest.param(
        state(3, module({"aws_x.a": instance("aws_x", primary=thing(meta={"schema_version": "zero"}))})),
        id="v3 schema version that is none",
    ),
    pytest.param(
        state(3, module({"aws_x.a": instance("aws_x", primary=thing(meta={"big": 10669755453527594976}))})),
        id="v3 big number in meta",
    ),
    pytest.param(
        state(3, module({"terraform_data.a": instance("terraform_data", provider="provider.terraform")})),
        id="v3 builtin provider",
    ),
    *(
        pytest.param(
            state(3, module({"aws_x.a": instance("aws_x", provider=provider)}, path)),
            id=f"v3 provider {provider or 'none'} in {'.'.join(path)}",
        )
        for provider, path in [
            ("provider.aws", ("root",)),
            ("provider.aws.west", ("root",)),
            ("module.m.provider.aws.west", ("root", "m")),
            ("aws", ("root",)),
            ("aws.west", ("root", "m")),
            ("", ("root", "m")),
        ]
    ),
    pytest.param(
        state(
            3,
            module(
                {},
                outputs={
                    "text": output("t"),
                    "secret": output("s", True),
                    "list": output(["a", "b"], type_="list"),
                    "map": output({"a": "1", "b": "2"}, type_="map"),
                    "mixed": output({"a": "1", "b": ["2"]}, type_="map"),
                    "tuple": output(["a", ["b"]], type_="list"),
                    "nothing": output([], type_="list"),
                    "empty": output({}, type_="map"),
                    "number": output(1.5),
                    "truth": output(True),
                    "null": output(None),
                    "nested": output([{"a": "1"}, {"a": "2"}], type_="list"),
                    "uneven": output([{"a": "1"}, {"b": "2"}], type_="list"),
                    "mixed nest": output([{"a": ["1"]}, {"a": ["2"]}], type_="list"),
                },
            ),
            module({}, ("root", "m"), {"inner": output("not kept")}),
        ),
        id="v3 outputs",
    ),
    pytest.param(
        state(
            2,
            module(
                {
                    "aws_x.a": instance(
                        "aws_x",
                        primary=thing(
                            attributes={
                                "id": "x1",
                                "tags.#": "2",
                                "tags.Name": "n",
                                "tags.env": "e",
                                "ports.#": "2",
                                "ports.0": "1",
                                "ports.1": "2",
                                "set.#": "1",
                                "set.1234567": "v",
                                "none.#": "0",
                                "deep.#": "1",
                                "deep.0.inner.#": "1",
                                "deep.0.inner.0": "q",
                            }
                        ),
                    )
                },
                outputs={"o": output("v")},
            ),
        ),
        id="v2 counts of maps",
    ),
    pytest.param(
        state(
            1,
            module(
                {"aws_x.a": instance("aws_x", primary=thing(attributes={"id": "x1", "t.#": "1", "t.k": "v"}))},
                outputs={"o": "v"},
            ),
        ),
        id="v1",
    ),
    pytest.param(state(1, module({"aws_x.a": instance("aws_x")}, ())), id="v1 without a path"),
]  # fmt: skip


def seen(state: StateFile) -> dict[str, Any]:
    """What a reader sees of a state, comparable."""
    return {
        "meta": (state.serial, state.lineage),
        "outputs": {
            name: (json.loads(bytes(o.value)), json.loads(bytes(o.type)), bool(o.sensitive))
            for name, o in state.outputs.items()
        },
        "instances": {
            i.label: (i.resource.mode, i.resource.provider, i.object.schema_version, i.tainted, i.attributes)
            for i in state.instances()
        },
    }


@needs_terraform
@pytest.mark.parametrize("old", CASES)
def test_reads_as_terraform_upgrades_it(tmp_path: Path, old: dict[str, Any]) -> None:
    data = json.dumps(old).encode()
    (tmp_path / "terraform.tfstate").write_bytes(data)
    upgraded = parse_state(terraform(tmp_path, "state", "pull"))
    found = parse_state(data)

    assert upgraded.version == 4
    assert seen(found) == seen(upgraded)
    assert found.data is data
    assert (found.version, found.terraform_version) == (old["version"], old.get("terraform_version", ""))


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        pytest.param([module({}, ("other",))], r"invalid module path \['other'\]", id="path"),
        pytest.param([module({"aws_x": instance()})], "invalid resource address aws_x", id="short address"),
        pytest.param([module({"aws_x.a.b": instance()})], "invalid resource address", id="index that is no number"),
        pytest.param([module({"aws_x.a": {"primary": {"attributes": {"a": 1}}}})], r"\$\[0\]", id="attribute not text"),
        pytest.param({}, "Expected `array", id="modules as an object"),
    ],
)
def test_a_damaged_old_state_is_an_error(modules: Any, message: str) -> None:
    data = json.dumps({"version": 3, "serial": 1, "modules": modules}).encode()
    with pytest.raises(StateError, match=f"^x.tfstate is a damaged state of Terraform < 0.12: .*{message}"):
        parse_state(data, "x.tfstate")


def test_a_state_beside_a_backend_is_still_a_state() -> None:
    old = state(3, module({"aws_x.a": instance("aws_x")}), backend={"type": "s3"})

    assert [i.label for i in parse_state(json.dumps(old).encode()).instances()] == ["aws_x.a"]


@given(counts=st.sets(st.integers(0, 50), max_size=8), deposed=st.integers(0, 3))
def test_every_instance_arrives_once_in_order(counts: set[int], deposed: int) -> None:
    old = state(3, module({f"aws_x.a.{i}": instance("aws_x", deposed=[thing()] * deposed) for i in counts}))
    found = list(parse_state(json.dumps(old).encode()).instances())

    assert [i.address.key for i in found if not i.deposed] == sorted(counts)
    assert len(found) == len({i.label for i in found}) == len(counts) * (1 + deposed)

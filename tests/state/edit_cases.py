"""Edits that driftgate and terraform must do alike: resources, the command, and where everything is afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from state.documents import PROVIDER, instance, resource

WEST = f"{PROVIDER}.west"
IN_M = 'module.m.provider["registry.terraform.io/hashicorp/aws"]'
ACME = 'provider["registry.acme.corp/acme/aws"]'


def some(name: str, *keys: int | str | None, **more: Any) -> dict[str, Any]:
    """A resource whose instances have their own first address as id."""
    module = f"{more['module']}." if "module" in more else ""
    return resource(
        name,
        *(instance(f"{module}{name}.{key}", **({} if key is None else {"index_key": key})) for key in keys),
        **more,
    )


def deposed(name: str, key: int | None = None) -> dict[str, Any]:
    index = {} if key is None else {"index_key": key}
    return resource(name, instance("now", **index), instance("old", deposed="0badc0de", **index))


def case(id_: str, resources: list[Any], command: str, expected: dict[str, str] | None) -> Any:
    """`expected` maps labels to the ids that stand there; None when the edit is refused."""
    return pytest.param(resources, command.split(" "), expected, id=id_)


MOVES = [
    case("resource", [some("a", None)], "mv aws_x.a aws_x.b", {"aws_x.b": "a.None"}),
    case("between others", [some("a", None), some("b", None), some("c", None)], "mv aws_x.b aws_x.z", {"aws_x.a": "a.None", "aws_x.c": "c.None", "aws_x.z": "b.None"}),
    case("into a module", [some("a", None)], 'mv aws_x.a module.m["k.x"].aws_x.a', {'module.m["k.x"].aws_x.a': "a.None"}),
    case("out of a module", [some("a", None, module="module.m")], "mv module.m.aws_x.a aws_x.a", {"aws_x.a": "module.m.a.None"}),
    case("with all instances", [some("a", 0, 1)], "mv aws_x.a module.m.aws_x.b", {"module.m.aws_x.b[0]": "a.0", "module.m.aws_x.b[1]": "a.1"}),
    case("data source", [some("a", None, mode="data")], "mv data.aws_x.a data.aws_x.b", {"data.aws_x.b": "a.None"}),
    case("deposed objects come along", [deposed("a")], "mv aws_x.a module.m.aws_x.b[0]", {"module.m.aws_x.b[0]": "now", "module.m.aws_x.b[0] (deposed 0badc0de)": "old"}),
    case("key to key", [some("a", 0, 1)], 'mv aws_x.a[0] aws_x.a["k"]', {'aws_x.a["k"]': "a.0", "aws_x.a[1]": "a.1"}),
    case("count to none", [some("a", 0)], "mv aws_x.a[0] aws_x.a", {"aws_x.a": "a.0"}),
    case("none to count", [some("a", None)], "mv aws_x.a aws_x.a[0]", {"aws_x.a[0]": "a.None"}),
    case("none to an instance elsewhere", [some("a", None)], 'mv aws_x.a aws_x.b["<k>"]', {'aws_x.b["<k>"]': "a.None"}),
    case("one of several to a new resource", [some("a", 0, 1), some("c", None)], "mv aws_x.a[1] module.m.aws_x.b", {"aws_x.a[0]": "a.0", "module.m.aws_x.b": "a.1", "aws_x.c": "c.None"}),
    case("one of several, deposed too", [resource("a", *deposed("a", 0)["instances"], instance("i", index_key=1))], "mv aws_x.a[0] aws_x.b[5]", {"aws_x.a[1]": "i", "aws_x.b[5]": "now", "aws_x.b[5] (deposed 0badc0de)": "old"}),
    case("into an existing resource", [some("a", 0, 1), some("b", "k")], 'mv aws_x.a[0] aws_x.b["z"]', {"aws_x.a[1]": "a.1", 'aws_x.b["k"]': "b.k", 'aws_x.b["z"]': "a.0"}),
    case("into one that stands before", [some("a", "k"), some("b", 0)], 'mv aws_x.b[0] aws_x.a["z"]', {'aws_x.a["k"]': "a.k", 'aws_x.a["z"]': "b.0"}),
    case("the last into an existing resource", [some("a", 0), some("b", "k")], 'mv aws_x.a[0] aws_x.b["z"]', {'aws_x.b["k"]': "b.k", 'aws_x.b["z"]': "a.0"}),
    case("into one of another provider", [some("a", 0), some("b", "k", provider=WEST)], 'mv aws_x.a[0] aws_x.b["z"]', {'aws_x.b["k"]': "b.k", 'aws_x.b["z"]': "a.0"}),
    case("into one without instances", [some("a", 0), resource("b")], "mv aws_x.a[0] aws_x.b[0]", {"aws_x.b[0]": "a.0"}),
    case("module", [some("a", None, module="module.m"), some("r", None)], 'mv module.m module.n["k"]', {"aws_x.r": "r.None", 'module.n["k"].aws_x.a': "module.m.a.None"}),
    case("module with modules in it", [some("a", None, module="module.m"), some("b", None, module="module.m.module.i[0]")], "mv module.m module.o.module.n", {"module.o.module.n.aws_x.a": "module.m.a.None", "module.o.module.n.module.i[0].aws_x.b": "module.m.module.i[0].b.None"}),
    case("module that only holds modules", [some("a", None, module="module.m.module.i")], "mv module.m module.n", {"module.n.module.i.aws_x.a": "module.m.module.i.a.None"}),
    case("module instance", [some("a", None, module="module.m[0]"), some("a", None, module="module.m[1]")], "mv module.m[0] module.m", {"module.m.aws_x.a": "module.m[0].a.None", "module.m[1].aws_x.a": "module.m[1].a.None"}),
    case("module beside its new modules", [some("a", None, module="module.m"), some("b", None, module="module.n.module.i")], "mv module.m module.n", {"module.n.aws_x.a": "module.m.a.None", "module.n.module.i.aws_x.b": "module.n.module.i.b.None"}),
    case("module with a like-named one", [some("a", None, module="module.m"), some("a", None, module="module.mm")], "mv module.m module.n", {"module.n.aws_x.a": "module.m.a.None", "module.mm.aws_x.a": "module.mm.a.None"}),
    case("refused: nowhere", [some("a", None)], "mv aws_x.b aws_x.c", None),
    case("refused: no such instance", [some("a", 0)], "mv aws_x.a[1] aws_x.c", None),
    case("refused: the address is taken", [some("a", None), some("b", None)], "mv aws_x.a aws_x.b", None),
    case("refused: to itself", [some("a", None)], "mv aws_x.a aws_x.a", None),
    case("refused: the instance is taken", [some("a", 0), some("b", 0)], "mv aws_x.a[0] aws_x.b[0]", None),
    case("refused: a resource with instances is taken", [some("a", 0), some("b", 1)], "mv aws_x.a aws_x.b", None),
    case("refused: many into one", [some("a", 0, 1)], "mv aws_x.a aws_x.b[0]", None),
    case("refused: another type", [some("a", None)], "mv aws_x.a aws_y.a", None),
    case("refused: another mode", [some("a", None)], "mv aws_x.a data.aws_x.a", None),
    case("refused: resource to module", [some("a", None)], "mv aws_x.a module.m", None),
    case("refused: module to resource", [some("a", None, module="module.m")], "mv module.m aws_x.a", None),
    case("refused: no such module", [some("a", None)], "mv module.m module.n", None),
    case("refused: module named without its key", [some("a", None, module="module.m[0]")], "mv module.m module.n", None),
    case("refused: the module is taken", [some("a", None, module="module.m"), some("b", None, module="module.n")], "mv module.m module.n", None),
    case("refused: no address", [some("a", None)], "mv nonsense aws_x.b", None),
]  # fmt: skip
REMOVALS = [
    case("resource", [some("a", None), some("b", None)], "rm aws_x.a", {"aws_x.b": "b.None"}),
    case("the last resource", [some("a", None)], "rm aws_x.a", {}),
    case("with all instances", [some("a", 0, 1), some("b", None)], "rm aws_x.a", {"aws_x.b": "b.None"}),
    case("instance", [some("a", 0, 1, 2)], "rm aws_x.a[1]", {"aws_x.a[0]": "a.0", "aws_x.a[2]": "a.2"}),
    case("first and last instance", [some("a", 0, 1, 2)], "rm aws_x.a[0] aws_x.a[2]", {"aws_x.a[1]": "a.1"}),
    case("deposed objects go too", [deposed("a"), some("b", None)], "rm aws_x.a", {"aws_x.b": "b.None"}),
    case("module with all in it", [some("a", None, module="module.m[0]"), some("b", None, module="module.m.module.i"), some("c", None, module="module.mm")], "rm module.m", {"module.mm.aws_x.c": "module.mm.c.None"}),
    case("module instance", [some("a", None, module="module.m[0]"), some("a", None, module="module.m[1]")], "rm module.m[0]", {"module.m[1].aws_x.a": "module.m[1].a.None"}),
    case("data source, not its namesake", [some("a", None, mode="data"), some("a", None)], "rm data.aws_x.a", {"aws_x.a": "a.None"}),
    case("one named twice", [some("a", 0, 1)], "rm aws_x.a[0] aws_x.a[0]", {"aws_x.a[1]": "a.1"}),
    case("refused: nothing there", [some("a", 0)], "rm aws_x.b", None),
    case("refused: no such module", [some("a", 0)], "rm module.q", None),
    case("refused: resource of a keyed module", [some("a", None, module="module.m[0]")], "rm module.m.aws_x.a", None),
    case("refused: no address", [some("a", 0)], "rm nonsense", None),
]  # fmt: skip
_ALL = [
    some("a", 0), some("b", None, provider=WEST), some("c", None, provider=f"{IN_M}.w", module="module.m"),
    some("d", None, provider='provider["registry.terraform.io/hashicorp/null"]'),
]  # fmt: skip
_IDS = {"aws_x.a[0]": "a.0", "aws_x.b": "b.None", "module.m.aws_x.c": "module.m.c.None", "aws_x.d": "d.None"}
PROVIDERS = [
    case("in full", _ALL, "replace-provider registry.terraform.io/hashicorp/aws registry.acme.corp/acme/aws", _IDS),
    case("in short", _ALL, "replace-provider aws acme/aws", _IDS),
    case("in capitals", _ALL, "replace-provider Registry.terraform.io/Hashicorp/AWS acme/aws", _IDS),
    case("of Terraform 0.12", [some("a", 0, provider="provider.aws"), some("c", None, module="module.m", provider="module.m.provider.aws.x")], "replace-provider registry.terraform.io/-/aws hashicorp/aws", {"aws_x.a[0]": "a.0", "module.m.aws_x.c": "module.m.c.None"}),
    case("refused: no source", _ALL, "replace-provider a/b/c/d acme/aws", None),
]  # fmt: skip

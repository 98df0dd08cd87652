"""A unit's OpenTofu encryption configuration: `encryption` blocks in its code, TF_ENCRYPTION over them.

Rules: opentofu.org/docs/language/state/encryption; merging: opentofu/internal/encryption/config/config_merge.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.discover.module import Module, load
from driftgate.discover.scope import Place, UnitScope, root_scope
from driftgate.discover.settings import BlockSettings, settings
from driftgate.discover.walk import scan
from driftgate.errors import DriftgateError
from driftgate.hcl.ast import Body, Span
from driftgate.hcl.json_syntax import parse_json
from driftgate.hcl.parse import parse
from driftgate.state.encryption import Encryption, KeyProvider, Method

VARIABLE = "TF_ENCRYPTION"
_REFERENCE = re.compile(r"(key_provider|method)\.([\w-]+\.[\w-]+)")
_REFERRED = ("key_provider", "method")


@dataclass(slots=True)
class _Scope(UnitScope):
    """A unit's scope in which `key_provider.a.b` and `method.a.b` are worth their own text."""

    referred: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def lookup(self, root: str, name: str, span: Span) -> object:
        if root in _REFERRED and name in self.referred.get(root, {}):
            return self.referred[root][name]
        return UnitScope.lookup(self, root, name, span)


def encryption_of(root: Path, folder: str, env: Mapping[str, str], workspace: str = "default") -> Encryption | None:
    """How states of the module in `folder` (relative to `root`) are encrypted; None when nothing says so.

    Raises HclError when TF_ENCRYPTION does not parse, DriftgateError for a block without its labels. Code that does not
    parse is taken for empty.
    """
    found = scan(root, folder, ".terraform")
    module = load(root, found, "tofu")
    bodies = [inner.body for _, block in module.blocks("terraform") for inner in block.body.blocks_of("encryption")]
    bodies += _from_env(env.get(VARIABLE, "").strip())
    if not bodies:
        return None
    _check_labels(bodies)
    return _merged(bodies, _scope(module, Place(root / folder, found.files, env, workspace), bodies))


def _from_env(text: str) -> Iterator[Body]:
    if not text.startswith("{"):
        yield from [parse(text, filename=VARIABLE)] if text else []
        return
    wrapped = parse_json(f'{{"terraform":{{"encryption":{text}}}}}', filename=VARIABLE)
    for block in wrapped.blocks_of("terraform"):
        yield from (inner.body for inner in block.body.blocks_of("encryption"))


def _check_labels(bodies: Iterable[Body]) -> None:
    for block in (block for body in bodies for block in body.blocks_of(*_REFERRED)):
        if len(block.labels) != 2:
            raise DriftgateError(
                f"encryption: a {block.type} block needs two labels, its type and its name",
                next_step=f'write `{block.type} "TYPE" "NAME" {{ … }}`, as OpenTofu wants it',
            )


def _scope(module: Module, place: Place, bodies: Iterable[Body]) -> _Scope:
    plain = root_scope(module, place)
    referred: dict[str, dict[str, dict[str, str]]] = {kind: {} for kind in _REFERRED}
    for block in (block for body in bodies for block in body.blocks_of(*_REFERRED)):
        type_, name = block.labels
        referred[block.type].setdefault(type_, {})[name] = f"{block.type}.{type_}.{name}"
    return _Scope(plain.locals, plain.variables, workspace=place.workspace, path=plain.path, referred=referred)


def _merged(bodies: Iterable[Body], scope: _Scope) -> Encryption:
    """Later bodies go over earlier ones, setting by setting."""
    found: dict[tuple[str, ...], BlockSettings] = {}
    for block in (block for body in bodies for block in body.blocks if block.type in (*_REFERRED, "state")):
        given = settings(block.body, scope)
        merged = found.setdefault((block.type, *block.labels), BlockSettings({}, {}))
        for name in (*given.values, *given.unknown):
            merged.values.pop(name, None)
            merged.unknown.pop(name, None)
        merged.values.update(given.values)
        merged.unknown.update(given.unknown)
    providers = {".".join(key[1:]): _provider(key, value) for key, value in found.items() if key[0] == "key_provider"}
    methods = {".".join(key[1:]): _method(key, value) for key, value in found.items() if key[0] == "method"}
    target = found.get(("state",), BlockSettings({}, {})).values
    return Encryption(providers, tuple(methods[name] for name in _targets(target) if name in methods))


def _targets(target: object) -> Iterator[str]:
    """The methods that a `state` block names: its own, then those of the fallbacks in it."""
    while isinstance(target, Mapping):
        yield _referred(target.get("method"), "method")
        target = target.get("fallback")


def _provider(key: tuple[str, ...], found: BlockSettings) -> KeyProvider:
    chain = _referred(found.values.get("chain"), "key_provider")
    return KeyProvider(key[1], key[2], found.values, chain, _unknown(found))


def _method(key: tuple[str, ...], found: BlockSettings) -> Method:
    aad = found.values.get("aad")
    octets = aad if isinstance(aad, list) and all(isinstance(n, int) and 0 <= n < 256 for n in aad) else []
    return Method(key[1], key[2], _referred(found.values.get("keys"), "key_provider"), bytes(octets), _unknown(found))


def _referred(value: object, kind: str) -> str:
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return match[2] if match and match[1] == kind else ""


def _unknown(found: BlockSettings) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in sorted(found.unknown.items()))

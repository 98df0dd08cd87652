"""rm and replace-provider on a state's own bytes, leaving what `terraform state` would; and new serials.

Everything that is not named stays as it is, byte for byte: numbers of any size, fields nobody knows, order, escapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as replace_source

from msgspec.structs import replace

from driftgate.safety.redact import Redactor
from driftgate.state.file import Instance, StateError, StateFile
from driftgate.state.outline import Outline, content, finished, key_of, outline
from driftgate.state.parse import parse_meta
from driftgate.state.provider_source import parse_config, parse_source
from driftgate.state.secrets import learn
from driftgate.state.splice import (
    Edit,
    drop_elements,
    quoted,
    read_members,
    read_object,
    set_member,
    spliced,
)
from driftgate.state.target import Target, parse_target

TERRAFORM, OPENTOFU = "registry.terraform.io", "registry.opentofu.org"


def with_serial(data: bytes, serial: int) -> bytes:
    """The state in `data`, of any version, under that serial. Raises StateError when it is no state."""
    parse_meta(data)
    text = data.decode()
    first = next((member for member in read_members(text) if member.name == "serial"), None)
    if first is not None:  # as always; it stands before the resources, which need not be looked through then
        changed = spliced(text, [Edit(*first.value, str(serial))]).encode()
        if parse_meta(changed).serial == serial:
            return changed
    return spliced(text, [set_member(text, read_object(text), "serial", str(serial))]).encode()


def removed(state: StateFile, addresses: Sequence[str]) -> bytes:
    """`state` under the next serial, without what the addresses name: modules, resources, instances.

    Deposed objects go too. As `terraform state rm`, but one address that names nothing is an error also among others.
    Raises StateError.
    """
    targets = [parse_target(address) for address in addresses]
    found = outline(state)
    for target in targets:
        require(state, target)
    edits, dropped = [], set()
    for index, resource in enumerate(state.resources):
        instances = [Instance(resource, item) for item in resource.instances or ()]
        gone = {i for i, item in enumerate(instances) if any(target.holds(item) for target in targets)}
        if gone and len(gone) == len(instances):
            dropped.add(index)
        elif gone:
            edits += drop_elements(found.instances(found.resource(index)), gone)
    edits += drop_elements(found.resources, dropped)
    kept = (item for item in state.instances() if not any(target.holds(item) for target in targets))
    before = content(state)
    return finished(state, found, edits, {key: before[key] for key in map(key_of, kept)})


def with_provider(state: StateFile, source: str, replacement: str) -> bytes:
    """`state` with resources of provider `source` given to `replacement`, aliases kept, and the next serial.

    As `terraform state replace-provider`. Sources without a host mean the tool's own registry: OpenTofu's in a state
    whose providers come from there. Raises StateError, also when no resource has that provider.
    """
    found = outline(state)
    named = {named for item in state.instances() for named in (item.resource.provider, item.object.provider) if named}
    sources = sorted({config.source for text in named if (config := parse_config(text))})
    host = OPENTOFU if any(text.startswith(f"{OPENTOFU}/") for text in sources) else TERRAFORM
    old, new = parse_source(source, host), parse_source(replacement, host)
    configs = {text: _replaced(text, old, new) for text in named}
    edits = list(_provider_edits(state, found, {text: config for text, config in configs.items() if config != text}))
    if not edits:
        raise StateError(
            f"no resource in this state has provider {old}",
            next_step=f"there are: {', '.join(sources)}" if sources else "it has no resources",
        )
    expected = {
        key: (configs.get(text, text), replace(item, provider=configs.get(item.provider or "", item.provider)))
        for key, (text, item) in content(state).items()
    }
    return finished(state, found, edits, expected)


def require(state: StateFile, target: Target) -> None:
    """Returns when `target` names something in `state`. Raises StateError with the nearest address."""
    if any(target.holds(instance) for instance in state.instances()):
        return
    import difflib

    near = difflib.get_close_matches(str(target), [str(item.address) for item in state.instances()], n=1, cutoff=0.5)
    redactor = Redactor()
    learn(redactor, state)  # an instance key can be a secret
    hint = f"did you mean {redactor.text(near[0])}?" if near else "`dg state list` shows what is there"
    raise StateError(f"no {target} in this state", next_step=hint)


def _replaced(text: str, old: str, new: str) -> str:
    config = parse_config(text)
    return str(replace_source(config, source=new)) if config and config.source.lower() == old else text


def _provider_edits(state: StateFile, found: Outline, configs: dict[str, str]) -> Iterator[Edit]:
    for index, resource in enumerate(state.resources):
        own = [i for i, item in enumerate(resource.instances or ()) if item.provider in configs]
        if resource.provider not in configs and not own:
            continue
        block = found.resource(index)
        if resource.provider in configs:
            yield set_member(found.text, block, "provider", quoted(configs[resource.provider]))
        for i in own:  # OpenTofu's provider for_each
            item = read_object(found.text, found.instances(block).elements[i].start)
            yield set_member(
                found.text, item, "provider", quoted(configs[(resource.instances or ())[i].provider or ""])
            )

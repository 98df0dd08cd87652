"""What a plan says is secret, by its marks, its variables and its names, collected into a Redactor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from driftgate.safety import names as by_name
from driftgate.safety import shapes
from driftgate.safety.names import Names, Secrecy
from driftgate.safety.redact import Redactor
from driftgate.tfexec.plan import Plan


def taint_of(plan: Plan) -> Redactor:
    """A Redactor that knows every secret in `plan`.

    Read are the parallel `*_sensitive` trees of changes, drift, outputs and recorded resources, sensitive outputs and
    variables (https://developer.hashicorp.com/terraform/internals/json-format), literals of providers and modules,
    and attributes that are secrets by their name.
    """
    redactor = Redactor()
    for value in _secrets(plan):
        redactor.add(value)
    return redactor


def _secrets(plan: Plan) -> Iterator[object]:
    for resource in (*plan.resource_changes, *plan.resource_drift):
        change = resource.change
        for value, marks in ((change.before, change.before_sensitive), (change.after, change.after_sensitive)):
            yield from marked(value, marks)
            yield from named(value)
    for output in plan.output_changes.values():
        yield from marked(output.before, output.before_sensitive)
        yield from marked(output.after, output.after_sensitive)
    for values in (plan.prior_state.get("values"), plan.planned_values):
        yield from _recorded(values or {})
    yield from _configured(plan)


def marked(value: Any, marks: Any) -> Iterator[object]:
    """The parts of `value` for which the parallel tree `marks` says true."""
    if marks is True:
        yield value
    elif isinstance(marks, dict) and isinstance(value, dict):
        for key, mark in marks.items():
            yield from marked(value.get(key), mark)
    elif isinstance(marks, list) and isinstance(value, list):
        for part, mark in zip(value, marks, strict=False):
            yield from marked(part, mark)


def named(value: Any, names: Names = ()) -> Iterator[object]:
    """The leaves of `value` that are secrets by name, or look it in an environment variable or a suspicious name."""
    if isinstance(value, dict):
        label = value.get("name")
        for key, child in value.items():
            below = (*names, label) if key == "value" and isinstance(label, str) else (*names, key)
            yield from named(child, below)
    elif isinstance(value, list):
        for child in value:
            yield from named(child, names)
    elif isinstance(value, str):
        tree = shapes.json_tree(value)
        yield from _secret_text(names, value) if tree is None else named(tree, names)


def _secret_text(names: Names, text: str) -> Iterator[object]:
    kind = by_name.secrecy(names)
    by_its_name = kind is Secrecy.SECRET and not shapes.is_arn(text)
    by_its_look = kind is not Secrecy.PLAIN and shapes.looks_random(text)
    if by_its_name or by_its_look or (kind is Secrecy.ENVIRONMENT and shapes.looks_chosen(text)):
        yield text
    else:
        yield from shapes.keys_in(text)


def _recorded(values: Mapping[str, Any]) -> Iterator[object]:
    """Secrets in a `values` document: outputs, and resources of every module."""
    for output in (values.get("outputs") or {}).values():
        yield from marked(output.get("value"), output.get("sensitive", False))
    modules = [values.get("root_module") or {}]
    while modules:
        module = modules.pop()
        modules.extend(module.get("child_modules") or ())
        for resource in module.get("resources") or ():
            yield from marked(resource.get("values"), resource.get("sensitive_values"))
            yield from named(resource.get("values"))


def _configured(plan: Plan) -> Iterator[object]:
    """Values of sensitive variables, and literals that the configuration gives to anything named like a secret."""
    root = plan.configuration.get("root_module") or {}
    declared = root.get("variables") or {}
    for name, variable in plan.variables.items():
        value = variable.get("value") if isinstance(variable, dict) else None
        if (declared.get(name) or {}).get("sensitive"):
            yield value
        else:
            yield from named(value, (name,))
    yield from _literals(plan.configuration)
    yield from _module_literals(root)


def _literals(node: Any, names: Names = ()) -> Iterator[object]:
    if isinstance(node, dict):
        if "constant_value" in node:
            yield from named(node["constant_value"], names)
        for key, child in node.items():
            yield from _literals(child, (key,))
    elif isinstance(node, list):
        for child in node:
            yield from _literals(child, names)


def _module_literals(module: Mapping[str, Any]) -> Iterator[object]:
    for call in (module.get("module_calls") or {}).values():
        inside = call.get("module") or {}
        for name, variable in (inside.get("variables") or {}).items():
            if variable.get("sensitive"):
                yield ((call.get("expressions") or {}).get(name) or {}).get("constant_value")
        yield from _module_literals(inside)

"""The constants of a module: what its locals and variables are worth without running anything. Never raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from driftgate.hcl.ast import Body, Expr, Span
from driftgate.hcl.evaluate import evaluate
from driftgate.hcl.scope import Function, Scope
from driftgate.hcl.values import EvaluationError, Unknown

__all__ = ["ModuleScope", "Scope", "Unknown", "constant", "module_scope"]


@dataclass(slots=True)
class ModuleScope:
    """The locals and variables of a module; a local is evaluated when first asked for, and once."""

    locals: Mapping[str, Expr]
    variables: Mapping[str, object]
    known: dict[str, object] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)

    def lookup(self, root: str, name: str, span: Span) -> object:
        """The value of `local.name` or `var.name`; other roots are known only to a run."""
        if root == "local":
            return self.local(name, span)
        if root != "var":
            return Unknown(f"{root}.{name} is known only to a run", span)
        return self.variables.get(name, Unknown(f"var.{name} has no value and no default", span))

    def value(self, name: str, span: Span) -> object:
        """A name alone is nothing in a module, but for the whole of `var` and `local`."""
        if name == "var":
            return dict(self.variables)
        if name == "local":
            return {local: self.local(local, span) for local in self.locals}
        return Unknown(f"{name} is not a value", span)

    def function(self, name: str) -> Function | None:
        """Terraform's own functions, as far as they need neither files nor a run."""
        from driftgate.hcl.functions import PURE
        from driftgate.hcl.functions.files import UNREAD

        return PURE.get(name) or UNREAD.get(name)

    def local(self, name: str, span: Span) -> object:
        """The value of a local."""
        if name not in self.locals:
            return Unknown(f"local.{name} is not defined", span)
        if name in self.pending:
            circle = [f"local.{step}" for step in [*self.pending[self.pending.index(name) :], name]]
            return Unknown(f"local.{name} depends on itself: {' -> '.join(circle)}", span)
        if name not in self.known:
            self.pending.append(name)
            try:
                self.known[name] = constant(self.locals[name], self)
            finally:
                self.pending.pop()
        return self.known[name]


def module_scope(bodies: Iterable[Body], given: Mapping[str, object] | None = None) -> ModuleScope:
    """The scope of a module from its files' bodies; `given` variable values go before the defaults.

    A later body's local or default replaces an earlier one's, as override files do.
    """
    locals_: dict[str, Expr] = {}
    variables: dict[str, object] = {}
    for body in bodies:
        for block in body.blocks_of("locals"):
            locals_.update({name: attribute.value for name, attribute in block.body.attributes.items()})
        for block in body.blocks_of("variable"):
            default = block.body.attributes.get("default")
            if default and block.labels:
                variables[block.labels[0]] = constant(default.value)
    return ModuleScope(locals_, {**variables, **(given or {})})


def constant(expr: Expr, scope: Scope | None = None) -> object:
    """The value of an expression, or an `Unknown`, also for what Terraform would refuse. Never raises.

    Without a scope no name has a value.
    """
    try:
        return evaluate(expr, scope or ModuleScope({}, {}))
    except EvaluationError as error:
        return Unknown(error.problem, error.span or expr.span)
    except RecursionError:
        return Unknown("nested too deep to evaluate", expr.span)

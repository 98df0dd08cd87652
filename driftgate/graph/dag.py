"""The units of a repo as a graph: an edge leads from a unit to one that waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from driftgate.unit import Unit

Graph = Any  # networkx.DiGraph, which comes without types


@dataclass(frozen=True, slots=True)
class Queue:
    """`levels` in the order of an apply, each sorted: a unit stands behind all that it waits for.

    `cycles` are the circles, from the first unit by name back to it; the units in them, and those that wait for them,
    are in no level.
    """

    levels: tuple[tuple[str, ...], ...]
    cycles: tuple[tuple[str, ...], ...] = ()

    @property
    def destroy(self) -> tuple[tuple[str, ...], ...]:
        """The levels in the order of a destroy: dependents first."""
        return tuple(reversed(self.levels))


def dag(units: Sequence[Unit]) -> Graph:
    """The graph of the units' paths; what a unit waits for but is not among them is left out."""
    from networkx import DiGraph

    graph = DiGraph()
    graph.add_nodes_from(sorted(str(unit.path) for unit in units))
    for unit in units:
        for one in unit.dependencies:
            if one.unit is not None and str(one.unit) in graph and one.unit != unit.path:
                graph.add_edge(str(one.unit), str(unit.path))
    return graph


def queue(units: Sequence[Unit]) -> Queue:
    """The order of the units, as Terragrunt has it: level by level, by name inside a level."""
    graph = dag(units)
    cycles = _cycles(graph)
    graph.remove_nodes_from({name for cycle in cycles for name in _and_behind(graph, cycle)})
    from networkx import topological_generations

    return Queue(tuple(tuple(sorted(level)) for level in topological_generations(graph)), cycles)


def dependents(units: Sequence[Unit], chosen: Iterable[str]) -> set[str]:
    """`chosen` and everything that waits for them, directly or not."""
    return _and_behind(dag(units), chosen)


def _and_behind(graph: Graph, names: Iterable[str]) -> set[str]:
    from networkx import descendants

    found = {name for name in names if name in graph}
    return found.union(*(descendants(graph, name) for name in found)) if found else found


def _cycles(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """One circle for each knot of units that wait for each other, sorted."""
    from networkx import find_cycle, strongly_connected_components

    found = []
    for knot in strongly_connected_components(graph):
        if len(knot) > 1:
            inner = graph.subgraph(sorted(knot))
            steps = [edge[0] for edge in find_cycle(inner, min(knot))]
            start = steps.index(min(steps))
            circle = (*steps[start:], *steps[:start], steps[start])
            # Edges lead to who waits; people read "a waits for b".
            found.append(tuple(reversed(circle)))
    return tuple(sorted(found))

"""To which incident an alert belongs: by what it is about, by who calls whom, and by time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.insight.scope import Scope
from mendline.model.architecture import Architecture
from mendline.model.incident import Incident

_TOGETHER = timedelta(minutes=15)  # what fires later than this after the last of an incident has a cause of its own
_SAME_POLICY = timedelta(minutes=2)
_HOPS = 2  # function → resource → function

Graph = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Home:
    """An incident, and why the alert belongs there."""

    incident: Incident
    reason: str


def graph_of(architecture: Architecture) -> Graph:
    """Who has to do with whom, by bare names. Kinds of entries (`apigateway.v2`) are nobody: most functions have the
    same."""
    near: dict[str, set[str]] = {}
    for edge in architecture.edges:
        if edge.source.startswith("entry:"):
            continue
        source, target = (key.partition(":")[2] for key in (edge.source, edge.target))
        near.setdefault(source, set()).add(target)
        near.setdefault(target, set()).add(source)
    return {name: frozenset(others) for name, others in near.items()}


def around(graph: Graph, names: Iterable[str]) -> frozenset[str]:
    """Names within two hops, themselves among them."""
    found = set(names)
    edge = set(found)
    for _ in range(_HOPS):
        edge = {other for name in edge for other in graph.get(name, ())} - found
        found |= edge
    return frozenset(found)


def home_of(
    scope: Scope, policy: str, at: datetime, incidents: Sequence[Incident], last: Mapping[int, datetime], graph: Graph
) -> Home | None:
    """The open incident that an alert which fires now joins; None where it is one of its own. `last` is when an alert
    last joined each."""
    lately = [one for one in incidents if one.is_open and at - last.get(one.id, one.detected) <= _TOGETHER]
    for one in lately:
        shared = scope.names & {*one.functions, *one.resources}
        if shared:
            return Home(one, f"it is about {sorted(shared)[0]} too")
    near = around(graph, scope.names)
    for one in lately:
        shared = near & {*one.functions, *one.resources}
        if shared:
            return Home(one, f"{sorted(scope.names)[0]} and {sorted(shared)[0]} call each other, or the same")
    for one in lately:
        if policy in one.policies and at - last.get(one.id, one.detected) <= _SAME_POLICY:
            return Home(one, "the same condition began to hold at the same time")
    return None

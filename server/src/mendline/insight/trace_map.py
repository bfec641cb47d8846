"""One trace as a graph: which functions took part, what they called, and what that invoked."""

from __future__ import annotations

from collections.abc import Sequence

from mendline.insight.critical_path import parents_of
from mendline.model.architecture import Architecture, Edge, Node
from mendline.model.trace import Span, Trace


def trace_map(trace: Trace) -> Architecture:
    """The graph; durations of edges are the mean and the longest of their calls."""
    parents = parents_of(trace.spans)
    owners = _owners(trace.spans, parents)
    calls: dict[tuple[str, str], list[Span]] = {}
    for index, span in enumerate(trace.spans):
        edge = _edge(trace.spans, parents, owners, index)
        if edge and edge[0] != edge[1]:
            calls.setdefault(edge, []).append(span)
    edges = [_told(source, target, spans) for (source, target), spans in sorted(calls.items())]
    keys = {owner for owner in owners if owner} | {end for edge in edges for end in (edge.source, edge.target)}
    return Architecture(tuple(_node(key, trace.spans, owners, edges) for key in sorted(keys)), tuple(edges))


def _owners(spans: Sequence[Span], parents: Sequence[int]) -> list[str]:
    """Of each span, the function (or the service, where none is above it) that it is part of."""
    owners: list[str] = []
    for index, span in enumerate(spans):
        above = owners[parents[index]] if parents[index] >= 0 else ""
        if span.invocation:
            owners.append(f"function:{span.function}")
        elif above and (parents[index] < 0 or spans[parents[index]].service == span.service):
            owners.append(above)
        else:
            owners.append(f"service:{span.service}")
    return owners


def _edge(spans: Sequence[Span], parents: Sequence[int], owners: Sequence[str], index: int) -> tuple[str, str] | None:
    """What a span is in the graph: a call to a resource, an invocation by one, or by another function."""
    span, above = spans[index], parents[index]
    if span.resource_type:
        return owners[index], _resource(span)
    if span.invocation and above < 0:
        trigger = span.attributes.get("mendline.trigger", "")
        return (f"entry:{trigger}", owners[index]) if trigger and trigger != "direct" else None
    if span.invocation and above >= 0:
        caller = spans[above]
        if not caller.resource_type:
            return owners[above], owners[index]
        return (_resource(caller), owners[index]) if _resource(caller) != owners[index] else None
    return None


def _resource(span: Span) -> str:
    if span.resource_type == "lambda":
        return f"function:{span.resource_name}"
    return f"{span.resource_type}:{span.resource_name}"


def _told(source: str, target: str, spans: Sequence[Span]) -> Edge:
    durations = [span.duration_ms for span in spans]
    failed = sum(span.failed for span in spans)
    return Edge(source, target, len(spans), failed, sum(durations) / len(durations), max(durations))


def _node(key: str, spans: Sequence[Span], owners: Sequence[str], edges: Sequence[Edge]) -> Node:
    kind, _, name = key.partition(":")
    if kind == "function":
        own = [span for span, owner in zip(spans, owners, strict=True) if owner == key and span.invocation]
        return Node(key, kind, "lambda", name, len(own), sum(span.failed for span in own))
    if kind in ("service", "entry"):
        return Node(key, kind, kind, name, 0, 0)
    to = [edge for edge in edges if edge.target == key]
    return Node(key, "resource", kind, name, sum(edge.calls for edge in to), sum(edge.errors for edge in to))

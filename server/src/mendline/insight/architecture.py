"""The architecture, from the data: who calls whom, and what invokes whom, over a time range."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mendline.insight.moments import range_parameters
from mendline.model.architecture import Architecture, Difference, Edge, Node
from mendline.model.histogram import quantile
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_ENTRIES = ("apigateway.v1", "apigateway.v2", "apigateway.websocket", "function_url", "alb", "vpclattice")
_UNKNOWN = ("", "direct", "other")  # nothing says who it was, or the caller's own call does
_KINDS_IN_ARNS = frozenset({"table", "stream", "rule", "stateMachine", "function", "deliverystream", "topic"})
_LEAST_CALLS, _SLOWER = 20, 1.5


def architecture(store: TelemetryStore, time_range: TimeRange) -> Architecture:
    """The graph of what was called and invoked in the range."""
    parameters = range_parameters(time_range)
    triggers = store.select("triggers_between", parameters)
    calls = store.select("calls_between", parameters)
    functions = {row["function"] for row in triggers}
    edges = [*_calls(calls, functions), *_invocations(triggers)]
    return Architecture(tuple(_nodes(edges, triggers, calls)), tuple(sorted(edges, key=lambda edge: edge.key)))


def differences(now: Architecture, before: Architecture) -> dict[str, Difference]:
    """By the key of every edge of either graph, how it is unlike before. Slower: half as long again in the median or in
    the slowest twentieth, of 20 calls at least; failing: 2 points more than twice its share."""
    was = {edge.key: edge for edge in before.edges}
    told = {edge.key: Difference(_state(edge, was.get(edge.key)), was.get(edge.key)) for edge in now.edges}
    return told | {key: Difference("gone", edge) for key, edge in was.items() if key not in told}


def source_name(source: str) -> str:
    """What a trigger's source is called by who calls it: the queue of an ARN, the table of the ARN of its stream."""
    text = source.split(":", 5)[5] if source.startswith("arn:") and source.count(":") >= 5 else source
    kind, *rest = re.split(r"[/:]", text)
    if not rest or kind not in _KINDS_IN_ARNS or not source.startswith("arn:"):
        return text
    return rest[-1] if kind == "rule" else rest[0]


def _state(edge: Edge, was: Edge | None) -> str:
    if was is None:
        return "new"
    if 1 - edge.health > 2 * (1 - was.health) + 0.02:
        return "failing"
    enough = min(edge.calls, was.calls) >= _LEAST_CALLS
    slower = edge.p50_ms > _SLOWER * was.p50_ms or edge.p95_ms > _SLOWER * was.p95_ms
    return "slower" if enough and slower else ""


def _calls(rows: list[dict[str, Any]], functions: set[str]) -> Iterator[Edge]:
    for row in rows:
        counts = dict(zip(*row["durations"], strict=True))
        yield Edge(
            _caller(row["service"], functions),
            _called(row),
            row["calls"],
            row["errors"],
            quantile(counts, 0.5),
            quantile(counts, 0.95),
        )


def _invocations(rows: list[dict[str, Any]]) -> Iterator[Edge]:
    """One edge for all sources of a function that are one node; percentiles of the one that invokes most."""
    edges: dict[tuple[str, str], Edge] = {}
    for row in rows:
        source = _trigger(row["trigger"], row["source"])
        if source:
            key = (source, f"function:{row['function']}")
            told = edges.get(key) or Edge(*key, 0, 0, *row["percentiles"])
            calls, errors = told.calls + row["calls"], told.errors + row["errors"]
            edges[key] = Edge(*key, calls, errors, told.p50_ms, told.p95_ms)
    yield from edges.values()


def _nodes(edges: list[Edge], triggers: list[dict[str, Any]], calls: list[dict[str, Any]]) -> list[Node]:
    """Every end of an edge, and functions without any. A function counts its invocations, anything else its calls."""
    totals: dict[str, list[int]] = {}
    for key, row in [(f"function:{row['function']}", row) for row in triggers] + [(_called(row), row) for row in calls]:
        if key.startswith("function:") and row in calls:
            totals.setdefault(key, [0, 0])
            continue
        total = totals.setdefault(key, [0, 0])
        total[0] += row["calls"]
        total[1] += row["errors"]
    for edge in edges:
        if edge.source not in totals:
            totals[edge.source] = [0, 0]
        if not edge.source.startswith("function:") and edge.target.startswith("function:"):
            total = totals[edge.source]
            total[0] = max(total[0], edge.calls)
    return sorted((_node(key, *total) for key, total in totals.items()), key=lambda node: node.key)


def _node(key: str, calls: int, errors: int) -> Node:
    kind, _, name = key.partition(":")
    if kind in ("function", "service", "entry"):
        return Node(key, kind, kind if kind != "function" else "lambda", name, calls, errors)
    return Node(key, "resource", kind, name, calls, errors)


def _caller(service: str, functions: set[str]) -> str:
    return f"function:{service}" if service in functions else f"service:{service}"


def _called(row: Mapping[str, Any]) -> str:
    return f"function:{row['name']}" if row["type"] == "lambda" else f"{row['type']}:{row['name']}"


def _trigger(trigger: str, source: str) -> str:
    if trigger in _UNKNOWN:
        return ""
    return f"entry:{trigger}" if trigger in _ENTRIES or not source else f"{trigger}:{source_name(source)}"

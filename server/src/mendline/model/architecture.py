"""The shape of the whole: functions, what they call, what invokes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """`kind` is `function`, `service` (calls, but is no function), `resource` or `entry` (what invokes from outside).
    `key` is the same whenever the graph is made."""

    key: str
    kind: str
    type: str
    name: str
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Calls from one node to another, or invocations of a function by what triggers it. Durations in ms: of calls as
    the caller saw them, of invocations as they ran."""

    source: str
    target: str
    calls: int
    errors: int
    p50_ms: float
    p95_ms: float

    @property
    def key(self) -> str:
        """The same whenever the graph is made."""
        return f"{self.source} > {self.target}"

    @property
    def health(self) -> float:
        """The share that did not fail, from 0 to 1."""
        return 1 - self.errors / self.calls if self.calls else 1.0


@dataclass(frozen=True, slots=True)
class Architecture:
    """A graph without double edges; nodes and edges are sorted by their keys."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What an edge is compared with the period before: `new`, `gone`, `slower`, `failing` or empty; `before` is the
    edge as it was then."""

    state: str
    before: Edge | None

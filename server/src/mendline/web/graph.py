"""The architecture as a drawing: nodes and edges with their places, widths and classes. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendline.model.architecture import Architecture, Difference, Edge, Node
from mendline.web.formats import NARROW_SPACE, count, duration, percent
from mendline.web.graph_layout import Grid, lay_out
from mendline.web.telemetry_text import clip

GRID = Grid()
_MARGIN = 10
_ARROW = 7
_LABEL = 20
_POOR, _BAD = 0.99, 0.9
_Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """`label` and `below` are its two lines; `link` is empty where it leads nowhere."""

    node: Node
    x: float
    y: float
    label: str
    below: str
    link: str
    state: str


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """`path` and `arrow` are `d` of paths; `health` is good, poor or bad; `state` is that of Difference."""

    edge: Edge
    path: str
    arrow: str
    width: float
    health: str
    state: str
    title: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it; `width` and `height` are those of the view box."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    width: int
    height: int


def draw(
    now: Architecture,
    links: Mapping[str, str],
    different: Mapping[str, Difference] | None = None,
    before: Architecture | None = None,
    chosen: str = "",
) -> Drawing:
    """The graph; with what is different, also what is gone. The chosen edge is drawn last, above all others."""
    different = different or {}
    gone = [told.before for told in different.values() if told.state == "gone" and told.before]
    nodes = {node.key: node for node in (*(before.nodes if before else ()), *now.nodes)}
    edges = sorted((*now.edges, *gone), key=lambda edge: edge.key)
    layout = lay_out(list(nodes), [(edge.source, edge.target) for edge in edges], GRID)
    known, was = {node.key for node in now.nodes}, {node.key for node in before.nodes} if before else set(nodes)
    drawn = [
        _edge(edge, layout.paths[edge.source, edge.target], different.get(edge.key), edge.key == chosen)
        for edge in edges
        if edge.source != edge.target
    ]
    return Drawing(
        nodes=tuple(
            _node(nodes[key], place, links.get(key, ""), "gone" if key not in known else "" if key in was else "new")
            for key, place in layout.places.items()
        ),
        edges=tuple(sorted(drawn, key=lambda edge: edge.chosen)),
        width=math.ceil(layout.width) + 2 * _MARGIN,
        height=math.ceil(layout.height) + 2 * _MARGIN,
    )


def health_word(share: float) -> str:
    """good, poor (below 99 %) or bad (below 90 %)."""
    return "bad" if share < _BAD else "poor" if share < _POOR else "good"


def _node(node: Node, place: tuple[float, float], link: str, state: str) -> DrawnNode:
    label = clip(node.name or "(no name)", _LABEL)
    told = [] if node.kind in ("function", "service") else [clip(node.type, 14)]
    if node.calls:
        told.append(count(node.calls))
    if node.errors:
        told.append(f"▲{NARROW_SPACE}{percent(node.errors / node.calls)}")
    return DrawnNode(node, place[0] + _MARGIN, place[1] + _MARGIN, label, " · ".join(told), link, state)


def _edge(edge: Edge, points: _Points, told: Difference | None, chosen: bool) -> DrawnEdge:
    moved = [(x + _MARGIN, y + _MARGIN) for x, y in points]
    title = f"{count(edge.calls)} calls, {count(edge.errors)} errors, p50 {duration(edge.p50_ms)}"
    return DrawnEdge(
        edge=edge,
        path=_curve(moved),
        arrow=_arrow(moved),
        width=round(1 + 0.9 * math.log10(edge.calls + 1), 1),
        health=health_word(edge.health),
        state=told.state if told else "",
        title=title,
        chosen=chosen,
    )


def _curve(points: _Points) -> str:
    """Bends between the layers, straight lines through them; it ends before the arrow."""
    away = -_ARROW if points[-1][0] > points[-2][0] else _ARROW
    ended = [*points[:-1], (points[-1][0] + away, points[-1][1])]
    path = f"M{ended[0][0]:.1f} {ended[0][1]:.1f}"
    for (x, y), (to_x, to_y) in itertools.pairwise(ended):
        middle = (x + to_x) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return path


def _arrow(points: _Points) -> str:
    (x, y), back = points[-1], -_ARROW if points[-1][0] > points[-2][0] else _ARROW
    return f"M{x:.1f} {y:.1f}l{back} -4v8z"

"""A layered layout of a directed graph: layers from left to right, the same places for the same graph. Pure.

Cycles are broken by turning the edges round that lead back in a walk through the nodes in order of their keys; layers
are longest paths; edges over several layers get a bend in each; within layers, nodes are ordered by the mean place of
their neighbours (Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system structures", IEEE
Transactions on Systems, Man, and Cybernetics 11 (2), 1981). Nothing of it depends on volumes, so that a busy hour moves
nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_SWEEPS = 24
_TALL = 1000
_APART = 7  # of an edge that leads back from one that leads there
_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes in units of the drawing: of a node, of the gap between layers, and between nodes of a layer."""

    width: float = 148
    height: float = 36
    across: float = 48
    between: float = 14


@dataclass(frozen=True, slots=True)
class Layout:
    """The left upper corner of each node, the points of each edge from source to target, and the size of all."""

    places: Mapping[str, tuple[float, float]]
    paths: Mapping[_Pair, tuple[tuple[float, float], ...]]
    width: float
    height: float


def lay_out(nodes: Sequence[str], edges: Iterable[_Pair], grid: Grid = Grid()) -> Layout:
    """Where the nodes stand. Edges from a node to itself have no path."""
    names = sorted(nodes)
    wanted = sorted({(source, target) for source, target in edges if source != target})
    forward = _without_cycles(names, wanted)
    layer = _layers(names, forward)
    chains, rows = _with_bends(names, forward, layer)
    _order(rows, chains)
    middles = _middles(rows, chains, grid, set(names))
    places = {name: (layer[name] * (grid.width + grid.across), middles[name] - grid.height / 2) for name in names}
    paths = {
        (source, target): _path((source, target), chains, layer, middles, grid, turned=(source, target) not in chains)
        for source, target in wanted
    }
    bottom = max(middles.values(), default=-grid.height / 2) + grid.height / 2
    layers = max(layer.values(), default=-1) + 1
    return Layout(places, paths, max(0.0, layers * (grid.width + grid.across) - grid.across), bottom)


def _without_cycles(names: Sequence[str], edges: Sequence[_Pair]) -> list[_Pair]:
    """The edges, those that close a cycle turned round. The walk begins at nodes that nothing leads to."""
    following: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        following[source].append(target)
    targets = {target for _, target in edges}
    back: set[_Pair] = set()
    state: dict[str, int] = {}
    for root in sorted(names, key=lambda name: (name in targets, name)):
        _walk(root, following, state, back)
    return sorted({(target, source) if (source, target) in back else (source, target) for source, target in edges})


def _walk(root: str, following: Mapping[str, Sequence[str]], state: dict[str, int], back: set[_Pair]) -> None:
    """Depth first without recursion; state is 1 while a node is on the way, 2 when it is left."""
    if root in state:
        return
    state[root] = 1
    stack = [(root, iter(following[root]))]
    while stack:
        name, rest = stack[-1]
        target = next(rest, None)
        if target is None:
            state[name] = 2
            stack.pop()
        elif state.get(target) == 1:
            back.add((name, target))
        elif target not in state:
            state[target] = 1
            stack.append((target, iter(following[target])))


def _layers(names: Sequence[str], edges: Sequence[_Pair]) -> dict[str, int]:
    """The longest path from the left; what nothing leads to stands right before what it leads to."""
    before: dict[str, list[str]] = {name: [] for name in names}
    after: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        before[target].append(source)
        after[source].append(target)
    left = {name: len(before[name]) for name in names}
    ready = [name for name in names if not left[name]]
    layer = dict.fromkeys(names, 0)
    for name in ready:  # it grows while it is walked
        for target in after[name]:
            layer[target] = max(layer[target], layer[name] + 1)
            left[target] -= 1
            if not left[target]:
                ready.append(target)
    for name in names:
        if not before[name] and after[name]:
            layer[name] = min(layer[target] for target in after[name]) - 1
    return layer


def _with_bends(
    names: Sequence[str], edges: Sequence[_Pair], layer: Mapping[str, int]
) -> tuple[dict[_Pair, list[str]], list[list[str]]]:
    """Each edge as the chain of what it passes in each layer, and what stands in each layer."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name in names:
        rows[layer[name]].append(name)
    chains = {}
    for source, target in edges:
        bends = [f"{source}\n{target}\n{at}" for at in range(layer[source] + 1, layer[target])]
        for at, bend in enumerate(bends, layer[source] + 1):
            rows[at].append(bend)
        chains[source, target] = [source, *bends, target]
    return chains, rows


def _order(rows: list[list[str]], chains: Mapping[_Pair, Sequence[str]]) -> None:
    """Sort each layer by the mean place of neighbours, from the left and from the right in turn; keep the order that
    has the fewest crossings."""
    left, right = _neighbours(chains)
    best, fewest = [list(row) for row in rows], _crossings(rows, right)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        neighbours = left if forwards else right
        for row, beside in _pairs(rows, forwards):
            place = {name: index for index, name in enumerate(beside)}
            means = {
                name: _mean([place[it] for it in neighbours[name] if it in place], own) for own, name in enumerate(row)
            }
            row.sort(key=lambda name: (means[name], name))
        crossings = _crossings(rows, right)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, chosen in zip(rows, best, strict=True):
        row[:] = chosen


def _pairs(rows: list[list[str]], forwards: bool) -> list[tuple[list[str], list[str]]]:
    if forwards:
        return [(rows[index], rows[index - 1]) for index in range(1, len(rows))]
    return [(rows[index], rows[index + 1]) for index in range(len(rows) - 2, -1, -1)]


def _neighbours(chains: Mapping[_Pair, Sequence[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for chain in chains.values():
        for name in chain:
            left.setdefault(name, [])
            right.setdefault(name, [])
        for one, other in itertools.pairwise(chain):
            right[one].append(other)
            left[other].append(one)
    return _Missing(left), _Missing(right)


class _Missing(dict[str, list[str]]):
    """Nodes without edges have no neighbours."""

    def __missing__(self, name: str) -> list[str]:
        return []


def _crossings(rows: Sequence[Sequence[str]], right: Mapping[str, Sequence[str]]) -> int:
    found = 0
    for row, beside in itertools.pairwise(rows):
        place = {name: index for index, name in enumerate(beside)}
        ends = [end for name in row for end in sorted(place[it] for it in right[name] if it in place)]
        found += sum(ends[one] > ends[other] for one in range(len(ends)) for other in range(one + 1, len(ends)))
    return found


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _middles(
    rows: Sequence[Sequence[str]], chains: Mapping[_Pair, Sequence[str]], grid: Grid, nodes: set[str]
) -> dict[str, float]:
    """How far down the middle of each thing is: as near to its neighbours as the order and the room allow."""
    left, right = _neighbours(chains)
    half = {
        name: (grid.height + grid.between) / 2 if name in nodes else grid.between / 2 for row in rows for name in row
    }
    middles: dict[str, float] = {}
    for row in rows:
        _stack(row, dict.fromkeys(row, 0.0), half, middles)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for row in rows if forwards else reversed(rows):
            neighbours = (left if forwards else right) if sweep < _SWEEPS - 2 else left
            wished = {name: _mean([middles[it] for it in neighbours[name]], middles[name]) for name in row}
            _stack(row, wished, half, middles)
    _raise(rows, half, middles)
    highest = min((middles[name] - grid.height / 2 for name in middles), default=0.0)
    return {name: middle - highest for name, middle in middles.items()}


def _raise(rows: Sequence[Sequence[str]], half: Mapping[str, float], middles: dict[str, float]) -> None:
    """Of what is taller than a window, no layer begins above the first one: what one sees first is where it begins."""
    ends = [(middles[row[0]] - half[row[0]], middles[row[-1]] + half[row[-1]]) for row in rows]
    if not ends or max(end for _, end in ends) - min(top for top, _ in ends) <= _TALL:
        return
    for row, (top, _) in zip(rows, ends, strict=True):
        for name in row:
            middles[name] += max(0.0, ends[0][0] - top)


def _stack(
    row: Sequence[str], wished: Mapping[str, float], half: Mapping[str, float], middles: dict[str, float]
) -> None:
    """Give each its wish, and room; then move all so that they miss their wishes as little as can be."""
    end = float("-inf")
    for name in row:
        middles[name] = max(wished[name], end + half[name])
        end = middles[name] + half[name]
    missed = _mean([middles[name] - wished[name] for name in row], 0.0)
    for name in row:
        middles[name] -= missed


def _path(
    edge: _Pair,
    chains: Mapping[_Pair, Sequence[str]],
    layer: Mapping[str, int],
    middles: Mapping[str, float],
    grid: Grid,
    *,
    turned: bool,
) -> tuple[tuple[float, float], ...]:
    first, last = (edge[1], edge[0]) if turned else edge
    chain = chains[first, last]
    step = grid.width + grid.across
    points = [(layer[first] * step + grid.width, middles[first])]
    for at, bend in enumerate(chain[1:-1], layer[first] + 1):
        points += [(at * step, middles[bend]), (at * step + grid.width, middles[bend])]
    points.append((layer[last] * step, middles[last]))
    return tuple((x, y + _APART) for x, y in reversed(points)) if turned else tuple(points)

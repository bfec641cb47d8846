"""The layout of the architecture: the same for the same graph, without overlaps, from left to right."""

from __future__ import annotations

import itertools
import random

import pytest

from mendline.web.graph_layout import Grid, lay_out

GRID = Grid()
CYCLE = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]


def _large():
    """150 nodes in about ten layers, with edges that skip some."""
    dice = random.Random(7)
    names = [f"n{number:03}" for number in range(150)]
    edges = {(names[dice.randrange(max(1, number // 2))], names[number]) for number in range(1, 150)}
    return names, sorted(edges | {tuple(sorted(dice.sample(names, 2))) for _ in range(70)})


def _overlaps(layout):
    return [
        pair
        for pair in itertools.combinations(layout.places.values(), 2)
        if abs(pair[0][0] - pair[1][0]) < GRID.width and abs(pair[0][1] - pair[1][1]) < GRID.height
    ]


def test_order_of_nodes_and_edges_changes_nothing():
    names, edges = _large()
    told = lay_out(names, edges)
    assert lay_out(names[::-1], [*edges[::-1], *edges[:5]]) == told


@pytest.mark.parametrize("graph", [(["a"], []), (["a", "b", "c", "d"], CYCLE), _large()], ids=["one", "cycle", "large"])
def test_nodes_do_not_overlap_and_stay_inside(graph):
    layout = lay_out(*graph)
    assert not _overlaps(layout)
    for x, y in layout.places.values():
        assert 0 <= x <= layout.width - GRID.width
        assert 0 <= y <= layout.height - GRID.height


def test_edges_go_from_left_to_right_unless_they_close_a_cycle():
    layout = lay_out(["a", "b", "c", "d"], CYCLE)
    x = {name: place[0] for name, place in layout.places.items()}
    assert x["a"] < x["b"] < x["c"] < x["d"]
    back = layout.paths["c", "a"]
    assert (back[0][0], back[-1][0]) == (x["c"], x["a"] + GRID.width)


def test_edge_over_several_layers_passes_no_node():
    layout = lay_out(
        ["a", "b", "c", "d", "e"], [("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("a", "e"), ("e", "d")]
    )
    bends = layout.paths["a", "d"][1:-1]
    for x, y in bends:
        for left, top in layout.places.values():
            assert not (left - 1 < x < left + GRID.width + 1 and top < y < top + GRID.height)


def test_graph_of_150_nodes_is_laid_out_compactly():
    layout = lay_out(*_large())
    assert layout.height < 70 * (GRID.height + GRID.between)


def test_tall_graph_begins_at_its_top():
    names = [f"n{number}" for number in range(60)]
    layout = lay_out(names, [("n0", name) for name in names[1:]])
    assert layout.places["n0"][1] == 0
    assert not _overlaps(layout)


def test_edge_to_itself_has_no_path_and_an_empty_graph_no_size():
    assert lay_out(["a"], [("a", "a")]).paths == {}
    assert (lay_out([], []).width, lay_out([], []).height) == (0, 0)

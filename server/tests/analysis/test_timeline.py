"""A timeline that is played again says how much earlier it would have ended, and never too little."""

from __future__ import annotations

import random

import pytest

from mendline.analysis.timeline import Node, length_without, steps_of


def _spent(nodes):
    """Each span's own time under its number, each wait for its start under `w` and its number."""
    steps = steps_of(nodes)
    told = []
    for step in steps:
        parent = nodes[step.index].parent
        key = f"w{step.index}" if step.starts and (step.apart or parent < 0) else parent if step.starts else step.index
        told.append([(key, step.at - step.since)])
    return steps, told


@pytest.mark.parametrize(
    ("nodes", "without", "length"),
    [
        ([(-1, 0, 100)], (), 100),
        ([(-1, 0, 100)], (0,), 0),
        # a call of 30 in 100 saves as much; of two at once, only what the other does not take
        ([(-1, 0, 100), (0, 20, 50)], (1,), 70),
        ([(-1, 0, 100), (0, 10, 90), (0, 10, 60)], (1,), 70),
        ([(-1, 0, 100), (0, 10, 90), (0, 10, 60)], (2,), 100),
        ([(-1, 0, 100), (0, 10, 90), (0, 10, 60)], (1, 2), 20),
        # one after the other
        ([(-1, 0, 100), (0, 10, 40), (0, 50, 90)], (1,), 70),
        ([(-1, 0, 100), (0, 10, 40), (0, 50, 90)], (0,), 70),
        # a message that waits
        ([(-1, 0, 10), (0, 60, 80)], ("w1",), 30),
        ([(-1, 0, 10), (0, 60, 80)], (0,), 70),
        # what nobody waits for
        ([(-1, 0, 10), (0, 2, 40)], (0,), 38),
        # the entry's own wait
        ([(-1, 0, 100, 50)], ("w0",), 100),
        ([], (), 0),
    ],
)
def test_what_is_taken_away_lets_the_rest_begin_earlier(nodes, without, length):
    nodes = [Node(*node) for node in nodes]
    assert length_without(nodes, *_spent(nodes), without) == length


@pytest.mark.parametrize("seed", range(20))
def test_without_nothing_it_is_as_long_as_it_was_and_never_longer_with_less(seed):
    dice = random.Random(seed)
    nodes = [Node(-1, 0, 200, dice.randrange(3))]
    for index in range(1, dice.randrange(2, 40)):
        parent = dice.randrange(index)
        start = nodes[parent].start + dice.randrange(90)
        nodes.append(Node(parent, start, start + dice.randrange(80)))
    steps, told = _spent(nodes)
    whole = length_without(nodes, steps, told)
    assert whole == max(one.end for one in nodes) + nodes[0].before
    keys = {key for parts in told for key, _ in parts}
    assert all(0 <= length_without(nodes, steps, told, (key,)) <= whole for key in keys)
    assert length_without(nodes, steps, told, keys) == 0

"""The critical path follows what was waited for, from the first moment of a trace to its last, without gaps."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from mendline.insight.critical_path import critical_path
from mendline.model.origin import Scope
from mendline.model.trace import Span


def spans_of(*told):
    """Spans of (depth, start, duration), in the order of a waterfall."""
    return [
        Span(
            span_id=f"{index:016x}", parent_id="", name=f"s{index}", kind="internal", service="", function="",
            start_ns=start * 10**6, offset_ms=float(start), duration_ms=float(duration), self_ms=0.0, depth=depth,
            orphan=False, invocation=False, status="unset", status_message="", resource_type="", resource_name="",
            operation="", attempt=1, recovered=False, final=None, resource_id="", placed_at_receipt=False,
            attributes={}, attribute_types={}, trace_state="", flags=0, scope=Scope(""), dropped_attributes=0,
            dropped_events=0, dropped_links=0,
        )
        for index, (depth, start, duration) in enumerate(told)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spans", "path"),
    [
        ([(0, 0, 10)], [(0, 0, 10)]),
        ([(0, 0, 100), (1, 20, 30)], [(0, 0, 20), (1, 20, 50), (0, 50, 100)]),
        # of two at once, the one that ended last was waited for
        ([(0, 0, 100), (1, 10, 80), (1, 20, 30)], [(0, 0, 10), (1, 10, 90), (0, 90, 100)]),
        ([(0, 0, 100), (1, 0, 40), (1, 40, 60)], [(1, 0, 40), (2, 40, 100)]),
        # a message: sent, waited in a queue, taken
        ([(0, 0, 10), (1, 5, 5), (2, 60, 20)], [(0, 0, 5), (1, 5, 10), (2, 10, 60, True), (2, 60, 80)]),
        # what runs on when all else is over, and nothing waits for, is not of it: the last to end is the end
        ([(0, 0, 10), (1, 2, 20), (1, 3, 5)], [(0, 0, 2), (1, 2, 22)]),
        ([(0, 0, 10), (0, 50, 10)], [(1, 50, 60)]),
        ([(0, 0, 0)], []),
        ([], []),
    ],
)
def test_time_is_given_to_what_was_waited_for(spans, path):
    told = [(piece.index, piece.start_ms, piece.end_ms, piece.waiting) for piece in critical_path(spans_of(*spans))]
    assert told == [(*piece, False)[:4] if len(piece) == 3 else piece for piece in path]


@pytest.mark.parametrize("seed", range(20))
def test_pieces_follow_one_another_from_the_beginning_of_the_tree_to_its_end(seed):
    dice = random.Random(seed)
    told = [(0, 0, 200)]
    for _ in range(dice.randrange(1, 60)):
        depth = dice.randrange(1, told[-1][0] + 2)
        told.append((depth, dice.randrange(0, 300), dice.randrange(0, 100)))
    path = critical_path(spans_of(*told))
    assert all(one.end_ms == other.start_ms for one, other in pairwise(path))
    assert path[-1].end_ms == max(start + duration for _, start, duration in told)
    assert path[0].start_ms <= min(0, *(start for _, start, _ in told))


def test_5_000_spans_are_walked_in_linear_time():
    dice = random.Random(1)
    spans = spans_of((0, 0, 10_000), *((dice.randrange(1, 4), dice.randrange(9000), 50) for _ in range(4999)))
    begun = time.thread_time()
    critical_path(spans)
    assert time.thread_time() - begun < 20  # a tenth of a second; what is quadratic takes minutes


def test_what_follows_at_once_is_not_taken_for_what_runs_beside():
    spans = spans_of((0, 0, 1), (1, 0, 1), (1, 0, 1))
    spans = [
        replace(span, offset_ms=at, duration_ms=took)
        for span, at, took in zip(spans, (0, 0.1, 0.3), (1, 0.2, 0.7), strict=True)
    ]
    assert [piece.index for piece in critical_path(spans)] == [0, 1, 2]

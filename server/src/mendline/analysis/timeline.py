"""A tree of spans as events in time, played again as if some of its time had not been spent. Pure.

What a span does next begins when all that it waited for has ended; so what is taken away lets later things begin
earlier, but never before anything else that was waited for too. Of spans that follow one another it is supposed that
the later one needed the former, as in the projections of CRISP (Uber, USENIX ATC 2022): a saving is one at most.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Key: TypeAlias = Hashable


@dataclass(frozen=True, slots=True)
class Node:
    """A span: `parent` is an index, -1 for none, of which `before` is the time that it waited for its start; `end` is
    when it ended for whoever waited for it. Times in any unit."""

    parent: int
    start: float
    end: float
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """Span `index` starts or ends at `at`; what leads there goes on from `since`. `apart`: its caller had ended."""

    index: int
    starts: bool
    since: float
    at: float
    apart: bool = False


def steps_of(nodes: Sequence[Node]) -> list[Step]:
    """All that happens, in the order of time: ends before starts, children before their callers."""
    events = [(node.start, 1, index, 0, index) for index, node in enumerate(nodes)]
    for index, node in enumerate(nodes):
        events.append((node.end, 0, -index, 1, index) if node.end > node.start else (node.end, 1, index, 1, index))
    reached = [node.start for node in nodes]
    found = []
    for at, _, _, is_end, index in sorted(events):
        parent = nodes[index].parent
        if is_end:
            found.append(Step(index, False, reached[index], at))
            if parent >= 0 and at <= nodes[parent].end:
                reached[parent] = max(reached[parent], at)
        elif parent < 0:
            found.append(Step(index, True, at - nodes[index].before, at))
        else:
            apart = at >= nodes[parent].end
            found.append(Step(index, True, nodes[parent].end if apart else min(at, reached[parent]), at, apart))
    return found


def length_without(
    nodes: Sequence[Node],
    steps: Sequence[Step],
    spent: Sequence[Sequence[tuple[Key, float]]],
    without: Collection[Key] = (),
) -> float:
    """How long it all takes if what is `spent` under some keys is not: `spent` tells of each step what the time that
    leads there went to."""
    reached, ended = [node.start for node in nodes], [node.start for node in nodes]
    for step, parts in zip(steps, spent, strict=True):
        index, parent = step.index, nodes[step.index].parent
        length = sum(part for key, part in parts if key not in without)
        if not step.starts:
            ended[index] = reached[index] + length
            if parent >= 0 and step.at <= nodes[parent].end:
                reached[parent] = max(reached[parent], ended[index])
        elif parent < 0:
            reached[index] = nodes[index].start - nodes[index].before + length
        else:
            reached[index] = (ended[parent] if step.apart else reached[parent]) + length
    first = min((node.start - node.before for node in nodes if node.parent < 0), default=0.0)
    return max(ended, default=0.0) - first

"""The critical path of a trace: what the time from its first moment to its last was spent on, piece by piece.

Walked backwards from the last moment: within a span, the child that ended last before now is what it waited for; before
that child began, the span itself was at work. A span that began after what caused it had ended (a message in a queue)
waited in between. So the pieces follow one another, from the first moment to the last, without overlapping. The idea
is that of Jaeger's critical path (Uber, "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures",
USENIX ATC 2022), with the waits of asynchronous calls added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.trace import Span

_NS = 6  # digits of a ms: what follows at once began when the other ended, and not a rounding later


@dataclass(frozen=True, slots=True)
class Piece:
    """`index` is the span that was at work, or (`waiting`) that had not begun yet; in ms since the trace began."""

    index: int
    start_ms: float
    end_ms: float
    waiting: bool = False

    @property
    def milliseconds(self) -> float:
        """Its length."""
        return self.end_ms - self.start_ms


def critical_path(spans: Sequence[Span]) -> tuple[Piece, ...]:
    """The pieces, in the order of time; `spans` come in the order of a waterfall. Of a trace with several roots it is
    that of the tree which ends last."""
    if not spans:
        return ()
    parents = parents_of(spans)
    ends = ends_of(spans, parents)
    children: dict[int, list[int]] = {}
    for index, parent in enumerate(parents):
        children.setdefault(parent, []).append(index)
    for below in children.values():
        below.sort(key=lambda index: (ends[index], -index))  # the last is taken first
    at = max(range(len(spans)), key=lambda index: (ends[index], -spans[index].depth, -index))
    now, found = ends[at], []
    while at >= 0:
        below = children.get(at, [])
        while below and (ends[below[-1]] > now or spans[below[-1]].offset_ms < spans[at].offset_ms):
            below.pop()  # it ran on, and nothing waited for it; or it was walked before
        if below and ends[below[-1]] > spans[at].offset_ms:
            child = below.pop()
            found.append(Piece(at, ends[child], now))
            at, now = child, ends[child]
            continue
        begun, parent = min(spans[at].offset_ms, now), parents[at]
        found.append(Piece(at, begun, now))
        if parent >= 0 and ends[parent] < begun:
            found.append(Piece(at, ends[parent], begun, waiting=True))
            begun = ends[parent]
        at, now = parent, begun
    return tuple(piece for piece in reversed(found) if piece.milliseconds > 0)


def parents_of(spans: Sequence[Span]) -> list[int]:
    """The index of the span above each in the tree, from order and depth; -1 for roots."""
    path: list[int] = []
    found = []
    for index, span in enumerate(spans):
        del path[span.depth :]
        found.append(path[-1] if path else -1)
        path.append(index)
    return found


def ends_of(spans: Sequence[Span], parents: Sequence[int]) -> list[float]:
    """When each ended for whoever waited for it: what answers a call, no later than the call."""
    found: list[float] = []
    for span, parent in zip(spans, parents, strict=True):
        end = round(span.offset_ms + span.duration_ms, _NS)
        if parent >= 0 and span.kind == "server" and spans[parent].kind == "client" and span.offset_ms < found[parent]:
            end = min(end, found[parent])
        found.append(end)
    return found


def until_answer(spans: Sequence[Span]) -> list[Span]:
    """The first span, and those below it that it waited for: no messages, and nothing that ran on."""
    parents = parents_of(spans)
    ends, kept = ends_of(spans, parents), [False] * len(spans)
    for index, parent in enumerate(parents):
        kept[index] = index == 0 or (
            parent >= 0 and kept[parent] and spans[index].offset_ms < ends[parent] >= ends[index]
        )
    return [span for span, stays in zip(spans, kept, strict=True) if stays]

"""What the time of a trace was spent on, by kinds that can be mended: code, calls, waits, cold starts, retries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from mendline.analysis.timeline import Node, Step, length_without, steps_of
from mendline.insight.critical_path import critical_path, ends_of, parents_of
from mendline.model.path_part import Kind
from mendline.model.trace import Span

_REQUESTS = ("apigateway", "http", "alb", "direct", "function_url", "lambda_url")  # triggers that are no messages
_LONGEST_WAIT_MS = 15 * 86_400_000.0


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of time, of what: `function` is whose, and `called` what it called or was doing, '' where that is all."""

    kind: Kind
    function: str
    called: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """A piece of the critical path, in ms since the trace began (below 0: before its first span did); `index` is the
    span. `after` says that the entry had answered by then, so that its caller did not wait for it."""

    part: Part
    index: int
    start_ms: float
    end_ms: float
    after: bool

    @property
    def milliseconds(self) -> float:
        """Its length."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class PathParts:
    """The critical path of a trace in parts. `windows_ms` are batch windows of functions, where they are known."""

    spans: Sequence[Span]
    windows_ms: Mapping[str, float] = field(default_factory=dict)
    parents: list[int] = field(init=False)
    ends: list[float] = field(init=False)
    functions: list[str] = field(init=False)
    nodes: list[Node] = field(init=False)
    steps: list[Step] = field(init=False)
    told: list[list[tuple[Part, float]]] = field(init=False)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "parents", parents_of(self.spans))
        set_(self, "ends", ends_of(self.spans, self.parents))
        set_(self, "functions", self._functions())
        set_(self, "nodes", [self._node(index) for index in range(len(self.spans))])
        set_(self, "steps", steps_of(self.nodes))
        set_(self, "told", [[(part, end - start) for part, start, end in self._split(step)] for step in self.steps])

    @property
    def total_ms(self) -> float:
        """From the first moment, with what the entry waited before it began, to the last."""
        return length_without(self.nodes, self.steps, self.told)

    def total_without(self, part: Part) -> float:
        """The same if a part took no time, in ms: what else was waited for stays."""
        return length_without(self.nodes, self.steps, self.told, (part,))

    def path(self) -> list[Spent]:
        """The critical path, in the order of time."""
        pieces = critical_path(self.spans)
        if not pieces:
            return []
        first = pieces[0].index
        found = []
        if self.parents[first] < 0 and self.nodes[first].before:
            start = self.nodes[first].start
            told = self._before(first, start - self.nodes[first].before, start)
            found += [Spent(part, first, began, ended, after=False) for part, began, ended in told]
        for piece, following in zip_longest(pieces, pieces[1:]):
            calls = following and not following.waiting and self.parents[following.index] == piece.index
            below = following.index if following and calls else -1
            if piece.waiting:
                told = self._before(piece.index, piece.start_ms, piece.end_ms)
            else:
                told = self._within(piece.index, below, piece.start_ms, piece.end_ms)
            found += [one for part, start, end in told for one in self._at_answer(part, piece.index, start, end)]
        return found

    def _at_answer(self, part: Part, index: int, start: float, end: float) -> Iterator[Spent]:
        """A piece, in two where the entry answered in between."""
        answered = self.nodes[0].end if self.spans[0].kind == "server" else end
        if start < answered:
            yield Spent(part, index, start, min(end, answered), after=False)
        if answered < end:
            yield Spent(part, index, max(start, answered), end, after=True)

    def slack_ms(self) -> dict[int, float]:
        """How much longer each span that is not on the critical path could take until it delayed its caller."""
        ends: dict[int, list[int]] = {}
        for index, parent in enumerate(self.parents):
            ends.setdefault(parent, []).append(index)
        found: dict[int, float] = {}
        for parent, below in ends.items():
            if parent < 0:
                continue
            moments = sorted({self.nodes[it].start for it in below} | {self.nodes[parent].end})
            for index in below:
                end = min(self.nodes[index].end, self.nodes[parent].end)
                until = next((at for at in moments if at >= end), end)
                last = max((self.nodes[it].end for it in below if self.nodes[it].end <= until), default=end)
                found[index] = max(0.0, last - end)
        return found

    def _functions(self) -> list[str]:
        found: list[str] = []
        for span, parent in zip(self.spans, self.parents, strict=True):
            found.append(span.function or (found[parent] if parent >= 0 else "") or span.service)
        return found

    def _node(self, index: int) -> Node:
        span, parent = self.spans[index], self.parents[index]
        before = self._waited_ms(index) if parent < 0 and index == 0 else 0.0
        return Node(parent, span.offset_ms, self.ends[index], before)

    def _waited_ms(self, index: int) -> float:
        """Before the entry began: since its message was sent, or what its cold start took."""
        span = self.spans[index]
        sent_ns = _number(span, "mendline.trigger.sent_at")
        is_message = not span.attributes.get("mendline.trigger", "direct").startswith(_REQUESTS)
        waited_ms = (span.start_ns - sent_ns) / 1e6 if sent_ns and is_message else 0.0
        return max(waited_ms if 0 < waited_ms < _LONGEST_WAIT_MS else 0.0, _init_ms(span))

    def _split(self, step: Step) -> Iterator[tuple[Part, float, float]]:
        index, parent = step.index, self.parents[step.index]
        if not step.starts:
            return self._within(index, -1, step.since, step.at)
        if parent < 0 or step.apart:
            return self._before(index, step.since, step.at)
        return self._within(parent, index, step.since, step.at)

    def _before(self, index: int, start: float, end: float) -> Iterator[tuple[Part, float, float]]:
        """A wait before a span began: in a queue, then for its cold start."""
        function = self.functions[index]
        ready = max(start, end - _init_ms(self.spans[index]))
        window = min(self.windows_ms.get(function, 0.0), ready - start)
        yield from _some(Part(Kind.QUEUE, function), start, ready - window)
        yield from _some(Part(Kind.BATCH, function), ready - window, ready)
        yield from _some(Part(Kind.INIT, function), ready, end)

    def _within(self, index: int, below: int, start: float, end: float) -> Iterator[tuple[Part, float, float]]:
        """A span's own time, up to its end or (`below`) until it called something, which may have started cold."""
        called = self.spans[below] if below >= 0 else None
        ready = max(start, end - _init_ms(called)) if called else end
        yield from self._own(index, called, start, ready)
        if called:
            yield from _some(Part(Kind.INIT, self.functions[below]), ready, end)

    def _own(self, index: int, called: Span | None, start: float, end: float) -> Iterator[tuple[Part, float, float]]:
        span, function = self.spans[index], self.functions[index]
        if not span.resource_type:
            again = called is not None and called.attempt > 1 and called.resource_type
            doing = _called(called) if called and again else "" if span.invocation else span.name
            yield from _some(Part(Kind.RETRIES if again else Kind.CODE, function, doing), start, end)
            return
        part = Part(Kind.CALL, function, _called(span))
        lost = Part(Kind.THROTTLING if _number(span, "mendline.throttles") else Kind.RETRIES, function, part.called)
        is_repeated = span.error and span.final is False
        went = end if is_repeated else min(end, max(start, span.offset_ms + _number(span, "mendline.retries_ms")))
        yield from _some(lost, start, went)
        yield from _some(part, went, end)


def _some(part: Part, start: float, end: float) -> Iterator[tuple[Part, float, float]]:
    if end > start:
        yield part, start, end


def _called(span: Span) -> str:
    return " ".join(filter(None, (span.resource_type, span.resource_name, span.operation)))


def _init_ms(span: Span) -> float:
    cold = span.invocation and span.attributes.get("faas.coldstart") == "true"
    return _number(span, "mendline.init_ms") if cold else 0.0


def _number(span: Span, key: str) -> float:
    try:
        value = float(span.attributes.get(key, "") or 0)
    except ValueError:
        return 0.0
    return value if 0 < value < 1e20 else 0.0

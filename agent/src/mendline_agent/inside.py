"""Functions of the user's own, followed where asked for: `@traced`, or the list in `MENDLINE_TRACE`.

Most calls only leave a trail of what began and ended when; what is sent is made of it at the invocation's end. More
than MAX_CALLS of an invocation are only summed up, by function.
"""

from __future__ import annotations

import sys
import time
from threading import Lock

from .operations import ACTIVE, SHORT, ms, quoted, rows_json
from .spans import Ids, TraceContext
from .wire import attributes, field, raw, text, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .operations import Record
    from .redaction import Redactor
    from .steps import Steps

MAX_CALLS = 1000
_MAX_FUNCTIONS = 200
_TRAIL_OF_CALL = 3
_READ_S = 0.1
_now = time.perf_counter_ns


class Site:
    """A function that is followed, and what is recorded of its calls."""

    __slots__ = ("_encoded", "_stopped", "arguments", "call", "function", "name", "otherwise", "result")

    def __init__(
        self, function: Any, name: str | None, *, arguments: bool, result: bool, lines: tuple[str, ...] | None
    ) -> None:
        self.function = self.call = function
        self.name = name or f"{function.__module__}.{function.__qualname__}"
        self.otherwise: Any = None  # what follows calls that leave no trail, from the first of them on
        self._stopped: Any = None
        if lines is not None:
            from .steps import stepped

            self.call, self._stopped = stepped(function, lines)
        self._encoded = b""
        self.arguments = arguments
        self.result = result

    @property
    def encoded(self) -> bytes:
        """What spans of all its calls have alike."""
        if not self._encoded:
            told = {"code.function.name": self.name, "code.line.number": self.function.__code__.co_firstlineno}
            told["mendline.lines.stopped"] = self._stopped
            encoded = field("\x2a", text(self.name)) + "\x30\x01" + attributes("\x4a", told)  # kind: INTERNAL
            self._encoded = encoded.encode("latin-1")
        return self._encoded


class Inside:
    """The calls of one invocation to functions that are followed.

    As long as nothing but plain functions of the handler's own thread is followed, they end in the reverse order of
    their beginning, and a `trail` of `room` items tells all: of a beginning the site and the time, of an end the time,
    behind type and message of an error. To tell contexts apart would take a third of what a call costs. `quick` is that
    thread, or 0 from the first other call on, and where threads are cut in greenlets.
    """

    __slots__ = (
        "_anchor", "_at", "_ids", "_lock", "_reading", "_summed", "calls", "failed",
        "quick", "record", "room", "stepped_ns", "trail",
    )  # fmt: skip

    def __init__(self, record: Record) -> None:
        self.record = record
        self.calls: list[Call] = []
        self._ids: Ids | None = None
        self.trail: list[Any] = []
        self.room = MAX_CALLS * _TRAIL_OF_CALL
        self._at: Call | None = None
        self._reading = Lock()
        self.failed: list[Site] = []  # of those calls, once for each that failed
        self.quick = record.thread if ACTIVE.bridge is None and "greenlet" not in sys.modules else 0
        self._anchor = 0
        self._lock = Lock()
        self._summed: dict[str, list[int]] = {}
        self.stepped_ns = 0  # that went into its lines

    @property
    def ids(self) -> Ids:
        """Of the spans of calls."""
        if self._ids is None:
            self._ids = Ids(self.record.ids.next())
        return self._ids

    @property
    def at(self) -> Call | None:
        """The innermost call that left its trail and goes on; nobody is waited for who reads the trail just now."""
        if self.trail and self._reading.acquire(blocking=False):
            self._read()
        return self._at

    def _read_all(self) -> None:
        if self.trail and self._reading.acquire(timeout=_READ_S):
            self._read()

    def _read(self) -> None:
        """Make calls of the trail. What has only half been written there is left for the next time."""
        at, read, failure = self._at, 0, None
        try:
            items = iter(self.trail[:])
            for item in items:
                kind = type(item)
                if kind is Site:
                    started = next(items, None)
                    if started is None:
                        break
                    read += 2
                    call = Call()
                    call.site, call.inside, call.parent, call.elapsed_ns, call.started = item, self, at, -1, started
                    self.calls.append(call)
                    at = call
                    continue
                read += 1
                if kind is tuple:
                    failure = item
                elif at is not None:
                    at.elapsed_ns = item - at.started
                    if failure is not None:
                        at.error, failure = failure, None
                        self.failed.append(at.site)
                    at = at.parent
            self.room = max(0, MAX_CALLS - len(self.calls)) * _TRAIL_OF_CALL
        finally:
            del self.trail[:read]
            self._at = at
            self._reading.release()

    def forget(self) -> None:
        """Let go of all calls, which would else be kept, by way of each other, until the garbage is collected."""
        self.record.inside, self.calls, self.trail, self._at = None, [], [], None

    def sum_up(self, call: Call) -> None:
        """It is one of those that are only counted."""
        with self._lock:
            _add(self._summed, [call], [call.site] if call.error is not None else [])

    def summary(self) -> str:
        """JSON list of `[function, count, errors, total_ms, max_ms]`, of all calls that have ended."""
        told = None if self.calls or self._summed or not self.trail else _flat(self.trail[:])
        if told is None:
            self._read_all()
            with self._lock:
                sums = {name: list(row) for name, row in self._summed.items()}
            _add(sums, list(self.calls), list(self.failed))
            told = rows_json(sums)
        return told

    def encoded(self, redactor: Redactor, state: str, *, ended: bool | None = None) -> list[bytes]:
        """The spans of calls, as OTLP; one that is still going on is told as it stands.

        Those that have ended alone (`ended`), which are then told for good and left out from then on; those that go on
        alone (not `ended`); or both.
        """
        self._read_all()
        if not self._anchor:
            self._anchor = time.time_ns() - time.perf_counter_ns()
        context, spans = self.record.context, []
        frames: dict[int, bytes] = {}
        told = field("\x0a", raw(context.trace_id)) + (field("\x1a", text(state)) if state else "")
        head, tail = told.encode("latin-1"), b"\x85\x01" + (context.flags & 255).to_bytes(4, "little")
        for call in list(self.calls):
            elapsed = call.elapsed_ns
            if call.is_told or (ended is not None and ended is not (elapsed >= 0)):
                continue
            if ended:
                call.is_told = True
            rest = tail
            if elapsed < 0 or call.told is not None or call.error is not None or call.steps is not None:
                rest = self._described(call, elapsed, redactor) + tail
            start = call.started + self._anchor
            end = start + elapsed if elapsed >= 0 else _now() + self._anchor
            above = call.above or (context.span_id if call.parent is None else call.parent.span_id)
            own, started, ended_at = call.site.encoded, start.to_bytes(8, "little"), end.to_bytes(8, "little")
            size = len(head) + 38 + len(own) + len(rest)
            if size not in frames:
                frames[size] = f"\x12{varint(size)}".encode("latin-1")
            parts = (frames[size], head, call.span_id, above, own, started, ended_at, rest)
            spans.append(b"%b%b\x12\x08%b\x22\x08%b%b\x39%b\x41%b%b" % parts)
        return spans

    def _described(self, call: Call, elapsed: int, redactor: Redactor) -> bytes:
        told, status = dict(call.told or {}), ""
        if call.steps is not None:
            told.update(call.steps.told())
        if elapsed < 0:
            told["mendline.unfinished"] = True
        if call.error is not None:
            told["error.type"] = call.error[0]
            status = field("\x7a", field("\x12", text(redactor.brief(call.error[1]))) + "\x18\x02")
        return (attributes("\x4a", told) + status).encode("latin-1")


class Call:
    """One call, from its beginning on."""

    __slots__ = ("__dict__", "elapsed_ns", "inside", "parent", "site", "started")  # what most calls have
    inside: Inside
    site: Site
    started: int
    elapsed_ns: int  # less than 0 until it has ended
    parent: Call | None
    is_told = False
    is_summed = False  # it is one of too many to be told
    above: bytes | None = None
    told: dict[str, Any] | None = None
    error: tuple[str, str] | None = None
    token: Any = None
    steps: Steps | None = None
    _id = b""
    _context: TraceContext | None = None

    @property
    def span_id(self) -> bytes:
        """Its span's id."""
        if not self._id:
            self._id = self.inside.ids.next()
        return self._id

    @property
    def context(self) -> TraceContext:
        """What is below it is in this context."""
        if self._context is None:
            outer = self.inside.record.context
            self._context = TraceContext(outer.trace_id, self.span_id, outer.flags, outer.trace_state)
        return self._context


def _add(sums: dict[str, list[int]], calls: list[Call], failed: list[Site]) -> None:
    """Sum calls up by the names of their functions; those that failed, once for each time."""
    sites = {call.site for call in calls}
    times: dict[Site, list[int]] = {site: [] for site in sites}
    if len(sites) == 1:  # in a third of the time
        times[sites.pop()] = [call.elapsed_ns for call in calls]
    else:
        for call in calls:
            times[call.site].append(call.elapsed_ns)
    for site, all_spent in times.items():
        spent = all_spent if min(all_spent) >= 0 else [elapsed_ns for elapsed_ns in all_spent if elapsed_ns >= 0]
        if spent:
            row = _row(sums, site.name)
            row[0] += len(spent)
            row[2] += sum(spent)
            row[3] = max(row[3], *spent)
    for site in failed:
        _row(sums, site.name)[1] += 1


_form: list[Any] = [[], []]  # functions of which each was called once, and the pieces of their sums with gaps for times


def _flat(trail: list[Any]) -> str | None:
    """The sums of calls that have all ended well, one after the other; None where some were otherwise, or of too many
    functions."""
    sites, starts, ends = trail[::3], trail[1::3], trail[2::3]
    if len(sites) > len(ends):
        return None
    known, pieces = _form
    alike = sites != known and sites.count(sites[0]) == len(sites)
    try:
        if sites == known:  # most often they are those of the invocation before
            times = [(end - start) // 1000 for start, end in zip(starts, ends)]  # noqa: B905 - Python 3.9 has no strict
            return _filled(pieces, times)
        if set(map(type, sites[:1] if alike else sites)) != {Site}:
            return None
        spent = [end - start for start, end in zip(starts, ends)]  # noqa: B905 - as above
    except TypeError:  # a call within a call, or an error
        return None
    if alike:
        return rows_json({sites[0].name: [len(spent), 0, sum(spent), max(spent)]})
    sums: dict[str, list[int]] = {}
    for site, spent_ns in zip(sites, spent):  # noqa: B905 - as above
        row = sums.get(site.name)
        if row is None:
            sums[site.name] = [1, 0, spent_ns, spent_ns]
        else:
            row[0] += 1
            row[2] += spent_ns
            if spent_ns > row[3]:
                row[3] = spent_ns
    if len(sums) > _MAX_FUNCTIONS:
        return None
    if len(sums) == len(sites):
        pieces = [piece for name in sums for piece in (f"],[{quoted(name)},1,0,", "", ",", "")]
        _form[:] = sites, ["[[" + pieces[0][3:], *pieces[1:], "]]"]
    return rows_json(sums)


def _filled(pieces: list[Any], times_us: list[int]) -> str:
    """The pieces with these times in their gaps, each of which is the sum and the longest."""
    pieces = pieces[:]
    pieces[1::4] = pieces[3::4] = list(map(SHORT.get, times_us))
    try:
        return "".join(pieces)
    except TypeError:
        pieces[1::4] = pieces[3::4] = list(map(ms, times_us))
        return "".join(pieces)


def _row(sums: dict[str, list[int]], name: str) -> list[int]:
    row = sums.get(name)
    return row if row is not None else sums.setdefault(name if len(sums) < _MAX_FUNCTIONS else "other", [0, 0, 0, 0])

"""From the events of a log stream to its records: stack traces joined, and each line given to its invocation.

An environment of Lambda runs one invocation at a time, so a line between START and END (or REPORT) belongs to it even
when it does not say so. Where invocations overlap (Managed Instances) only what a line itself says counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mendline.ingest.cloudwatch import stacks
from mendline.ingest.cloudwatch.events import FunctionLine, PlatformEvent, PlatformKind, XRay
from mendline.ingest.cloudwatch.levels import ERROR, severity_of
from mendline.ingest.cloudwatch.lines import parse_line
from mendline.ingest.cloudwatch.platform_text import parse_xray_tail
from mendline.ingest.cloudwatch.subscription import LogEvent

MOST_JOINED = 1000  # events in one record
MOST_JOINED_CHARS = 256 * 1024
_BEGINNINGS = ("Traceback (most recent call last)", "panic: ")
# What can go on with a record that has no open stack trace: frames, causes, tracebacks, an X-Ray line.
_MAY_GO_ON = frozenset(" \t\u00a0TCDX")
_ENDS = frozenset((PlatformKind.END, PlatformKind.REPORT))
_OF_INIT = frozenset(
    (PlatformKind.INIT_START, PlatformKind.INIT_REPORT, PlatformKind.INIT_RUNTIME_DONE, PlatformKind.RESTORE_START,
     PlatformKind.RESTORE_REPORT, PlatformKind.EXTENSION, PlatformKind.TELEMETRY)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One log record to be: the event it began with, what that is, the lines that go on with it, whose it is."""

    event: LogEvent
    line: PlatformEvent | FunctionLine
    joined: tuple[str, ...] = ()
    request_id: str = ""
    xray: XRay | None = None
    undecoded: str = ""


def assemble(events: Iterable[tuple[LogEvent, str]]) -> list[Record]:
    """The records of one stream's events, in their order; every event is in exactly one.

    Each event comes with the reason why it is no agent's line that could be read, usually empty.
    """
    joiner = _Joiner()
    scope = _Scope()
    for event, undecoded in events:
        text = event.text.rstrip("\r\n")
        if joiner.takes(text):
            continue
        line = FunctionLine(text) if undecoded else parse_line(text)
        joiner.begin(event, line, undecoded, text)
        scope.add(line)
    return [
        Record(event, line, tuple(joined), request_id, xray, undecoded)
        for (event, line, joined, xray, undecoded), request_id in zip(joiner.records(), scope.ids, strict=True)
    ]


class _Joiner:
    """Decides which lines go on with the record before them."""

    __slots__ = ("_begun", "_chars", "_closed", "_inside", "_joined", "_xray")

    def __init__(self) -> None:
        self._begun: list[tuple[LogEvent, PlatformEvent | FunctionLine, str]] = []
        self._joined: dict[int, list[str]] = {}
        self._xray: dict[int, XRay] = {}
        self._inside = ""  # the text with which the open stack trace began
        self._closed = False  # whether its exception has been named; a cause may still follow
        self._chars = 0

    def takes(self, text: str) -> bool:
        """Join a line to the last record, where it goes on with it."""
        if not self._begun:
            return False
        if not self._inside and text[:1] not in _MAY_GO_ON:
            return False
        last = self._begun[-1][1]
        if isinstance(last, PlatformEvent):
            return self._takes_xray(last, text)
        if not self._goes_on(last, text):
            return False
        joined = self._joined.setdefault(len(self._begun) - 1, [])
        self._chars += len(text)
        if len(joined) >= MOST_JOINED or self._chars > MOST_JOINED_CHARS:
            self._inside = ""
            return False
        joined.append(text)
        self._follow(text)
        return True

    def begin(self, event: LogEvent, line: PlatformEvent | FunctionLine, undecoded: str, text: str) -> None:
        """Start a record with a line that goes on with nothing."""
        self._begun.append((event, line, undecoded))
        # an event of several lines is whole: more frames may follow it, but no lines that merely might be part of it
        self._inside = text if text.startswith(_BEGINNINGS) and "\n" not in text else ""
        self._closed = False
        self._chars = len(text)

    def records(
        self,
    ) -> Iterable[tuple[LogEvent, PlatformEvent | FunctionLine, list[str], XRay | None, str]]:
        """All records as they came to be."""
        for at, (event, line, undecoded) in enumerate(self._begun):
            yield event, line, self._joined.get(at, []), self._xray.get(at), undecoded

    def _goes_on(self, last: FunctionLine, line: str) -> bool:
        if not self._inside:
            if line.startswith("Traceback (most recent call last)"):
                return severity_of(last.level) >= ERROR
            return stacks.goes_on(line, "")
        if self._closed:
            return not line.strip() or stacks.goes_on(line, "")
        return stacks.goes_on(line, self._inside)

    def _follow(self, line: str) -> None:
        if not self._inside:
            self._inside = line or " "
            self._closed = False
        elif line and line[0] not in " \t\u00a0":
            self._closed = "Traceback (most" in self._inside and stacks.closes(line)

    def _takes_xray(self, last: PlatformEvent, text: str) -> bool:
        if last.kind is not PlatformKind.REPORT or last.xray or not text.startswith("XRAY TraceId:"):
            return False
        xray = parse_xray_tail(text)
        if xray is None:
            return False
        at = len(self._begun) - 1
        self._xray[at] = xray
        self._joined.setdefault(at, []).append(text)
        return True


class _Scope:
    """Whose a line is, by what stands around it. `ids` has a request id (or nothing) for each line added."""

    __slots__ = ("_closed", "_known", "_open", "_waiting", "ids")

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._open: set[str] = set()
        self._closed: set[str] = set()
        self._known: set[str] = set()
        self._waiting: list[int] | None = []  # lines of an invocation whose START came in an earlier payload

    def add(self, line: PlatformEvent | FunctionLine) -> None:
        """Take the next line of the stream."""
        if isinstance(line, PlatformEvent):
            self.ids.append(self._of_platform(line))
        elif line.request_id and (line.certain or line.request_id in self._known or not self._only_open()):
            self.ids.append(line.request_id)
        else:
            own = self._only_open()
            if not own and self._waiting is not None and not self._open:
                self._waiting.append(len(self.ids))
            self.ids.append(own)

    def _only_open(self) -> str:
        return next(iter(self._open)) if len(self._open) == 1 else ""

    def _of_platform(self, event: PlatformEvent) -> str:
        request_id, kind = event.request_id, event.kind
        if not request_id:
            if kind in _OF_INIT:
                self._waiting = None
                return ""
            return self._only_open() if kind is PlatformKind.EXIT else ""
        self._known.add(request_id)
        if kind is PlatformKind.START:
            self._open.add(request_id)
            self._closed.discard(request_id)
            self._waiting = None
        elif kind in _ENDS:
            if self._waiting and request_id not in self._open and request_id not in self._closed:
                for at in self._waiting:
                    self.ids[at] = request_id
            self._waiting = None
            self._open.discard(request_id)
            self._closed.add(request_id)
        return request_id

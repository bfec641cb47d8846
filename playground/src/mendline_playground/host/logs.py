"""What functions and the platform wrote: bounded rings of log events, and the parsing of a process's pipes."""

import json
import os
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MAX_EVENT_BYTES = 262_144
"""The longest log event; longer lines are split, as CloudWatch Logs does."""

_FRAME_MAGIC = 0xA55A0000
_MAX_FRAME_BYTES = 16 * 1024 * 1024
_FRAME_HEAD = struct.Struct(">IIQ")
_LEVELS = (None, "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL"}


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of a function's log: where, when, and the text without its final newline."""

    function: str
    stream: str
    time_ms: int
    message: str


LogSink = Callable[[LogEvent], None]


class LogRing:
    """The newest events of each function, at most `size` of them, handed on to an optional sink."""

    def __init__(self, size: int = 2000, sink: LogSink | None = None) -> None:
        self._size = size
        self._sink = sink
        self._rings: dict[str, deque[LogEvent]] = {}

    def append(self, event: LogEvent) -> None:
        """Keep one event, and let go of the oldest when the ring is full."""
        self._rings.setdefault(event.function, deque(maxlen=self._size)).append(event)
        if self._sink is not None:
            self._sink(event)

    def events(self, function: str) -> list[LogEvent]:
        """What is kept of one function's log, oldest first."""
        return list(self._rings.get(function, ()))


@dataclass(frozen=True, slots=True)
class Written:
    """One message of a process; level and time are there when the runtime client framed it."""

    text: str
    level: str | None = None
    time_ms: int | None = None

    def judged_level(self) -> str:
        """The level that Lambda gives a message: the runtime client's, else that of a JSON object, else INFO."""
        if self.level is not None:
            return self.level
        if self.text.startswith("{"):
            try:
                told = str(json.loads(self.text).get("level", "")).upper()
            except ValueError:
                told = ""
            level = _NAMES.get(told, told)
            return level if level in _LEVELS else "INFO"
        return "INFO"


class LineSplitter:
    """Bytes of standard output and error in, log messages out: one for each line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Written]:
        """The messages that these bytes complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        while len(self._rest) > MAX_EVENT_BYTES:
            lines.append(self._rest[:MAX_EVENT_BYTES])
            self._rest = self._rest[MAX_EVENT_BYTES:]
        # Runtimes join the lines of one stack trace with carriage returns.
        return [Written(line.decode("utf-8", "replace").rstrip("\r").replace("\r", "\n")) for line in lines if line]

    def flush(self) -> list[Written]:
        """The unfinished line, when the writer is gone or has had its turn."""
        rest, self._rest = self._rest, b""
        return [Written(rest.decode("utf-8", "replace"))] if rest else []


class FrameSplitter:
    """Bytes of the framed telemetry descriptor in, log messages out: one for each frame.

    A frame is `u32 type | u32 length | u64 microseconds | message`, big-endian; the type is A55A, then the level in
    the third to seventh lowest bits, then 3 for text and 2 for JSON.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Written]:
        """The messages that these bytes complete."""
        buffer = self._rest + data
        messages: list[Written] = []
        at = 0
        while len(buffer) - at >= _FRAME_HEAD.size:
            kind, length, time_us = _FRAME_HEAD.unpack_from(buffer, at)
            if kind & 0xFFFF0000 != _FRAME_MAGIC or length > _MAX_FRAME_BYTES:
                messages.append(Written(buffer[at:].decode("utf-8", "replace")))  # not framed: keep it as it is
                at = len(buffer)
                break
            if len(buffer) - at - _FRAME_HEAD.size < length:
                break
            begin = at + _FRAME_HEAD.size
            text = buffer[begin : begin + length].decode("utf-8", "replace").rstrip("\r\n")
            messages.append(Written(text, _frame_level(kind), time_us // 1000 or None))
            at = begin + length
        self._rest = buffer[at:]
        return messages

    def flush(self) -> list[Written]:
        """A frame that its writer did not finish."""
        rest, self._rest = self._rest, b""
        return [Written(rest.decode("utf-8", "replace"))] if rest else []


def _frame_level(kind: int) -> str | None:
    number = (kind & 0xFF) >> 2
    return _LEVELS[number] if number < len(_LEVELS) else None


class PipeReader:
    """Reads one non-blocking descriptor into messages; `drain` takes all that is in the pipe at this moment."""

    def __init__(self, fd: int, splitter: LineSplitter | FrameSplitter, emit: Callable[[Written], None]) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.ended = False
        self._splitter = splitter
        self._emit = emit

    def read(self) -> bool:
        """Take one portion; False when there was nothing, for now or (then `ended` is set) for ever."""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return False
        self.ended = not data
        for message in self._splitter.feed(data):
            self._emit(message)
        return not self.ended

    def drain(self, *, limit_bytes: int = 16 * 1024 * 1024) -> None:
        """Take everything that was written before this call, and let unfinished lines go out."""
        for _ in range(limit_bytes // 65536):
            if not self.read():
                break
        for message in self._splitter.flush():
            self._emit(message)


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000

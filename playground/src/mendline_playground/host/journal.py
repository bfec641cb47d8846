"""All that is written in one environment: to its log stream in the function's format, and to who subscribed to it."""

import json
from collections.abc import Callable
from typing import Any, Literal

from mendline_playground.host import lines
from mendline_playground.host.function import Function
from mendline_playground.host.logs import LogEvent, LogRing, Written, now_ms
from mendline_playground.host.platform_events import PlatformEvent, iso_time

Stream = Literal["platform", "function", "extension"]
Telemetry = dict[str, Any]
"""An event as the Telemetry API sends it: `time`, `type`, `record`."""

Subscriber = Callable[[Stream, Telemetry], None]

_MOST_REPLAYED = 1000  # events of an initialisation that a later subscriber is given


class Journal:
    """Writes one log stream. What is told while an environment initialises is told again to each new subscriber."""

    def __init__(self, function: Function, stream: str, ring: LogRing) -> None:
        self.stream = stream
        self._function = function
        self._ring = ring
        self._json = function.log_format == "JSON"
        self._subscribers: list[Subscriber] = []
        self._early: list[tuple[Stream, Telemetry]] | None = []
        self.tail: Callable[[str], None] | None = None
        """Gets every message of the stream, if somebody wants the end of the log with the answer."""

    def open_subscriptions(self) -> None:
        """A new generation of processes initialises: the subscribers of the last one are gone."""
        self._subscribers = []
        self._early = []

    def close_subscriptions(self) -> None:
        """The initialisation is over; nothing need be kept for later subscribers."""
        self._early = None

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell somebody of everything from now on, and of what was told since the initialisation began."""
        self._subscribers.append(subscriber)
        for stream, event in self._early or ():
            subscriber(stream, event)

    def platform(self, event: PlatformEvent) -> None:
        """Write an event of the platform."""
        time_ms = now_ms()
        if self._json:
            line = lines.json_line(event, time_ms, self._function.system_log_level)
        else:
            line = lines.text_line(event)
        if line is not None:
            self._write(line, time_ms)
        self._tell("platform", event.in_time(time_ms))

    def platform_text(self, line: str) -> None:
        """Write a line of the platform that is there in the text format alone, and no event."""
        if not self._json:
            self._write(line, now_ms())

    def from_function(self, written: Written) -> None:
        """Write what the runtime or the function wrote, unless it is below the function's level."""
        self._application("function", written)

    def from_extension(self, written: Written) -> None:
        """Write what an extension wrote, unless it is below the function's level."""
        self._application("extension", written)

    def _application(self, stream: Stream, written: Written) -> None:
        lowest = self._function.application_log_level if self._json else None
        if lowest is not None and lines.LEVELS.index(written.judged_level()) < lines.LEVELS.index(lowest):
            return
        time_ms = written.time_ms or now_ms()
        self._write(written.text, time_ms)
        self._tell(stream, {"time": iso_time(time_ms), "type": stream, "record": self._record(written.text)})

    def _record(self, text: str) -> Any:
        if self._json and text.startswith("{"):
            try:
                return json.loads(text)
            except ValueError:
                pass
        return text

    def _write(self, message: str, time_ms: int) -> None:
        self._ring.append(LogEvent(self._function.name, self.stream, time_ms, message))
        if self.tail is not None:
            self.tail(message)

    def _tell(self, stream: Stream, event: Telemetry) -> None:
        if self._early is not None and len(self._early) < _MOST_REPLAYED:
            self._early.append((stream, event))
        for subscriber in self._subscribers:
            subscriber(stream, event)

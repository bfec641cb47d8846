"""What waits to be sent, in bounds, how it becomes one request, and when to stop trying: shared by all ways to send."""

from __future__ import annotations

import os
from collections import deque
from threading import Lock

from . import __version__
from .wire import around_resource, encode_resource, encode_scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Taken = tuple[list[bytes], list[bytes]]

MAX_SPANS = 1000
MAX_BYTES = 1024 * 1024
_FAILURES_TO_OPEN = 2
_FIRST_S = 10.0
_LONGEST_S = 300.0
_MAX_TRIES = 5
_SMALL_BYTES = 8 * 1024
_SCOPE = encode_scope("mendline_agent", __version__)


class Ring:
    """Keeps the newest spans; safe to use from several threads."""

    __slots__ = ("_bytes", "_important", "_lock", "_ordinary", "dropped")

    def __init__(self) -> None:
        self._important: deque[bytes] = deque()
        self._ordinary: deque[bytes] = deque()
        self._bytes = 0
        self._lock = Lock()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._important) + len(self._ordinary)

    def add(self, span: bytes, *, important: bool) -> None:
        """Keep a span, dropping older and less important ones where there is no room."""
        with self._lock:
            (self._important if important else self._ordinary).append(span)
            self._bytes += len(span)
            self._shrink()

    def add_all(self, ordinary: list[bytes], important: Sequence[bytes] = ()) -> None:
        """Keep several, likewise."""
        with self._lock:
            self._ordinary.extend(ordinary)
            self._important.extend(important)
            self._bytes += sum(map(len, ordinary)) + sum(map(len, important))
            self._shrink()

    def forget(self, spans: list[bytes]) -> None:
        """Drop these where they still wait; something better follows."""
        with self._lock:
            for span in spans:
                if span in self._important:
                    self._important.remove(span)
                    self._bytes -= len(span)

    def take(self) -> Taken:
        """All that waits, (important, ordinary); the ring is empty afterwards."""
        with self._lock:
            taken = list(self._important), list(self._ordinary)
            self._important.clear()
            self._ordinary.clear()
            self._bytes = 0
            return taken

    def put_back(self, taken: Taken) -> None:
        """Return what could not be sent, as the oldest."""
        with self._lock:
            self._important.extendleft(reversed(taken[0]))
            self._ordinary.extendleft(reversed(taken[1]))
            self._bytes += sum(map(len, taken[0])) + sum(map(len, taken[1]))
            self._shrink()

    def _shrink(self) -> None:
        # The last one stays, whatever its size: the invocation of a batch of 10,000 records has as many links.
        important, ordinary = self._important, self._ordinary
        while (self._bytes > MAX_BYTES and len(important) + len(ordinary) > 1) or (
            len(important) + len(ordinary) > MAX_SPANS
        ):
            self._bytes -= len((ordinary or important).popleft())
            self.dropped += 1


class Held:
    """A request that went out and was not answered: it may have been taken, so it is sent again as it is, to the byte.

    Then the server knows it as a repeat; packed anew with other spans it would be stored twice.
    """

    __slots__ = ("body", "dropped", "encoding", "records", "tries")

    def __init__(self, body: bytes, encoding: bytes, dropped: int) -> None:
        self.body, self.encoding, self.dropped = body, encoding, dropped
        self.records, self.tries = 0, 1


class Outbox:
    """Encoded spans with their resource; what is lost on the way is told with what comes through."""

    __slots__ = ("_dropped_name", "_last_error", "_reported", "_resource", "beside", "held", "ring")

    def __init__(self, beside: Outbox | None = None, dropped_name: str = "mendline.dropped_spans") -> None:
        self._dropped_name = dropped_name
        self._last_error = ""
        self._reported = 0
        self._resource: bytes = beside._resource if beside is not None else b""
        self.beside: Any = None  # where log records go: a function of the settings; none where the log has the lines
        self.held: Held | None = None
        self.ring = Ring()

    def set_resource(self, attributes: dict[str, Any]) -> None:
        """Say whose spans these are."""
        self._resource = encode_resource(attributes)

    def add_resource(self, attributes: dict[str, Any]) -> None:
        """Say more of them."""
        self._resource += encode_resource(attributes)

    @property
    def resource(self) -> bytes:
        """Whose spans these are, as requests have it."""
        return self._resource

    def take(self) -> Taken | None:
        """All that waits; None for nothing."""
        taken = self.ring.take()
        return taken if taken[0] or taken[1] else None

    def body(self, taken: Taken) -> bytes:
        """An ExportTraceServiceRequest of what was taken, or an ExportLogsServiceRequest, which has the same fields."""
        return b"".join(self.parts(taken))

    def parts(self, taken: Taken) -> tuple[bytes, bytes, bytes]:
        """The same in three parts, the second of which is the resource."""
        resource = self._resource
        dropped = self.ring.dropped - self._reported
        if dropped:
            resource += encode_resource({self._dropped_name: dropped})
        if self._last_error:
            resource += encode_resource({"mendline.last_export_error": self._last_error})
        return around_resource(resource, _SCOPE, taken[0] + taken[1])

    def sent(self, dropped_then: int) -> None:
        """It has come through, with what was lost until then."""
        self._reported, self._last_error = dropped_then, ""

    def rejected(self, count: int, why: str) -> None:
        """So many of what has come through were not taken all the same, and are lost."""
        self.ring.dropped += count
        self._last_error = f"rejected {count}: {why}"[:200]

    def failed(self, taken: Taken, why: str, *, again: bool) -> None:
        """It has not: keep it for the next time, or count it as lost."""
        self._last_error = why[:200]
        if again:
            self.ring.put_back(taken)
        else:
            self.ring.dropped += len(taken[0]) + len(taken[1])

    def unanswered(self, held: Held, why: str) -> None:
        """It went out, and nobody knows whether it was taken: keep it as it is for the next time."""
        self._last_error, self.held = why[:200], held

    def sent_again(self, held: Held) -> None:
        """What was held has come through, with what was lost before it went out first."""
        self.held, self._reported = None, held.dropped

    def failed_again(self, why: str, *, again: bool) -> None:
        """The request that is held did not come through this time either: it is given up in the end, and counted."""
        self._last_error = why[:200]
        held = self.held
        if held is not None:
            held.tries += 1
            if not again or held.tries > _MAX_TRIES:
                self.held = None
                self.ring.dropped += held.records


def packed(body: bytes) -> bytes:
    """The body as gzip; a small one with a small window, since to get memory costs more than to compress."""
    import zlib

    small = len(body) <= _SMALL_BYTES
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + 12, 6) if small else zlib.compressobj(1, zlib.DEFLATED, 16 + 15)
    return packer.compress(body) + packer.flush()


def system_jitter() -> float:
    """A factor from 0.8 to 1.2, so that a fleet does not come back all at once."""
    return 0.8 + 0.4 * os.urandom(1)[0] / 255


class Breaker:
    """Counts failures in a row; open means that nothing is sent until a moment, then one probe decides."""

    __slots__ = ("_failures", "_jitter", "_open_s", "_open_until")

    def __init__(self, jitter: object = system_jitter) -> None:
        self._failures = 0
        self._open_s = 0.0
        self._open_until = 0.0
        self._jitter = jitter

    def allows(self, now_s: float) -> bool:
        """Whether to try at this moment (monotonic seconds)."""
        return now_s >= self._open_until

    def succeeded(self) -> None:
        """Close the breaker."""
        self._failures = 0
        self._open_s = self._open_until = 0.0

    def failed(self, now_s: float, wait_s: float = 0.0) -> None:
        """Count a failure; from the second in a row on, open, each time for twice as long. As long as the other side
        asks to wait, but no longer than ever, it is open at once."""
        self._failures += 1
        self._open_until = now_s + min(wait_s, _LONGEST_S)
        if self._failures >= _FAILURES_TO_OPEN:
            self._open_s = min(self._open_s * 2, _LONGEST_S) if self._open_s else _FIRST_S
            factor = self._jitter() if callable(self._jitter) else 1.0
            self._open_until = max(self._open_until, now_s + self._open_s * factor)

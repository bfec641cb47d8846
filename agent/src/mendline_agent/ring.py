"""Encoded spans that wait to be sent, bounded in number and bytes; errors and roots are dropped last."""

from __future__ import annotations

from collections import deque
from threading import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    Taken = tuple[list[bytes], list[bytes]]

MAX_SPANS = 1000
MAX_BYTES = 1024 * 1024


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

    def add_all(self, spans: list[bytes]) -> None:
        """Keep ordinary spans, likewise."""
        with self._lock:
            self._ordinary.extend(spans)
            self._bytes += sum(map(len, spans))
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
        while self._bytes > MAX_BYTES or len(self) > MAX_SPANS:
            self._bytes -= len((self._ordinary or self._important).popleft())
            self.dropped += 1

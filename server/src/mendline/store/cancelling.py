"""Who asks may go away: what is read for a request is stopped with it, also in the middle of a statement."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mendline.errors import ReadCancelledError

_AGAIN_SECONDS = 0.2  # a statement may not have begun when it is stopped first
_current: ContextVar[Reading | None] = ContextVar("reading", default=None)


class Reading:
    """The reads of one request, which follow one another. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: tuple[str, Callable[[str], None]] | None = None
        self._has_ended = False
        self.is_cancelled = False

    @contextmanager
    def named(self, stop: Callable[[str], None]) -> Iterator[str]:
        """A name for the statement that runs within, by which `stop` can stop it. Raises ReadCancelledError when nobody
        waits for its answer any more."""
        name = f"mendline-{uuid.uuid4().hex}"
        with self._changed:
            self.require()
            self._running = (name, stop)
        try:
            yield name
        finally:
            with self._changed:
                self._running = None
                self._changed.notify_all()

    def require(self) -> None:
        """Raises ReadCancelledError where the client has gone away."""
        if self.is_cancelled:
            raise ReadCancelledError("The client went away before there was an answer, so the read was stopped.")

    def end(self) -> None:
        """There is an answer: there is nothing left to cancel."""
        with self._changed:
            self._has_ended = True

    def cancel(self) -> None:
        """Stop what runs, and let nothing begin; returns when nothing runs. Raises StoreError."""
        with self._changed:
            self.is_cancelled = not self._has_ended
            while self.is_cancelled and self._running is not None:
                name, stop = self._running
                stop(name)
                self._changed.wait(_AGAIN_SECONDS)


@contextmanager
def reading(of: Reading) -> Iterator[None]:
    """Within, also in threads that are begun with this context, reads are those of `of`."""
    token = _current.set(of)
    try:
        yield
    finally:
        _current.reset(token)


def current_reading() -> Reading:
    """The one that a request has, or a new one that nobody cancels."""
    return _current.get() or Reading()

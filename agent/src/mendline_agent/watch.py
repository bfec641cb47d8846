"""One daemon thread per process that calls back shortly before an invocation's time is up."""

from __future__ import annotations

import time
from threading import Condition, Thread

from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_NOTICE_S = 0.5
_SHORTEST_NOTICE_S = 0.06
# Waking the thread costs the handler more than this much precision is worth.
_SLACK_S = 0.01


def notice_s(remaining_s: float) -> float:
    """How long before its end an invocation counts as lost: a tenth of its time, between 60 and 500 ms."""
    return min(_LONGEST_NOTICE_S, max(_SHORTEST_NOTICE_S, remaining_s / 10))


class Watch:
    """Calls back at most once per arming; costs nothing but two attribute writes while timeouts stay alike."""

    __slots__ = ("_at_s", "_callback", "_changed", "_thread", "_wakes_s")

    def __init__(self) -> None:
        self._changed = Condition()
        self._callback: Callable[[], None] | None = None
        self._at_s = 0.0
        self._wakes_s = 0.0
        self._thread: Thread | None = None

    def arm(self, at_s: float, callback: Callable[[], None]) -> None:
        """Call `callback` from the thread at this moment (monotonic seconds), unless disarmed before."""
        with self._changed:
            self._at_s, self._callback = at_s, callback
            if self._thread is None or not self._thread.is_alive():
                self._wakes_s = at_s
                self._thread = Thread(target=self._run, name="mendline-watch", daemon=True)
                self._thread.start()
            elif at_s < self._wakes_s - _SLACK_S:
                self._changed.notify()

    def disarm(self) -> None:
        """Forget the callback; the thread sleeps on and finds nothing to do."""
        self._callback = None

    def _run(self) -> None:
        while True:
            callback = self._next()
            try:
                callback()
            except Exception as error:
                GUARD.failed("timeout notice", error)

    def _next(self) -> Callable[[], None]:
        """Wait for the armed moment; an arming that ends earlier than the sleep wakes it."""
        with self._changed:
            while True:
                callback, wait_s = self._callback, self._at_s - time.monotonic()
                if wait_s > 0:  # also for nobody: the next arming is likely to be later, and need not wake it then
                    self._wakes_s = self._at_s
                    self._changed.wait(wait_s)
                elif callback is None:
                    self._wakes_s = float("inf")
                    self._changed.wait()
                else:
                    self._callback = None
                    return callback

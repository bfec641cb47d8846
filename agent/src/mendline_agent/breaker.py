"""When to stop trying: two failures open the breaker for ten seconds, doubling to five minutes."""

from __future__ import annotations

import os

_FAILURES_TO_OPEN = 2
_FIRST_S = 10.0
_LONGEST_S = 300.0


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

    def failed(self, now_s: float) -> None:
        """Count a failure; from the second in a row on, open, each time for twice as long."""
        self._failures += 1
        if self._failures >= _FAILURES_TO_OPEN:
            self._open_s = min(self._open_s * 2, _LONGEST_S) if self._open_s else _FIRST_S
            factor = self._jitter() if callable(self._jitter) else 1.0
            self._open_until = now_s + self._open_s * factor

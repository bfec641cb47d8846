"""The one guard: what goes wrong inside the agent is counted and told once a minute, never raised."""

from __future__ import annotations

import sys
import time

_QUIET_S = 60.0


class Guard:
    """Counts the agent's own failures and tells of them on stderr, at most one line a minute."""

    __slots__ = ("_quiet_until", "failures", "last")

    def __init__(self) -> None:
        self.failures = 0
        self.last = ""
        self._quiet_until = 0.0

    def tell(self, sentence: str) -> None:
        """Say a sentence on stderr; never raises."""
        try:
            sys.stderr.write(f"mendline: {sentence}\n")
        except Exception:
            pass

    def failed(self, where: str, error: Exception) -> None:
        """Take note of a failure at `where`; never raises."""
        try:
            self.failures += 1
            self.last = f"{where}: {type(error).__name__}: {error}"[:300]
            now = time.monotonic()
            if now >= self._quiet_until:
                self._quiet_until = now + _QUIET_S
                self.tell(f"{self.last} ({self.failures} in all; your function is unaffected)")
        except Exception:
            pass


GUARD = Guard()

"""How much may be in hand at once: beyond it, requests are refused before work is done, not half-way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from mendline.errors import BusyError


class Admission:
    """Counts the bytes of all requests in hand against one limit."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = Lock()
        self.in_hand = 0

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Count `size` bytes as in hand within the block. Raises BusyError when there is no room for them.

        A request larger than the limit is let in alone, so that a small limit slows but never starves.
        """
        with self._lock:
            if self.in_hand and self.in_hand + size > self._most_bytes:
                raise BusyError("More requests are in hand than memory allows. Send again in a moment.")
            self.in_hand += size
        try:
            yield
        finally:
            with self._lock:
                self.in_hand -= size

"""How much may be in hand at once: beyond it, requests are refused before work is done, not half-way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock

from mendline.errors import BusyError

Hold = Callable[[int], None]
"""Counts more bytes as in hand, for one request, before they are there. Raises BusyError."""


class Admission:
    """Counts the bytes of all requests in hand against one limit.

    When more than half is in use, a sender who already holds its even share of the limit has to wait, so that one who
    floods does not keep the others out.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = Lock()
        self._held: Counter[Hashable] = Counter()
        self.in_hand = 0

    @contextmanager
    def hold(self, size: int, sender: Hashable = None) -> Iterator[Hold]:
        """Count `size` bytes as in hand within the block; calling what it gives counts more, as they come.

        Both raise BusyError when there is no room. A request larger than the limit is let in alone, so that a small
        limit slows but never starves.
        """
        own = 0

        def grow(more: int) -> None:
            nonlocal own
            with self._lock:
                if self.in_hand > own and (self.in_hand + more > self.most_bytes or self._is_greedy(more, sender)):
                    raise BusyError("More requests are in hand than memory allows. Send again in a moment.")
                self.in_hand += more
                self._held[sender] += more
                own += more

        try:
            grow(size)
            yield grow
        finally:
            with self._lock:
                self.in_hand -= own
                self._held[sender] -= own
                if not self._held[sender]:
                    del self._held[sender]

    def _is_greedy(self, size: int, sender: Hashable) -> bool:
        if self.in_hand + size <= self.most_bytes // 2:
            return False
        senders = len(self._held) + (sender not in self._held)
        return senders > 1 and self._held[sender] + size > self.most_bytes // senders

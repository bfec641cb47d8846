"""How fast one key may send: a token bucket of records a second, with room for a burst of twice as many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock

from mendline.clock import Clock
from mendline.errors import RateLimitedError

BURST_SECONDS = 2.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """One bucket for each key. `per_second` is in records; 0 sets no limit. Senders without a key have none either:
    they are this machine.

    A request is let in while there are tokens, whatever it holds, and may leave a debt that the next ones wait for. So
    it can be refused before it is read, and a large one, such as a delivery of AWS, comes in as soon as a small one.
    """

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second, self._clock = per_second, clock
        self._lock = Lock()
        self._buckets: dict[int, _Bucket] = {}

    def check(self, key_id: int | None) -> None:
        """Raise RateLimitedError when a key has used up its tokens, with the time after which there is one again."""
        if not self._per_second or key_id is None:
            return
        with self._lock:
            missing = 1 - self._filled(key_id).tokens
        if missing > 0:
            raise RateLimitedError(
                f"This key sends more than {self._per_second:,} records a second (setting rate_per_key)."
                " Send again later, or send larger batches less often.",
                retry_after_s=math.ceil(missing / self._per_second),
            )

    def charge(self, key_id: int | None, records: int) -> None:
        """Take tokens for records that are kept."""
        if self._per_second and key_id is not None:
            with self._lock:
                self._filled(key_id).tokens -= records

    def _filled(self, key_id: int) -> _Bucket:
        room, now = self._per_second * BURST_SECONDS, self._clock.monotonic()
        bucket = self._buckets.setdefault(key_id, _Bucket(room, now))
        bucket.tokens = min(room, bucket.tokens + (now - bucket.filled_at) * self._per_second)
        bucket.filled_at = now
        return bucket

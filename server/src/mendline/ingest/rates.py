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
    they are this machine."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self._per_second, self._clock = per_second, clock
        self._lock = Lock()
        self._buckets: dict[int, _Bucket] = {}

    def take(self, key_id: int | None, records: int) -> None:
        """Take tokens for `records`. Raises RateLimitedError, with the time after which they would be there.

        A request larger than the bucket is let through when the bucket is full, and leaves a debt, so that a small
        limit slows but never starves.
        """
        if not self._per_second or key_id is None or not records:
            return
        room = self._per_second * BURST_SECONDS
        with self._lock:
            now = self._clock.monotonic()
            bucket = self._buckets.setdefault(key_id, _Bucket(room, now))
            bucket.tokens = min(room, bucket.tokens + (now - bucket.filled_at) * self._per_second)
            bucket.filled_at = now
            missing = min(records, room) - bucket.tokens
            if missing > 0:
                raise RateLimitedError(
                    f"This key sends more than {self._per_second:,} records a second (setting rate_per_key)."
                    " Send again later, or send larger batches less often.",
                    retry_after_s=math.ceil(missing / self._per_second),
                )
            bucket.tokens -= records

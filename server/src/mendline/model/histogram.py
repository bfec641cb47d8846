"""Durations counted by logarithmic bucket: small, mergeable, and subtractable, unlike a sketch of ranks.

Bucket n holds durations in (1.02^(n-1), 1.02^n] ms. A quantile is told as a value of its bucket that is off by 1 % at
most, whatever the distribution (DDSketch: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019, section 2).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

BUCKET_BASE = 1.02


def quantile(counts: Mapping[int, int], q: float) -> float:
    """The q-quantile (0 to 1) in ms of counts by bucket, between two values in proportion (as numpy does, and
    ClickHouse's quantileExactInclusive); 0 where nothing is counted."""
    rank = q * (sum(counts.values()) - 1)
    if rank < 0:
        return 0.0
    below, above = _at(counts, math.floor(rank)), _at(counts, math.ceil(rank))
    return below + (above - below) * (rank - math.floor(rank))


def bucket_at(counts: Mapping[int, int], rank: float) -> int:
    """The bucket of what has so many before it, in order; the last one where there are fewer, 0 of nothing."""
    reached, bucket = 0, 0
    for bucket in sorted(counts):
        reached += counts[bucket]
        if reached > rank:
            break
    return bucket


def _at(counts: Mapping[int, int], rank: int) -> float:
    return 2 * BUCKET_BASE ** bucket_at(counts, rank) / (BUCKET_BASE + 1)

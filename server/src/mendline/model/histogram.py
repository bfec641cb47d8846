"""Durations counted by logarithmic bucket: small, mergeable, and subtractable, unlike a sketch of ranks.

Bucket n holds durations in (1.02^(n-1), 1.02^n] ms. A quantile is told as a value of its bucket that is off by 1 % at
most, whatever the distribution (DDSketch: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019, section 2).
"""

from __future__ import annotations

from collections.abc import Mapping

BUCKET_BASE = 1.02


def quantile(counts: Mapping[int, int], q: float) -> float:
    """The q-quantile (0 to 1) in ms of counts by bucket; 0 where nothing is counted."""
    rank = q * (sum(counts.values()) - 1)
    reached = 0
    for bucket in sorted(counts):
        reached += counts[bucket]
        if reached > rank:
            return 2 * BUCKET_BASE**bucket / (BUCKET_BASE + 1)
    return 0.0

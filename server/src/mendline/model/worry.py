"""How worried to be about an error: how often it hits, whether that is more than before, and since which version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.error_group import ErrorGroup
from mendline.model.interval import wilson

_SPIKE, _LEAST = 0.5, 5


@dataclass(frozen=True, slots=True)
class Worry:
    """`kind` is `new`, `new with a version`, `rising`, `spike`, `falling` or `steady`. `rate` is the share of the
    invocations of its functions that had it, between `low` and `high` with 95 % confidence; `before` is the share in
    the period before. `version` is the only one that has it, where its functions ran others too."""

    kind: str
    rate: float
    low: float
    high: float
    before: float
    version: str = ""


def worry(
    group: ErrorGroup, invocations: int, before: ErrorGroup | None, invocations_before: int, versions: Sequence[str]
) -> Worry:
    """From its group now and in the period before, and the invocations and versions of the functions that have it.

    It rises, or falls, where the intervals do not overlap. A spike: half of five or more errors and at least eight
    times its usual slice fall into one of the slices of the range.
    """
    hit = min(group.invocations, invocations)
    low, high = wilson(hit, invocations)
    hit_before = min(before.invocations, invocations_before) if before else 0
    low_before, high_before = wilson(hit_before, invocations_before)
    share = hit / invocations if invocations else 0.0
    own = group.versions[0] if len(group.versions) == 1 and len(set(versions) - set(group.versions)) > 0 else ""
    if group.is_new:
        kind = "new with a version" if own else "new"
    elif _is_spike(group.trend):
        kind = "spike"
    elif invocations_before and low > high_before:
        kind = "rising"
    else:
        kind = "falling" if invocations_before and high < low_before else "steady"
    rate_before = hit_before / invocations_before if invocations_before else 0.0
    return Worry(kind, share, low, high, rate_before, own)


def _is_spike(trend: Sequence[int]) -> bool:
    total, largest = sum(trend), max(trend, default=0)
    return total >= _LEAST and largest >= _SPIKE * total and largest >= 8 * total / max(1, len(trend))

"""Shares with what they may be: intervals of confidence."""

from __future__ import annotations

import math

_Z = 1.959964  # 95 %


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, of which `found` in `of` trials were seen; (0, 1) where there were none.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if of <= 0:
        return 0.0, 1.0
    share, z2 = found / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half) if found else 0.0, min(1.0, middle + half) if found < of else 1.0

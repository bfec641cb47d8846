"""What an execution costs, as SQL over a row `r` of invocations: the one formula behind every cost that is shown.

docs/reference/cost.md says it in words; the prices stand in mendline.model.prices.
"""

from __future__ import annotations

from mendline.model.prices import GB_SECOND_BY_REGION, REQUEST_BY_REGION, USD_PER_GB_SECOND, USD_PER_REQUEST


def _by_region(prices: dict[str, float], otherwise: float) -> str:
    regions = ", ".join(f"'{region}'" for region in prices)
    listed = ", ".join(map(repr, prices.values()))
    return f"transform(r.region, [{regions}], [{listed}], {otherwise!r})"


# billed from 2025-08-01 on: duration and init, in whole ms, where no report tells it
_BILLED_MS = "if(r.billed_ms > 0, toFloat64(r.billed_ms), ceil(r.duration_ns / 1e6 + r.init_ms))"
HAS_COST = "r.memory_size_bytes != 0"
COST_WHERE_KNOWN = (
    f"{_BILLED_MS} / 1000 * r.memory_size_bytes / 1073741824 * {_by_region(GB_SECOND_BY_REGION, USD_PER_GB_SECOND)}"
    f" + {_by_region(REQUEST_BY_REGION, USD_PER_REQUEST)}"
)
COST = f"if(r.memory_size_bytes = 0, NULL, {COST_WHERE_KNOWN})"
"""In US dollars; NULL where the size of the memory is not known."""

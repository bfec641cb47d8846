"""What a read may take: time, memory and rows, said in each statement; and how to ask for less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mendline.errors import QueryLimitError

_TIME, _MEMORY, _ROWS = frozenset({159, 160}), frozenset({241}), frozenset({158, 396})
# TIMEOUT_EXCEEDED, TOO_SLOW; MEMORY_LIMIT_EXCEEDED; TOO_MANY_ROWS, TOO_MANY_ROWS_OR_BYTES
_FEWER_ROWS = "Ask for a shorter range, or for one function or another field by which fewer rows are read."
_FEWER_GROUPS = "Group by fewer fields, or by some with fewer values, filter first, or ask for a shorter range."


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Of one statement. `rows` are those that it may answer."""

    seconds: int = 10
    memory_bytes: int = 1_000_000_000
    rows: int = 100_000

    def settings(self, name: str) -> dict[str, Any]:
        """For ClickHouse: read-only, within these limits, under a name by which it can be stopped; blocks that small
        reads decompress are kept for the next."""
        return {
            "readonly": 1,
            "max_execution_time": self.seconds,
            "max_memory_usage": self.memory_bytes,
            "max_result_rows": self.rows,
            "result_overflow_mode": "throw",
            "use_uncompressed_cache": 1,
            "log_comment": name,
        }

    def exceeded(self, code: int | None) -> QueryLimitError | None:
        """What an error of ClickHouse says of these limits: which was reached, and what to change."""
        if code in _TIME:
            return QueryLimitError(f"The read took longer than {self.seconds} s, which is its limit. {_FEWER_ROWS}")
        if code in _MEMORY:
            most = f"{self.memory_bytes / 1e6:,.0f} MB of memory"
            return QueryLimitError(f"The read needed more than {most}, which is its limit. {_FEWER_GROUPS}")
        if code in _ROWS:
            most = f"{self.rows:,} rows, which is its limit"
            return QueryLimitError(f"The answer has more than {most}. Set a lower limit. {_FEWER_GROUPS}")
        return None

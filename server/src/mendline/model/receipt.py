"""What has arrived so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many spans are stored, and when the newest of them began (None where there are none)."""

    spans: int
    last: datetime | None

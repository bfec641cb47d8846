"""Shares as people read them."""

from __future__ import annotations


def percent(share: float, *, whole: float = 0.01, places: int = 2) -> str:
    """A share in percent: in whole ones at 0 and 1 and where it is at least `whole` from both, else with `places`."""
    return f"{share:.0%}" if share in (0, 1) or whole <= share <= 1 - whole else f"{share:.{places}%}"

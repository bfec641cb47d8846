"""How busy the shop is: by the hour of the day and the day of the week, 1 being the mean over a week.

People order from the late morning on and most in the evening; Friday evening and the weekend are busier. Times are UTC.
"""

HOURS = (
    0.62, 0.52, 0.46, 0.43, 0.43, 0.47, 0.58, 0.74, 0.90, 1.03, 1.12, 1.18,
    1.22, 1.16, 1.08, 1.05, 1.08, 1.20, 1.40, 1.58, 1.62, 1.48, 1.16, 0.85,
)  # fmt: skip
DAYS = (0.90, 0.88, 0.92, 0.96, 1.08, 1.20, 1.16)  # Monday first
_MEAN = sum(HOURS) / 24 * sum(DAYS) / 7
_DAY_S, _THURSDAY = 86400, 3  # the epoch was a Thursday


def load_at(second: float) -> float:
    """Times the mean at a moment (Unix time), smooth over the hours."""
    hour, part = divmod(second % _DAY_S / 3600, 1)
    now, then = HOURS[int(hour)], HOURS[(int(hour) + 1) % 24]
    day = DAYS[int(second // _DAY_S + _THURSDAY) % 7]
    return (now + (then - now) * part) * day / _MEAN
